package dev.gatehouse.permission;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatNullPointerException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.gatehouse.error.DeniedException;
import dev.gatehouse.error.StorageException;
import dev.gatehouse.permission.Decision.Reason;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

class ConsistencyTest {
  private static final Subject ANN = Subject.user("ann");
  private static final Resource READER = Resource.component("reader");
  private static final Grant.Terms TERMS = Grant.allow(ANN, "use", READER);

  private final World world = new World();
  private final Permissions here = world.node();
  private final Permissions other = world.node();

  private Decision check(Consistency consistency) {
    return here.with(consistency).check(ANN, "use", READER);
  }

  private boolean may(Consistency consistency) {
    return check(consistency).allowed();
  }

  @Test
  void strict_changeOfAnotherNode_isSeenAtOnce() {
    assertThat(may(Consistency.STRICT)).isFalse();
    other.grant(TERMS);
    assertThat(may(Consistency.SNAPSHOT)).isFalse();
    assertThat(may(Consistency.STRICT)).isTrue();
    assertThat(may(Consistency.SNAPSHOT)).isTrue();
    other.revoke(TERMS);
    assertThat(may(Consistency.SNAPSHOT)).isTrue();
    assertThat(may(Consistency.STRICT)).isFalse();
  }

  @Test
  void strict_nothingChanged_asksForTheVersionAloneEachTime() {
    other.grant(TERMS);
    assertThat(may(Consistency.STRICT)).isTrue();
    int reads = world.versionReads.get();
    world.pages.set(0);
    assertThat(may(Consistency.STRICT)).isTrue();
    assertThat(may(Consistency.STRICT)).isTrue();
    assertThat(world.versionReads).hasValue(reads + 2);
    assertThat(world.pages).hasValue(0);
  }

  /** A batch is of one version, so it asks for it once. */
  @Test
  void checkAll_strict_asksOnceAndIsStaleAsAWhole() {
    other.grant(TERMS);
    List<PermissionView.Request> requests =
        List.of(
            new PermissionView.Request("use", READER), new PermissionView.Request("see", READER));
    int reads = world.versionReads.get();
    assertThat(here.with(Consistency.STRICT).checkAll(ANN, requests))
        .extracting(Decision::reason)
        .containsExactly(Reason.GRANTED, Reason.UNKNOWN_ACTION);
    assertThat(world.versionReads).hasValue(reads + 1);
    assertThat(here.with(Consistency.STRICT).checkAll(ANN, List.of())).isEmpty();
    world.down.set(true);
    assertThat(here.with(Consistency.STRICT).checkAll(ANN, requests))
        .extracting(Decision::reason)
        .containsExactly(Reason.STALE, Reason.STALE);
    assertThat(here.checkAll(ANN, requests))
        .extracting(Decision::allowed)
        .containsExactly(true, false);
  }

  @Test
  void strict_storageAway_deniesWhatASnapshotStillAllows() {
    other.grant(TERMS);
    assertThat(may(Consistency.STRICT)).isTrue();
    world.down.set(true);
    assertThat(check(Consistency.STRICT)).isEqualTo(new Decision.Denied(Reason.STALE, 1, 0));
    assertThat(may(Consistency.SNAPSHOT)).isTrue();
    assertThatThrownBy(() -> here.with(Consistency.STRICT).require(ANN, "use", READER))
        .isInstanceOf(DeniedException.class)
        .hasMessageContaining("STALE");
    assertThat(here.with(Consistency.STRICT).explain(ANN, "use", READER).decision().reason())
        .isEqualTo(Reason.STALE);
    world.down.set(false);
    world.pass(Duration.ofMillis(500));
    assertThat(may(Consistency.STRICT)).isTrue();
  }

