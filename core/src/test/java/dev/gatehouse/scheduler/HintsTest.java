package dev.gatehouse.scheduler;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.LongConsumer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Who tells whom of tasks that are due soon, and what comes of it. */
@Timeout(60)
class HintsTest {
  private static final Duration SOON = Duration.ofSeconds(20);

  private final SchedulerFixture fixture = new SchedulerFixture(InstantSource.system());
  private final Hints hints = Hints.inProcess();
  private final List<Long> heard = new CopyOnWriteArrayList<>();
  private final List<EngineThreads> nodes = new ArrayList<>();

  @BeforeEach
  void listen() {
    fixture.store.hints = hints;
    fixture.handlers.put("work", context -> TaskResult.done());
    hints.listen(heard::add);
  }

  @AfterEach
  void close() {
    nodes.forEach(node -> node.close(Duration.ofSeconds(5)));
  }

  /** The fixture's parts on the system's clocks. */
  private SchedulerParts parts() {
    SchedulerParts parts = fixture.parts();
    return new SchedulerParts(
        parts.store(),
        parts.schedules(),
        parts.workflows(),
        parts.transactions(),
        parts.audit(),
        parts.handlers(),
        parts.callbacks(),
        parts.ids(),
        parts.nodeNumber(),
        InstantSource.system(),
        System::nanoTime,
        parts.listener(),
        parts.options());
  }

  private Engine start() {
    EngineThreads node = new EngineThreads(parts());
    nodes.add(node);
    node.start();
    await().atMost(SOON).until(() -> node.engine().membership().live() != null);
    return node.engine();
  }

  private TaskId schedule(Task task) {
    return TaskEngine.create(parts()).scheduler().schedule(task.handler("work"));
  }

  @Test
  void announce_severalListen_allHearUntilTheyAreClosed() {
    List<Long> other = new ArrayList<>();
    Hints.Listening listening = hints.listen(other::add);
    hints.announce(7);
    listening.close();
    listening.close();
    hints.announce(8);

    assertThat(other).containsExactly(7L);
    assertThat(heard).containsExactly(7L, 8L);
  }

  @Test
  void announce_listenerListensTwiceAndEndsOne_hearsOnce() {
    List<Long> other = new ArrayList<>();
    LongConsumer listener = other::add;
    Hints.Listening first = hints.listen(listener);
    hints.listen(listener);
    first.close();
    hints.announce(7);

    assertThat(other).containsExactly(7L);
  }

  @Test
  void none_announce_nobodyHears() {
    List<Long> other = new ArrayList<>();
    Hints.NONE.listen(other::add).close();
    Hints.NONE.announce(1);

    assertThat(other).isEmpty();
  }

  @Test
  void idleNode_taskOfOneThatOnlySchedules_isClaimedForTheHint() {
    Engine engine = start();
    await().atMost(SOON).until(() -> fixture.store.calls("earliestDue") > 0);

    TaskId id = schedule(Task.unnumbered());

    await().atMost(SOON).until(() -> fixture.status(id) == TaskStatus.FINISHED);
    assertThat(heard).hasSize(1);
    assertThat(engine.heeded()).isEqualTo(1);
  }

  @Test
  void schedule_dueLaterThanAnyNodesNextLook_isNotAnnounced() {
    schedule(Task.unnumbered().in(Duration.ofHours(1)));
    assertThat(heard).isEmpty();
    schedule(Task.unnumbered().in(Duration.ofSeconds(1)));
    assertThat(heard).hasSize(1);
  }

  @Test
  void dueAt_nodeIsAlone_isNotAnnounced() {
    Engine engine = start();
    engine.dueAt(System.currentTimeMillis());

    assertThat(heard).isEmpty();
  }

  @Test
  void dueAt_thereIsAnotherNode_isAnnounced() {
    start();
    Engine engine = start();
    engine.dueAt(1);

    assertThat(heard).containsExactly(1L);
  }

  @Test
  void close_engine_listensNoMore() {
    Engine engine = start();
    nodes.remove(0).close(Duration.ofSeconds(5));
    long before = engine.heeded();
    hints.announce(1);

    assertThat(engine.heeded()).isEqualTo(before);
  }

  /** It would begin late: it is due before the next look, though not within the window. */
  @Test
  void comesAfter_idleClaimer_whatIsDueBeforeItsNextLook() {
    SchedulerFixture still = new SchedulerFixture();
    Engine engine =
        new Engine(still.parts(), EngineClock.virtual(still.clock), Runnable::run, Waker.NONE);
    engine.membership().keep();
    assertThat(engine.claimer().comesAfter(Instant.MAX.getEpochSecond())).isTrue();

    long wait = engine.claimer().claim(1_000, 1);

    long now = TestClock.START.toEpochMilli();
    assertThat(wait).isEqualTo(Duration.ofMillis(2_500).toNanos());
    assertThat(engine.claimer().comesAfter(now + 2_499)).isTrue();
    assertThat(engine.claimer().comesAfter(now + 2_500)).isFalse();
  }

  @Test
  void heard_dueAfterTheNextClaim_wakesNobody() {
    SchedulerFixture still = new SchedulerFixture();
    List<Waker.Role> woken = new ArrayList<>();
    Engine engine =
        new Engine(still.parts(), EngineClock.virtual(still.clock), Runnable::run, woken::add);
    engine.membership().keep();
    engine.claimer().claim(1_000, 1);
    woken.clear();
    long now = TestClock.START.toEpochMilli();

    engine.heard(now + 3_500);
    assertThat(woken).isEmpty();
    engine.heard(now);
    assertThat(woken).containsExactly(Waker.Role.CLAIMER);
    assertThat(engine.heeded()).isEqualTo(1);
  }
}
