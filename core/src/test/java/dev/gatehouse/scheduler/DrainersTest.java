package dev.gatehouse.scheduler;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.gatehouse.transport.Response;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.RejectedExecutionException;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** Drainers stepped by hand; a handler at work is one that has not returned to its caller. */
class DrainersTest {
  private final SchedulerFixture fixture = new SchedulerFixture();
  private final Deque<Runnable> workers = new ArrayDeque<>();
  private final List<String> done = new ArrayList<>();
  private Consumer<String> work = content -> {};

  DrainersTest() {
    fixture.handlers.put(
        "work",
        context -> {
          work.accept(context.content());
          done.add(context.content());
          return TaskResult.done();
        });
  }

  private Drainers drainers(SteppedNode member, int seats) {
    Engine engine = member.engine;
    return new Drainers(
        engine.runner(), engine.holdings().due(), engine.clock(), workers::add, seats);
  }

  private SteppedNode memberWithDue(int tasks) {
    SteppedNode member = new SteppedNode(fixture);
    addDue(member, tasks);
    return member;
  }

  private void addDue(SteppedNode member, int tasks) {
    for (int i = 0; i < tasks; i++) {
      fixture.scheduleAt(fixture.storeClock.millis(), Integer.toString(i));
    }
    member.claim();
  }

  private void runWorkers() {
    while (!workers.isEmpty()) {
      workers.remove().run();
    }
  }

  private int free(SteppedNode member) {
    return member.engine.runner().permits().availablePermits();
  }

  @Test
  void rouse_oneTaskAndADrainerOnItsWay_noOther() {
    SteppedNode member = memberWithDue(1);
    Drainers drainers = drainers(member, 2);

    drainers.rouse();
    drainers.rouse();

    assertThat(workers).hasSize(1);
    runWorkers();
    assertThat(done).containsExactly("0");
    assertThat(free(member)).isEqualTo(fixture.options.maxRunning());
  }

  @Test
  void rouse_manyTasks_aDrainerForEachSeatAndTheOrderIsKept() {
    SteppedNode member = memberWithDue(5);
    Drainers drainers = drainers(member, 2);

    drainers.rouse();

    assertThat(workers).hasSize(2);
    workers.remove().run();
    assertThat(done).containsExactly("0", "1", "2", "3", "4");
    runWorkers();
    addDue(member, 1);
    drainers.rouse();
    assertThat(workers).hasSize(1);
  }

  @Test
  void rouse_tasksComeWhileAQuickDrainerIsAtWork_itDoesThem() {
    SteppedNode member = memberWithDue(2);
    Drainers drainers = drainers(member, 1);
    work = content -> drainers.rouse();

    drainers.rouse();
    workers.remove().run();

    assertThat(workers).isEmpty();
    assertThat(done).containsExactly("0", "1");
  }

  @Test
  void rouse_drainerIsSlow_losesItsSeatAndEndsAfterTheNextQuickTask() {
    SteppedNode member = memberWithDue(3);
    Drainers drainers = drainers(member, 1);
    work =
        content -> {
          if (content.equals("0")) {
            fixture.clock.advanceMillis(1);
            assertThat(drainers.rouse()).isEqualTo(1);
          }
        };

    drainers.rouse();
    workers.remove().run();

    assertThat(done).containsExactly("0", "1");
    assertThat(workers).hasSize(1);
    runWorkers();
    assertThat(done).containsExactly("0", "1", "2");
    assertThat(free(member)).isEqualTo(fixture.options.maxRunning());
  }

  @Test
  void look_allDrainersSlow_twiceAsManyAreAddedEachTime() {
    SteppedNode member = memberWithDue(41);
    Drainers drainers = drainers(member, 2);
    List<Integer> added = new ArrayList<>();
    work =
        content -> {
          if (workers.isEmpty()) {
            fixture.clock.advanceMillis(1);
            drainers.look();
            added.add(workers.size());
          }
          if (!workers.isEmpty()) {
            workers.remove().run();
          }
        };

    drainers.rouse();
    runWorkers();

    assertThat(added).startsWith(4, 6, 10, 18, 1);
    assertThat(done).hasSize(41).doesNotHaveDuplicates();
    assertThat(free(member)).isEqualTo(fixture.options.maxRunning());
  }