  @Test
  void atLeast_versionOfAnotherNodesChange_isSeenWithoutWaiting() {
    assertThat(may(Consistency.SNAPSHOT)).isFalse();
    other.grant(TERMS);
    long token = other.version();
    assertThat(token).isEqualTo(1);
    assertThat(may(Consistency.SNAPSHOT)).isFalse();
    assertThat(may(Consistency.atLeast(token))).isTrue();
    int reads = world.versionReads.get();
    assertThat(may(Consistency.atLeast(token))).isTrue();
    assertThat(may(Consistency.atLeast(0))).isTrue();
    assertThat(world.versionReads).hasValue(reads);
  }

  @Test
  void atLeast_versionOfADecision_carriesWhatWasSeen() {
    other.grant(TERMS);
    Decision seen = other.check(ANN, "use", READER);
    assertThat(may(Consistency.atLeast(seen.version()))).isTrue();
  }

  @Test
  void atLeast_versionThatNeverWas_isDenied() {
    other.grant(TERMS);
    assertThat(check(Consistency.atLeast(2))).isEqualTo(new Decision.Denied(Reason.STALE, 1, 0));
    other.grant(Grant.allow(ANN, "read", READER));
    assertThat(may(Consistency.atLeast(2))).isTrue();
  }

  @Test
  void atLeast_storageAway_allowsOnlyWhatIsKnownToBeNewEnough() {
    other.grant(TERMS);
    assertThat(may(Consistency.atLeast(1))).isTrue();
    world.down.set(true);
    world.pass(Duration.ofSeconds(1));
    assertThat(may(Consistency.atLeast(1))).isTrue();
    assertThat(check(Consistency.atLeast(2)).reason()).isEqualTo(Reason.STALE);
    world.pass(Duration.ofSeconds(30));
    assertThat(check(Consistency.atLeast(1)).reason()).isEqualTo(Reason.STALE);
  }

  @Test
  void joined_everyConsistency_seesWhatTheTransactionSees() {
    world.storage.run(
        transaction -> {
          Permissions joined = here.joining(transaction);
          joined.grant(TERMS);
          assertThat(joined.version()).isEqualTo(1);
          for (Consistency each :
              List.of(Consistency.SNAPSHOT, Consistency.STRICT, Consistency.atLeast(1))) {
            assertThat(joined.with(each).check(ANN, "use", READER).allowed()).isTrue();
          }
          assertThat(joined.with(Consistency.atLeast(2)).check(ANN, "use", READER).reason())
              .isEqualTo(Reason.STALE);
        });
    assertThat(here.version()).isEqualTo(1);
  }

  /** What was refused, or never got to its commit, says nothing of what is known. */
  @Test
  void failedChange_storageAway_checksGoOn() {
    here.grant(TERMS);
    assertThat(may(Consistency.SNAPSHOT)).isTrue();
    world.down.set(true);
    world.pass(Duration.ofSeconds(1));
    for (Runnable change :
        List.<Runnable>of(
            () -> here.grant(Grant.allow(ANN, "read", READER)), () -> here.assign(ANN, "editor"))) {
      assertThatThrownBy(change::run).isInstanceOf(StorageException.class);
      assertThat(may(Consistency.SNAPSHOT)).isTrue();
    }
    world.pass(Duration.ofSeconds(29).plusMillis(1));
    assertThat(check(Consistency.SNAPSHOT).reason()).isEqualTo(Reason.STALE);
  }

  /** Who changes reads; who checks afterwards finds it read. */
  @Test
  void change_itsWriter_readsItBeforeTheCheckThatMustSeeIt() {
    here.grant(TERMS);
    int reads = world.versionReads.get();
    assertThat(may(Consistency.SNAPSHOT)).isTrue();
    assertThat(world.versionReads).hasValue(reads);
    assertThat(here.revoke(TERMS)).isTrue();
    reads = world.versionReads.get();
    assertThat(may(Consistency.SNAPSHOT)).isFalse();
    assertThat(world.versionReads).hasValue(reads);
  }

