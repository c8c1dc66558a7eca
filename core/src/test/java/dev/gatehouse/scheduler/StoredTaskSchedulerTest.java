package dev.gatehouse.scheduler;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.gatehouse.audit.AuditRecord;
import dev.gatehouse.error.ClosedException;
import dev.gatehouse.error.ConflictException;
import dev.gatehouse.error.NotFoundException;
import dev.gatehouse.error.StorageException;
import dev.gatehouse.registry.Application;
import dev.gatehouse.registry.RetryPolicy;
import dev.gatehouse.scheduler.SchedulerOptions.Audited;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.junit.jupiter.api.Test;

class StoredTaskSchedulerTest {
  private final SchedulerFixture fixture = new SchedulerFixture();
  private final Application billing = fixture.application(7, 10, 2);
  private final Application shipping = fixture.application(8, 0, 0);
  private final Task local = Task.unnumbered().handler("work");

  @Test
  void schedule_numberTaken_conflictNamesTheNumber() {
    TaskScheduler scheduler = fixture.engine().scheduler();
    TaskId first = scheduler.schedule(Task.of("order-1").application(billing));

    assertThatThrownBy(() -> scheduler.schedule(Task.of("order-1").application(billing)))
        .isInstanceOf(ConflictException.class)
        .hasMessage("taskNo 'order-1' is taken by task " + first);
    assertThat(scheduler.schedule(Task.of("order-1").application(shipping))).isNotEqualTo(first);
    assertThat(scheduler.schedule(Task.of("order-1").handler("work"))).isNotEqualTo(first);
  }

  @Test
  void scheduleAll_oneNumberTaken_noneScheduled() {
    TaskScheduler scheduler = fixture.engine().scheduler();
    scheduler.schedule(Task.of("b").handler("work"));

    assertThatThrownBy(
            () ->
                scheduler.scheduleAll(
                    List.of(Task.of("a").handler("work"), Task.of("b").handler("work"))))
        .isInstanceOf(ConflictException.class);
    assertThat(scheduler.findTask("a")).isEmpty();
  }

  @Test
  void scheduleAll_joinedAndOneNumberTaken_hostThatGoesOnCommitsNoneOfThem() {
    TaskScheduler scheduler = fixture.engine().scheduler();
    scheduler.schedule(Task.of("b").handler("work"));
    List<Task> tasks = List.of(Task.of("a").handler("work"), Task.of("b").handler("work"));

    fixture.store.run(
        transaction ->
            assertThatThrownBy(() -> scheduler.joining(transaction).scheduleAll(tasks))
                .isInstanceOf(ConflictException.class));

    assertThat(scheduler.findTask("a")).isEmpty();
  }

  @Test
  void scheduleAll_sameNumberTwice_conflict() {
    Task task = Task.of("a").handler("work");

    assertThatThrownBy(() -> fixture.engine().scheduler().scheduleAll(List.of(task, task)))
        .isInstanceOf(ConflictException.class)
        .hasMessage("taskNo 'a' is given to two tasks");
  }