  @Test
  void look_queueIsEmpty_never() {
    assertThat(drainers(memberWithDue(0), 2).look()).isEqualTo(Long.MAX_VALUE);
  }

  @Test
  void look_tasksWait_againSoonAndLessOftenLater() {
    Drainers drainers = drainers(memberWithDue(3), 1);

    long first = drainers.look();
    long second = drainers.look();

    assertThat(first).isBetween(1L, 1_000_000L);
    assertThat(second).isBetween(first, 1_000_000L);
    assertThat(workers).hasSize(1);
  }

  @Test
  void look_allPermitsTaken_notBeforeOneIsFree() {
    fixture.options = SchedulerOptions.builder().maxRunning(1).build();
    CompletableFuture<Response> answer = new CompletableFuture<>();
    fixture.receiver = request -> answer;
    fixture.scheduleCallback();
    fixture.scheduleCallback();
    SteppedNode member = memberWithDue(0);
    Drainers drainers = drainers(member, 1);
    drainers.rouse();
    runWorkers();
    assertThat(fixture.sent).hasSize(1);

    assertThat(drainers.look()).isEqualTo(Long.MAX_VALUE);

    assertThat(workers).isEmpty();
    answer.complete(Response.of(200, "success"));
    drainers.look();
    runWorkers();
    assertThat(fixture.sent).hasSize(2);
    assertThat(free(member)).isEqualTo(1);
  }

  @Test
  void rouse_noThreadToBeHad_seatAndPermitComeBackAndTheTaskWaits() {
    SteppedNode member = memberWithDue(1);
    boolean[] refusing = {true};
    Drainers drainers =
        new Drainers(
            member.engine.runner(),
            member.engine.holdings().due(),
            member.engine.clock(),
            drainer -> {
              if (refusing[0]) {
                throw new RejectedExecutionException("no thread");
              }
              drainer.run();
            },
            1);
    assertThatThrownBy(drainers::rouse).isInstanceOf(RejectedExecutionException.class);
    assertThat(free(member)).isEqualTo(fixture.options.maxRunning());

    refusing[0] = false;
    drainers.rouse();

    assertThat(done).containsExactly("0");
  }

  @Test
  void drainer_taskComesBetweenItsLastPollAndItsEnd_timerIsRoused() {
    SteppedNode member = memberWithDue(2);
    Queue<HeldTask> held = member.engine.holdings().due();
    List<Waker.Role> woken = new ArrayList<>();
    List<Drainers> drainers = new ArrayList<>();
    Queue<HeldTask> due =
        new ConcurrentLinkedQueue<>() {
          private static final long serialVersionUID = 1L;

          @Override
          public @Nullable HeldTask poll() {
            HeldTask next = super.poll();
            if (next == null && !held.isEmpty()) {
              add(held.remove());
              drainers.get(0).rouse();
            }
            return next;
          }
        };
    due.add(held.remove());
    Runner runner =
        new Runner(
            fixture.parts(),
            member.engine.attempts(),
            member.engine.suspects(),
            member.engine.progress(),
            woken::add);
    drainers.add(new Drainers(runner, due, member.engine.clock(), workers::add, 1));
    drainers.get(0).rouse();
    workers.remove().run();
    assertThat(done).containsExactly("0");
    assertThat(workers).isEmpty();
    assertThat(woken).endsWith(Waker.Role.TIMER);

    drainers.get(0).look();
    runWorkers();

    assertThat(done).containsExactly("0", "1");
  }

  @Test
  void drainer_handlerLeavesItsThreadInterrupted_theNextIsNot() {
    SteppedNode member = memberWithDue(2);
    List<Boolean> interrupted = new ArrayList<>();
    work =
        content -> {
          interrupted.add(Thread.currentThread().isInterrupted());
          if (content.equals("0")) {
            Thread.currentThread().interrupt();
          }
        };

    drainers(member, 1).rouse();
    runWorkers();

    assertThat(interrupted).containsExactly(false, false);
  }

  @Test
  void drainer_taskTakenAwayMeanwhile_skipped() {
    SteppedNode member = memberWithDue(3);
    Drainers drainers = drainers(member, 1);
    work =
        content -> {
          HeldTask next = member.engine.holdings().due().peek();
          if (next != null) {
            next.drop();
          }
        };

    drainers.rouse();
    workers.remove().run();

    assertThat(done).containsExactly("0", "2");
  }
}
