package dev.gatehouse.scheduler;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.gatehouse.audit.AuditRecord;
import dev.gatehouse.error.ConflictException;
import dev.gatehouse.scheduler.Scheduled.Outcome;
import dev.gatehouse.transport.Response;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Tasks whose number is taken. */
class PlacementTest {
  private final SchedulerFixture fixture = new SchedulerFixture();
  private final List<String> seen = new ArrayList<>();
  private final Task first = Task.of("A").handler("work").content("1").in(Duration.ofSeconds(10));
  private final Task second = Task.of("A").handler("work").content("2").in(Duration.ofSeconds(1));

  @BeforeEach
  void addHandler() {
    fixture.handlers.put(
        "work",
        context -> {
          seen.add(context.content());
          return TaskResult.done();
        });
  }

  @Test
  void schedule_byDefault_refused() {
    TaskScheduler scheduler = fixture.engine().scheduler();
    TaskId id = scheduler.schedule(first);

    assertThatThrownBy(() -> scheduler.schedule(second))
        .isInstanceOf(ConflictException.class)
        .hasMessage("taskNo 'A' is taken by task " + id);
    assertThat(scheduler.trySchedule(second)).isEqualTo(new Scheduled(id, Outcome.REJECTED));
    assertThat(scheduler.task(id).content()).isEqualTo("1");
  }

  @Test
  void schedule_keep_answersTheFirstWhereverItStands() {
    TaskEngine engine = fixture.engine();
    TaskScheduler scheduler = engine.scheduler();
    Task keep = second.ifTaken(IfTaken.KEEP);
    TaskId id = scheduler.schedule(keep);

    assertThat(scheduler.schedule(keep.content("3"))).isEqualTo(id);
    fixture.runUntil(engine.stepper(), Duration.ofSeconds(2));

    assertThat(scheduler.trySchedule(keep)).isEqualTo(new Scheduled(id, Outcome.KEPT));
    assertThat(seen).containsExactly("2");
  }

  @Test
  void schedule_replaceIfReady_waiting_runsAsItIsNow() {
    TaskEngine engine = fixture.engine();
    TaskId id = engine.scheduler().schedule(first);

    assertThat(engine.scheduler().trySchedule(second.ifTaken(IfTaken.REPLACE_IF_READY)))
        .isEqualTo(new Scheduled(id, Outcome.REPLACED));
    fixture.runUntil(engine.stepper(), Duration.ofSeconds(1));

    assertThat(seen).containsExactly("2");
    assertThat(fixture.status(id)).isEqualTo(TaskStatus.FINISHED);
    assertThat(engine.scheduler().trySchedule(first.ifTaken(IfTaken.REPLACE_IF_READY)))
        .isEqualTo(new Scheduled(id, Outcome.KEPT));
    assertThat(engine.scheduler().task(id).content()).isEqualTo("2");
  }

  @Test
  void schedule_supersede_ended_runsAgain() {
    TaskEngine engine = fixture.engine();
    TaskId id = engine.scheduler().schedule(first);
    Stepper stepper = engine.stepper();
    fixture.runUntil(stepper, Duration.ofSeconds(10));

    assertThat(engine.scheduler().schedule(second.ifTaken(IfTaken.SUPERSEDE))).isEqualTo(id);
    fixture.runUntil(stepper, Duration.ofSeconds(20));

    assertThat(seen).containsExactly("1", "2");
    assertThat(engine.scheduler().task(id).attempts()).hasSize(2);
  }

  @Test
  void schedule_supersede_underWay_attemptToldToEndAndItsResultStale() {
    CompletableFuture<Response> hanging = new CompletableFuture<>();
    fixture.receiver = request -> hanging;
    TaskScheduler scheduler = fixture.engine().scheduler();
    Task task = Task.of("A").application(fixture.application(7, 0, 0));
    TaskId id = scheduler.schedule(task);
    SteppedNode member = new SteppedNode(fixture);
    member.round();
    assertThat(scheduler.trySchedule(task.ifTaken(IfTaken.REPLACE_IF_READY)))
        .isEqualTo(new Scheduled(id, Outcome.KEPT));

    assertThat(scheduler.trySchedule(task.content("2").ifTaken(IfTaken.SUPERSEDE)))
        .isEqualTo(new Scheduled(id, Outcome.REPLACED));
    member.engine.keeper().checkHeld();

    assertThat(hanging).isCancelled();
    assertThat(fixture.outcomes(id)).isEmpty();
    assertThat(fixture.status(id)).isEqualTo(TaskStatus.WAITING);
    fixture.receiver = request -> CompletableFuture.completedFuture(Response.of(200, "success"));
    member.round();
    assertThat(fixture.status(id)).isEqualTo(TaskStatus.FINISHED);
    assertThat(fixture.sent).hasSize(2);
    assertThat(fixture.audit)
        .extracting(AuditRecord::content)
        .containsExactly("Task " + id + " (A) replaced", "Task " + id + " (A) finished");
  }

  @Test
  void tryScheduleAll_ofEachKind_eachForItself() {
    TaskScheduler scheduler = fixture.engine().scheduler();
    List<TaskId> taken =
        scheduler.scheduleAll(List.of(numbered("A"), numbered("B"), numbered("C"), numbered("D")));

    List<Scheduled> answers =
        scheduler.tryScheduleAll(
            List.of(
                numbered("D").ifTaken(IfTaken.SUPERSEDE),
                numbered("E").ifTaken(IfTaken.SUPERSEDE),
                numbered("A"),
                numbered("B").ifTaken(IfTaken.KEEP),
                numbered("C").ifTaken(IfTaken.REPLACE_IF_READY)));

    assertThat(answers)
        .extracting(Scheduled::outcome)
        .containsExactly(
            Outcome.REPLACED, Outcome.NEW, Outcome.REJECTED, Outcome.KEPT, Outcome.REPLACED);
    assertThat(List.of(answers.get(2), answers.get(3), answers.get(4)))
        .extracting(Scheduled::id)
        .isEqualTo(taken.subList(0, 3));
  }

  @Test
  void scheduleAll_oneIsRejected_noneIsPlaced() {
    TaskScheduler scheduler = fixture.engine().scheduler();
    TaskId id = scheduler.schedule(first);
    scheduler.schedule(numbered("B"));

    assertThatThrownBy(
            () ->
                scheduler.scheduleAll(
                    List.of(second.ifTaken(IfTaken.SUPERSEDE), numbered("C"), numbered("B"))))
        .isInstanceOf(ConflictException.class);

    assertThat(scheduler.task(id).content()).isEqualTo("1");
    assertThat(scheduler.findTask("C")).isEmpty();
  }

  @Test
  void tryScheduleAll_oneNumberTwice_refused() {
    TaskScheduler scheduler = fixture.engine().scheduler();
    Task task = first.ifTaken(IfTaken.SUPERSEDE);

    assertThatThrownBy(() -> scheduler.tryScheduleAll(List.of(task, task)))
        .isInstanceOf(ConflictException.class)
        .hasMessage("taskNo 'A' is given to two tasks");
  }

  private static Task numbered(String taskNo) {
    return Task.of(taskNo).handler("work").in(Duration.ofSeconds(10));
  }
}