  /** It is committed, so that no check may go by what was known before. */
  @Test
  void change_itsWriterCannotReadIt_nobodyGoesByWhatWasBefore() {
    here.grant(TERMS);
    assertThat(may(Consistency.SNAPSHOT)).isTrue();
    world.downOnceCommitted.set(true);
    assertThat(here.revoke(TERMS)).isTrue();
    assertThat(world.down).isTrue();
    assertThat(check(Consistency.SNAPSHOT).reason()).isEqualTo(Reason.STALE);
    world.down.set(false);
    world.pass(Duration.ofMillis(500));
    assertThat(check(Consistency.SNAPSHOT).reason()).isEqualTo(Reason.UNKNOWN_SUBJECT);
  }

  /** Of several changes the oldest tells how long a revocation took. */
  @Test
  void latency_severalChanges_thatOfTheFirst() {
    other.grant(TERMS);
    assertThat(may(Consistency.SNAPSHOT)).isTrue();
    world.heard.clear();
    other.revoke(TERMS);
    world.pass(Duration.ofSeconds(60));
    other.grant(Grant.allow(ANN, "read", READER));
    world.heard.clear();
    assertThat(may(Consistency.SNAPSHOT)).isFalse();
    assertThat(world.heard).containsExactly("3 after PT1M");
  }

  @Test
  void status_tellsVersionAndAge() {
    assertThat(here.status()).isEqualTo(new Permissions.Status(0, Optional.empty()));
    may(Consistency.SNAPSHOT);
    world.pass(Duration.ofSeconds(3));
    assertThat(here.status())
        .isEqualTo(new Permissions.Status(0, Optional.of(Duration.ofSeconds(3))));
    other.grant(TERMS);
    may(Consistency.STRICT);
    assertThat(here.status()).isEqualTo(new Permissions.Status(1, Optional.of(Duration.ZERO)));
    assertThat(world.heard).containsExactly("1 after PT0S");
  }

  @Test
  void revocation_latency_isTold() {
    other.grant(TERMS);
    may(Consistency.STRICT);
    other.revoke(TERMS);
    world.heard.clear();
    world.listenerThrows.set(true);
    world.pass(Duration.ofMillis(700));
    assertThat(may(Consistency.SNAPSHOT)).isFalse();
    assertThat(world.heard).containsExactly("2 after PT0.7S");
  }

  @Test
  void values_badOnes_areRefused() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> Consistency.atLeast(-1))
        .withMessage("version must be in 0..9223372036854775807, was -1");
    assertThatNullPointerException().isThrownBy(() -> here.with(null)).withMessage("consistency");
    assertThat(Consistency.atLeast(0)).isEqualTo(Consistency.SNAPSHOT);
    assertThat(Consistency.atLeast(7)).isNotEqualTo(Consistency.STRICT);
    assertThat(Consistency.atLeast(7)).hasToString("at least version 7");
  }

  /** Whoever asks strictly must not be served by somebody else's answer from before he asked. */
  @Test
  void strict_manyThreadsBesideAWriter_neverSeeLessThanWasCommittedBefore() throws Exception {
    AtomicLong committed = new AtomicLong();
    ExecutorService threads = Executors.newFixedThreadPool(3);
    try {
      List<Future<Integer>> readers = new ArrayList<>();
      for (int i = 0; i < 3; i++) {
        readers.add(
            threads.submit(
                () -> {
                  int checks = 0;
                  while (committed.get() < 40) {
                    long before = committed.get();
                    assertThat(check(Consistency.STRICT).version()).isGreaterThanOrEqualTo(before);
                    checks++;
                  }
                  return checks;
                }));
      }
      for (int i = 0; i < 20; i++) {
        other.grant(TERMS);
        committed.incrementAndGet();
        other.revoke(TERMS);
        committed.incrementAndGet();
      }
      for (Future<Integer> reader : readers) {
        assertThat(reader.get(60, TimeUnit.SECONDS)).isNotNegative();
      }
    } finally {
      committed.set(40);
      threads.shutdownNow();
    }
  }
}
