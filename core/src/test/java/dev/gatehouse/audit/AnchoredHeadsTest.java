package dev.gatehouse.audit;

import static org.assertj.core.api.Assertions.assertThat;

import dev.gatehouse.error.StorageException;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.function.Supplier;
import org.junit.jupiter.api.Test;

class AnchoredHeadsTest {
  private static final Instant NOW = Instant.parse("2030-01-01T00:00:00Z");

  private final SignedHead own = SignedHead.unsigned("gatehouse", 3, new byte[32], NOW);
  private final SignedHead other = SignedHead.unsigned("another", 9, new byte[32], NOW);

  private record Answering(String name, Supplier<List<SignedHead>> answer) implements Anchor {
    @Override
    public void publish(SignedHead head) {
      throw new UnsupportedOperationException("publish");
    }

    @Override
    public List<SignedHead> heads() {
      return answer.get();
    }

    @Override
    public String toString() {
      return name;
    }
  }

  private static AnchoredHeads read(Duration patience, Anchor... anchors) {
    AuditOptions.Builder options = AuditOptions.builder().origin("gatehouse");
    List.of(anchors).forEach(options::anchor);
    AnchoredHeads heads = new AnchoredHeads(options.build(), List.of());
    heads.read(List.of(), NOW, patience);
    return heads;
  }

  @Test
  void read_oneHangsAndOneFails_bothAreNamedAndTheThirdIsHeard() {
    CountDownLatch never = new CountDownLatch(1);
    Anchor hanging =
        new Answering(
            "slow",
            () -> {
              await(never);
              return List.of(own);
            });
    Anchor failing =
        new Answering(
            "broken",
            () -> {
              throw new StorageException("the disk is away");
            });
    Anchor kept = new Answering("kept", () -> List.of(other, own));

    AnchoredHeads heads = read(Duration.ofMillis(200), hanging, failing, kept);

    never.countDown();
    assertThat(heads.heads()).containsExactly(own);
    assertThat(heads.damages())
        .containsExactly(
            new Damage(Damage.Kind.ANCHOR_UNREADABLE, 0, "slow has not answered in time"),
            new Damage(
                Damage.Kind.ANCHOR_UNREADABLE, 0, "broken could not be read: the disk is away"));
  }

  @Test
  void read_interrupted_isToldAndStaysInterrupted() {
    CountDownLatch never = new CountDownLatch(1);
    Thread.currentThread().interrupt();
    AnchoredHeads heads;
    try {
      heads =
          read(
              Duration.ofMinutes(1),
              new Answering(
                  "slow",
                  () -> {
                    await(never);
                    return List.of();
                  }));
    } finally {
      assertThat(Thread.interrupted()).isTrue();
      never.countDown();
    }
    assertThat(heads.damages())
        .extracting(Damage::kind)
        .containsExactly(Damage.Kind.ANCHOR_UNREADABLE);
  }

  private static void await(CountDownLatch latch) {
    try {
      latch.await();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