  @Test
  void scheduleAll_noneOrMoreThan1000_refused() {
    TaskScheduler scheduler = fixture.engine().scheduler();

    assertThatThrownBy(() -> scheduler.scheduleAll(List.of()))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("number of tasks must be in 1..1000, was 0");
    assertThat(scheduler.scheduleAll(Collections.nCopies(1000, local))).hasSize(1000);
    assertThatThrownBy(() -> scheduler.scheduleAll(Collections.nCopies(1001, local)))
        .isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void schedule_neitherHandlerNorCallback_refused() {
    TaskScheduler scheduler = fixture.engine().scheduler();
    Application silent =
        fixture.applications.put(
            Application.named("silent").registered(9, "appKey9", TestClock.START, null));

    for (Task task : List.of(Task.unnumbered(), Task.unnumbered().application(silent))) {
      assertThatThrownBy(() -> scheduler.schedule(task))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessage("task must have a handler, or an application with a callback");
    }
    assertThat(scheduler.schedule(local.application(silent))).isNotNull();
  }

  @Test
  void schedule_contentOfACallbackTooLongForItsBody_refused() {
    TaskScheduler scheduler = fixture.engine().scheduler();
    String part = "\"" + "x".repeat(250_000) + "\",";
    String most =
        "[" + part.repeat(4) + "\"" + "y".repeat(1_048_567 - 4 * part.length() - 4) + "\"]";
    Task task = Task.unnumbered().application(billing);

    assertThat(scheduler.schedule(task.content(most))).isNotNull();
    assertThatThrownBy(() -> scheduler.schedule(task.content(most + " ")))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("content of a callback must have at most 1048567 bytes, had 1048568");
  }

  @Test
  void schedule_applicationNotEnabled_conflict() {
    TaskScheduler scheduler = fixture.engine().scheduler();
    fixture.disable(billing);

    assertThatThrownBy(() -> scheduler.schedule(Task.unnumbered().application(billing)))
        .isInstanceOf(ConflictException.class)
        .hasMessage("application 7 must be ENABLED, is DISABLED");
  }

  @Test
  void schedule_storeFails_storageExceptionAndNothingThere() {
    TaskScheduler scheduler = fixture.engine().scheduler();
    fixture.store.failing("insert");

    assertThatThrownBy(() -> scheduler.schedule(Task.of("a").handler("work")))
        .isInstanceOf(StorageException.class);
    fixture.store.failing();
    assertThat(scheduler.findTask("a")).isEmpty();
  }

  @Test
  void schedule_retryPolicies_theTasksBeforeTheApplicationsBeforeTheDefault() {
    TaskScheduler scheduler = fixture.engine().scheduler();
    RetryPolicy own = RetryPolicy.linear(Duration.ofSeconds(1), 1);

    TaskId host = scheduler.schedule(local);
    TaskId applications = scheduler.as(billing).schedule(Task.unnumbered());
    TaskId tasks = scheduler.as(billing).schedule(Task.unnumbered().retryPolicy(own));

    assertThat(fixture.state(host).row().retry()).isEqualTo("linear:5:5");
    assertThat(fixture.state(applications).row().retry()).isEqualTo("linear:10:2");
    assertThat(fixture.state(tasks).row().retry()).isEqualTo("linear:1:1");
  }

  @Test
  void as_anothersTask_doesNotExist() {
    TaskScheduler scheduler = fixture.engine().scheduler();
    TaskId id = scheduler.as(billing).schedule(Task.of("order-1"));
    TaskScheduler other = scheduler.as(shipping);

    assertThat(other.findTask(id)).isEmpty();
    assertThat(other.findTask("order-1")).isEmpty();
    assertThat(other.cancel(id)).isEqualTo(Cancellation.NOT_FOUND);
    assertThat(other.requeue(id)).isEqualTo(Requeue.NOT_FOUND);
    assertThat(other.forceRequeue(id)).isEqualTo(Requeue.NOT_FOUND);
    assertThatThrownBy(() -> other.task(id)).isInstanceOf(NotFoundException.class);
    assertThat(scheduler.as(billing).findTask("order-1")).map(TaskDetail::id).contains(id);
    assertThat(scheduler.findTask(id)).map(TaskDetail::id).contains(id);
  }

  @Test
  void as_taskOrSchedulerOfAnother_refused() {
    TaskScheduler own = fixture.engine().scheduler().as(billing);

    assertThatThrownBy(() -> own.schedule(Task.unnumbered().application(shipping)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("application must be the scheduler's, was 8");
    assertThatThrownBy(() -> own.as(shipping)).isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void task_scheduled_detailTellsAllOfIt() {
    TaskScheduler scheduler = fixture.engine().scheduler();
    TaskId id =
        scheduler.schedule(
            Task.of("order-1")
                .application(billing)
                .name("charge")
                .content("{}")
                .in(Duration.ofSeconds(90)));

    TaskDetail detail = scheduler.task(id);

    assertThat(detail.taskNo()).contains("order-1");
    assertThat(detail.applicationId()).hasValue(7);
    assertThat(detail.name()).isEqualTo("charge");
    assertThat(detail.handler()).isEmpty();
    assertThat(detail.content()).isEqualTo("{}");
    assertThat(detail.status()).isEqualTo(TaskStatus.WAITING);
    assertThat(detail.dueAt()).isEqualTo(TestClock.START.plusSeconds(90));
    assertThat(detail.attempt()).isZero();
    assertThat(detail.endedAt()).isEmpty();
    assertThat(detail.result()).isEmpty();
    assertThat(detail.attempts()).isEmpty();
  }

  @Test
  void joining_rolledBack_nothingScheduled() {
    TaskScheduler scheduler = fixture.engine().scheduler();

    assertThatThrownBy(
            () ->
                fixture.store.run(
                    transaction -> {
                      scheduler.joining(transaction).schedule(Task.of("a").handler("work"));
                      throw new IllegalStateException("host's own");
                    }))
        .hasMessage("host's own");

    assertThat(scheduler.findTask("a")).isEmpty();
  }

  @Test
  void close_everyUse_closedException() {
    TaskEngine engine = fixture.engine();
    TaskScheduler scheduler = engine.scheduler();
    engine.close();
    engine.close();

    TaskId id = new TaskId(1);
    List<Runnable> uses =
        List.of(
            () -> scheduler.schedule(local),
            () -> scheduler.cancel(id),
            () -> scheduler.requeue(id),
            () -> scheduler.findTask(id),
            () -> scheduler.findTask("a"),
            () -> scheduler.as(billing).schedule(Task.unnumbered()),
            engine::start,
            engine::stepper);
    for (Runnable use : uses) {
      assertThatThrownBy(use::run).isInstanceOf(ClosedException.class);
    }
  }

  @Test
  void stepper_second_illegalState() {
    TaskEngine engine = fixture.engine();
    engine.stepper();

    assertThatThrownBy(engine::stepper).isInstanceOf(IllegalStateException.class);
    assertThatThrownBy(engine::start).isInstanceOf(IllegalStateException.class);
  }

  private List<String> auditedOf(Audited audited) {
    fixture.options =
        SchedulerOptions.builder().lease(Duration.ofDays(365)).audited(audited).build();
    fixture.transport = null;
    fixture.handlers.put("work", context -> TaskResult.done());
    TaskEngine engine = fixture.engine();
    TaskScheduler scheduler = engine.scheduler();
    scheduler.schedule(local);
    scheduler.schedule(local.application(shipping));
    TaskId cancelled = scheduler.schedule(local.application(billing).in(Duration.ofHours(1)));
    scheduler.schedule(Task.unnumbered().application(shipping).in(Duration.ofSeconds(1)));
    Stepper stepper = engine.stepper();
    fixture.runUntil(stepper, Duration.ofSeconds(2));
    scheduler.cancel(cancelled);
    scheduler.requeue(cancelled);
    List<String> contents = new ArrayList<>();
    for (AuditRecord record : fixture.audit) {
      contents.add(record.content() + " " + record.operationType() + record.resultType());
      assertThat(record.namespace()).isEqualTo("gatehouse");
      assertThat(record.service()).contains("scheduler");
      assertThat(record.ext().orElseThrow()).contains("\"taskId\":\"");
    }
    return contents;
  }

  @Test
  void audited_applications_finalOutcomesAndRequestsOfTheirTasks() {
    assertThat(auditedOf(Audited.APPLICATIONS))
        .containsExactly(
            "Task 2 finished 40", "Task 4 failed 41", "Task 3 cancelled 20", "Task 3 requeued 20");
  }

  @Test
  void audited_all_theHostsToo() {
    assertThat(auditedOf(Audited.ALL)).hasSize(5).first().isEqualTo("Task 1 finished 40");
  }

  @Test
  void audited_none_nothing() {
    assertThat(auditedOf(Audited.NONE)).isEmpty();
  }
}
