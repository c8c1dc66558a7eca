package dev.gatehouse.storage.jdbc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.gatehouse.error.StorageException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class HintSenderTest {
  private static final Duration SOON = Duration.ofSeconds(20);

  private final List<Long> sent = new CopyOnWriteArrayList<>();

  @Test
  void add_manyWhileOneIsSent_theEarliestOnceAfterwards() throws InterruptedException {
    CountDownLatch begun = new CountDownLatch(1);
    CountDownLatch end = new CountDownLatch(1);
    try (HintSender sender =
        new HintSender(
            due -> {
              sent.add(due);
              begun.countDown();
              await().atMost(SOON).until(() -> end.getCount() == 0);
            })) {
      sender.add(100);
      begun.await();
      for (long due : new long[] {9, 3, 7, 50}) {
        sender.add(due);
      }
      end.countDown();
      await().atMost(SOON).until(() -> sent.size() == 2);
      sender.add(80);
      await().atMost(SOON).until(() -> sent.size() == 3);
    }
    assertThat(sent).containsExactly(100L, 3L, 80L);
  }

  @Test
  void add_sendingFails_thatOneIsDroppedAndTheNextIsSent() {
    try (HintSender sender =
        new HintSender(
            due -> {
              sent.add(due);
              if (due == 1) {
                throw new StorageException("the database is away");
              }
            })) {
      sender.add(1);
      await().atMost(SOON).until(() -> sent.size() == 1);
      sender.add(2);
      await().atMost(SOON).until(() -> sent.size() == 2);
    }
    assertThat(sent).containsExactly(1L, 2L);
  }

  @Test
  void close_whileOneIsSent_waitsForItsEnd() throws InterruptedException {
    CountDownLatch begun = new CountDownLatch(1);
    CountDownLatch interrupted = new CountDownLatch(1);
    HintSender sender =
        new HintSender(
            due -> {
              begun.countDown();
              try {
                new CountDownLatch(1).await(); // as a driver that the interruption wakes
              } catch (InterruptedException e) {
                interrupted.countDown();
              }
              sent.add(due);
            });
    sender.add(1);
    begun.await();
    sender.close();

    assertThat(interrupted.getCount()).isZero();
    assertThat(sent).containsExactly(1L);
  }

  @Test
  void add_afterClose_isDropped() {
    HintSender sender = new HintSender(sent::add);
    sender.close();
    sender.add(1);
    sender.close();

    assertThat(sent).isEmpty();
  }
}
