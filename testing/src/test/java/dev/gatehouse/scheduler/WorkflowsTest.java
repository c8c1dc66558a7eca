package dev.gatehouse.scheduler;

import static java.util.stream.Collectors.joining;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.gatehouse.Gatehouse;
import dev.gatehouse.audit.AuditQuery;
import dev.gatehouse.audit.AuditRecord;
import dev.gatehouse.error.ConflictException;
import dev.gatehouse.error.NotFoundException;
import dev.gatehouse.registry.Application;
import dev.gatehouse.registry.RetryPolicy;
import dev.gatehouse.storage.memory.MemoryStorage;
import dev.gatehouse.testing.fixture.VirtualGatehouse;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Workflows, stepped through virtual time; the content of each task is its node's name. */
class WorkflowsTest {
  private static final Instant START = VirtualGatehouse.START;

  private final List<String> ran = new ArrayList<>();
  private final Map<String, Instant> times = new HashMap<>();
  private final Set<String> failing = new HashSet<>();
  private final Map<String, Function<TaskContext, TaskResult>> doing = new HashMap<>();
  private final VirtualGatehouse virtual =
      VirtualGatehouse.create(builder -> builder.handler("work", this::work));

  private TaskResult work(TaskContext context) {
    String name = context.content().replace("\"", "");
    ran.add(name);
    times.put(name, virtual.now());
    if (failing.contains(name)) {
      return TaskResult.failedForGood("no");
    }
    return doing.getOrDefault(name, any -> TaskResult.done()).apply(context);
  }

  @AfterEach
  void close() {
    virtual.close();
  }

  private Workflows workflows() {
    return virtual.gatehouse().workflows();
  }

  private TaskScheduler scheduler() {
    return virtual.gatehouse().scheduler();
  }

  private static Task task(String name) {
    return Task.unnumbered()
        .handler("work")
        .content("\"" + name + "\"")
        .retryPolicy(RetryPolicy.NONE);
  }

  private static WorkflowNode node(String name, String... after) {
    return WorkflowNode.of(name, task(name)).after(after);
  }

  private static WorkflowNode in(String name, Duration delay, String... after) {
    return WorkflowNode.of(name, task(name).in(delay)).after(after);
  }

  private WorkflowId schedule(WorkflowNode... nodes) {
    return workflows().schedule(Workflow.of("flow", nodes));
  }

  private WorkflowStatus status(WorkflowId id) {
    return workflows().workflow(id).status();
  }

  private String states(WorkflowId id) {
    return workflows().workflow(id).nodes().stream()
        .map(node -> node.name() + " " + node.state())
        .collect(joining(", "));
  }

  private TaskId task(WorkflowId id, String node) {
    return workflows().workflow(id).node(node).task().orElseThrow();
  }

  @Test
  void schedule_diamond_inOrderOfDependence() {
    WorkflowId id = schedule(node("d", "b", "c"), node("b", "a"), node("c", "a"), node("a"));

    assertThat(states(id)).isEqualTo("d WAITING, b WAITING, c WAITING, a BEGUN");
    virtual.runDue();

    assertThat(ran).containsExactly("a", "b", "c", "d");
    WorkflowDetail detail = workflows().workflow(id);
    assertThat(detail.status()).isEqualTo(WorkflowStatus.FINISHED);
    assertThat(detail.name()).isEqualTo("flow");
    assertThat(detail.applicationId()).isEmpty();
    assertThat(detail.createdAt()).isEqualTo(START);
    assertThat(detail.endedAt()).contains(START);
    assertThat(detail.node("d").after()).containsExactly("b", "c");
    assertThat(detail.node("d").endedAt()).contains(START);
    assertThat(detail.nodes())
        .allSatisfy(
            node -> {
              assertThat(node.state()).isEqualTo(NodeState.FINISHED);
              assertThat(scheduler().task(node.task().orElseThrow()).status())
                  .isEqualTo(TaskStatus.FINISHED);
            });
    assertThatIllegalArgumentException().isThrownBy(() -> detail.node("e"));
  }

  @Test
  void schedule_delays_countFromWhenTheNodeIsReady() {
    schedule(
        in("a", Duration.ofMinutes(1)),
        in("b", Duration.ofMinutes(2), "a"),
        WorkflowNode.of("past", task("past").at(START)).after("a"),
        WorkflowNode.of("late", task("late").at(START.plusSeconds(3_600))).after("a"));

    virtual.advance(Duration.ofDays(1));

    assertThat(times)
        .containsEntry("a", START.plusSeconds(60))
        .containsEntry("past", START.plusSeconds(60))
        .containsEntry("b", START.plusSeconds(180))
        .containsEntry("late", START.plusSeconds(3_600));
  }

  @Test
  void schedule_wideFanOutAndIn_lastAfterAll() {
    List<WorkflowNode> nodes = new ArrayList<>();
    nodes.add(node("start"));
    String[] middle = IntStream.range(0, 100).mapToObj(i -> "m" + i).toArray(String[]::new);
    for (String name : middle) {
      nodes.add(node(name, "start"));
    }
    nodes.add(node("end", middle));

    WorkflowId id = workflows().schedule(Workflow.of("wide", nodes));
    virtual.runDue();

    assertThat(ran).hasSize(102).startsWith("start").endsWith("end").doesNotHaveDuplicates();
    assertThat(status(id)).isEqualTo(WorkflowStatus.FINISHED);
  }

  @Test
  void schedule_aThousandNodesInAChain_inOrder() {
    List<WorkflowNode> nodes = new ArrayList<>();
    nodes.add(node("n0"));
    for (int i = 1; i < 1_000; i++) {
      nodes.add(node("n" + i, "n" + (i - 1)));
    }

    WorkflowId id = workflows().schedule(Workflow.of("chain", nodes));
    virtual.runDue();

    assertThat(ran)
        .containsExactlyElementsOf(IntStream.range(0, 1_000).mapToObj(i -> "n" + i).toList());
    assertThat(status(id)).isEqualTo(WorkflowStatus.FINISHED);
  }

  @Test
  void schedule_twoAtOnce_eachByItself() {
    WorkflowId first = schedule(node("a"), node("b", "a"));
    WorkflowId second = schedule(node("a2").ifFailed(IfFailed.STOP), node("b2", "a2"));
    failing.add("a2");

    virtual.runDue();

    assertThat(status(first)).isEqualTo(WorkflowStatus.FINISHED);
    assertThat(status(second)).isEqualTo(WorkflowStatus.FAILED);
    assertThat(ran).containsExactlyInAnyOrder("a", "b", "a2");
  }

  @Test
  void stop_nodeFails_restIsCancelled() {
    failing.add("a");
    WorkflowId id =
        schedule(
            node("a"), node("b", "a"), in("waits", Duration.ofHours(1)), node("after", "waits"));

    virtual.runDue();

    assertThat(states(id)).isEqualTo("a FAILED, b CANCELLED, waits CANCELLED, after CANCELLED");
    assertThat(status(id)).isEqualTo(WorkflowStatus.FAILED);
    virtual.advance(Duration.ofDays(1));
    assertThat(ran).containsExactly("a");
    assertThat(workflows().cancel(id)).isEqualTo(Cancellation.TOO_LATE);
  }

  @Test
  void stop_othersRunning_areToldToEnd() {
    Application application = application("billing");
    virtual.transport().hang();
    WorkflowId id =
        schedule(
            WorkflowNode.of(
                "call", Task.unnumbered().application(application).timeout(Duration.ofMinutes(10))),
            in("a", Duration.ofMinutes(1)));
    failing.add("a");

    virtual.advance(Duration.ofMinutes(1));

    assertThat(states(id)).isEqualTo("call CANCELLED, a FAILED");
    assertThat(status(id)).isEqualTo(WorkflowStatus.FAILED);
  }

  private Application application(String name) {
    return virtual
        .gatehouse()
        .registry()
        .register(Application.named(name).callback("https://" + name + ".example/done"));
  }

  @Test
  void skip_nodeFails_whatDependsOnItIsSkippedAndTheRestGoesOn() {
    failing.add("a");
    WorkflowId id =
        schedule(
            node("a").ifFailed(IfFailed.SKIP_DEPENDENTS),
            node("b", "a").ifFailed(IfFailed.CONTINUE),
            node("c", "b", "x"),
            in("x", Duration.ofMinutes(1)),
            node("y", "x"));

    virtual.runDue();
    assertThat(states(id)).isEqualTo("a FAILED, b SKIPPED, c SKIPPED, x BEGUN, y WAITING");
    assertThat(status(id)).isEqualTo(WorkflowStatus.RUNNING);
    virtual.advance(Duration.ofMinutes(1));

    assertThat(states(id)).isEqualTo("a FAILED, b SKIPPED, c SKIPPED, x FINISHED, y FINISHED");
    assertThat(status(id)).isEqualTo(WorkflowStatus.FAILED);
    assertThat(workflows().workflow(id).node("b").task()).isEmpty();
    assertThat(ran).containsExactly("a", "x", "y");
  }

  @Test
  void goOn_nodeFails_dependentsRunWithoutItsResult() {
    failing.add("a");
    List<Optional<String>> results = new ArrayList<>();
    doing.put(
        "b",
        context -> {
          results.add(context.resultOf("a"));
          return TaskResult.done();
        });
    WorkflowId id = schedule(node("a").ifFailed(IfFailed.CONTINUE), node("b", "a"));

    virtual.runDue();

    assertThat(results).containsExactly(Optional.empty());
    assertThat(states(id)).isEqualTo("a FAILED, b FINISHED");
    assertThat(status(id)).isEqualTo(WorkflowStatus.FINISHED);
  }

  @Test
  void resultOf_nodesBefore_handedOn() {
    doing.put("a", context -> TaskResult.done("{\"order\":1}"));
    List<Object> seen = new ArrayList<>();
    doing.put(
        "c",
        context -> {
          seen.add(context.resultOf("a"));
          seen.add(context.resultOf("b"));
          seen.add(context.workflowId());
          assertThatIllegalArgumentException()
              .isThrownBy(() -> context.resultOf("d"))
              .withMessage("node must be one that the task is after, was 'd'");
          assertThatIllegalArgumentException().isThrownBy(() -> context.resultOf("c"));
          seen.add("checked");
          return TaskResult.done("[]");
        });
    WorkflowId id = schedule(node("a"), node("b"), node("c", "a", "b"), node("d", "c"));
    assertThat(workflows().resultOf(id, "a")).isEmpty();

    virtual.runDue();

    assertThat(seen)
        .containsExactly(
            Optional.of("{\"order\":1}"), Optional.empty(), Optional.of(id), "checked");
    assertThat(workflows().resultOf(id, "a")).contains("{\"order\":1}");
    assertThat(workflows().resultOf(id, "b")).isEmpty();
    assertThat(workflows().resultOf(id, "c")).contains("[]");
    assertThatIllegalArgumentException().isThrownBy(() -> workflows().resultOf(id, "x"));
    assertThatThrownBy(() -> workflows().resultOf(new WorkflowId(1), "a"))
        .isInstanceOf(NotFoundException.class);
  }

  @Test
  void resultOf_taskOfNoWorkflow_refused() {
    List<String> errors = new ArrayList<>();
    doing.put(
        "alone",
        context -> {
          assertThat(context.workflowId()).isEmpty();
          assertThatThrownBy(() -> context.resultOf("a"))
              .isInstanceOf(IllegalArgumentException.class)
              .satisfies(e -> errors.add(e.getMessage()));
          return TaskResult.done();
        });
    scheduler().schedule(task("alone"));

    virtual.runDue();

    assertThat(errors)
        .containsExactly(
            "node must be one that the task is after, was 'a' though it is of no workflow");
  }

  @Test
  void forgottenHandler_itsResultIsHandedOnAllTheSame() {
    try (VirtualGatehouse forgets =
        VirtualGatehouse.create(
            builder ->
                builder
                    .scheduler(
                        SchedulerOptions.builder()
                            .lease(Duration.ofDays(365))
                            .forget("first")
                            .build())
                    .handler("first", context -> TaskResult.done("1"))
                    .handler(
                        "second",
                        context -> TaskResult.done(context.resultOf("a").orElseThrow())))) {
      Workflows all = forgets.gatehouse().workflows();
      WorkflowId id =
          all.schedule(
              Workflow.of(
                  "flow",
                  WorkflowNode.of("a", Task.unnumbered().handler("first")),
                  WorkflowNode.of("b", Task.unnumbered().handler("second")).after("a")));

      forgets.runDue();

      WorkflowDetail detail = all.workflow(id);
      assertThat(detail.status()).isEqualTo(WorkflowStatus.FINISHED);
      assertThat(all.resultOf(id, "b")).contains("1");
      assertThat(forgets.gatehouse().scheduler().findTask(detail.node("a").task().orElseThrow()))
          .isEmpty();
    }
  }

  @Test
  void retry_insideANode_dependentsWaitForTheLast() {
    List<Integer> attempts = new ArrayList<>();
    doing.put(
        "a",
        context -> {
          attempts.add(context.attempt());
          return context.attempt() < 3 ? TaskResult.failed("not yet") : TaskResult.done("3");
        });
    WorkflowId id =
        schedule(
            WorkflowNode.of(
                "a", task("a").retryPolicy(RetryPolicy.linear(Duration.ofMinutes(1), 5))),
            node("b", "a"));

    virtual.advance(Duration.ofSeconds(170));
    assertThat(status(id)).isEqualTo(WorkflowStatus.RUNNING);
    virtual.advance(Duration.ofSeconds(10));

    assertThat(attempts).containsExactly(1, 2, 3);
    assertThat(times).containsEntry("b", START.plusSeconds(180));
    assertThat(status(id)).isEqualTo(WorkflowStatus.FINISHED);
  }

  @Test
  void cancel_someDoneSomeWaiting_endsAtOnce() {
    WorkflowId id =
        schedule(
            node("a"),
            in("b", Duration.ofHours(1), "a"),
            node("c", "b"),
            in("d", Duration.ofDays(1)));
    virtual.runDue();

    assertThat(workflows().cancel(id)).isEqualTo(Cancellation.CANCELLED);

    assertThat(states(id)).isEqualTo("a FINISHED, b CANCELLED, c CANCELLED, d CANCELLED");
    assertThat(status(id)).isEqualTo(WorkflowStatus.CANCELLED);
    assertThat(scheduler().task(task(id, "b")).status()).isEqualTo(TaskStatus.CANCELLED);
    virtual.advance(Duration.ofDays(2));
    assertThat(ran).containsExactly("a");
    assertThat(workflows().cancel(id)).isEqualTo(Cancellation.TOO_LATE);
    assertThat(workflows().cancel(new WorkflowId(1))).isEqualTo(Cancellation.NOT_FOUND);
  }

  @Test
  void cancel_someRunning_toldToEnd() {
    virtual.transport().hang();
    Application application = application("billing");
    WorkflowId id =
        schedule(
            WorkflowNode.of("call", Task.unnumbered().application(application)),
            node("after", "call"));
    virtual.runDue();

    assertThat(workflows().cancel(id)).isEqualTo(Cancellation.REQUESTED);
    assertThat(workflows().cancel(id)).isEqualTo(Cancellation.REQUESTED);
    assertThat(status(id)).isEqualTo(WorkflowStatus.CANCELLING);
    virtual.runDue();

    assertThat(states(id)).isEqualTo("call CANCELLED, after CANCELLED");
    assertThat(status(id)).isEqualTo(WorkflowStatus.CANCELLED);
  }

  @Test
  void cancel_byAHandlerOfItself_endsAsCancelled() {
    List<WorkflowId> ids = new ArrayList<>();
    doing.put(
        "a",
        context -> {
          assertThat(workflows().cancel(ids.get(0))).isEqualTo(Cancellation.REQUESTED);
          return TaskResult.done("1");
        });
    ids.add(schedule(node("a"), node("b", "a")));

    virtual.runDue();

    assertThat(status(ids.get(0))).isEqualTo(WorkflowStatus.CANCELLED);
    assertThat(ran).containsExactly("a");
  }

  @Test
  void cancel_inATransaction_takesPlaceWithIt() {
    WorkflowId id = schedule(in("a", Duration.ofHours(1)), node("b", "a"));

    assertThatThrownBy(
            () ->
                virtual
                    .gatehouse()
                    .<Cancellation>inTransaction(
                        joined -> {
                          joined.workflows().cancel(id);
                          throw new IllegalStateException("no");
                        }))
        .hasMessage("no");
    virtual.runDue();
    assertThat(status(id)).isEqualTo(WorkflowStatus.RUNNING);
    Cancellation asked = virtual.gatehouse().inTransaction(joined -> joined.workflows().cancel(id));
    assertThat(asked).isEqualTo(Cancellation.REQUESTED);
    virtual.runDue();

    assertThat(status(id)).isEqualTo(WorkflowStatus.CANCELLED);
    assertThat(states(id)).isEqualTo("a CANCELLED, b CANCELLED");
  }

  @Test
  void cancel_beforeAnythingIsStarted_takesPlace() {
    try (VirtualGatehouse schedules = VirtualGatehouse.create()) {
      Workflows all = schedules.gatehouse().workflows();
      WorkflowId id = all.schedule(Workflow.of("flow", node("a"), node("b", "a")));

      assertThat(all.cancel(id)).isEqualTo(Cancellation.CANCELLED);
      assertThat(all.workflow(id).status()).isEqualTo(WorkflowStatus.CANCELLED);
    }
  }

  @Test
  void cancelTask_ofANode_countsAsFailed() {
    WorkflowId stops = schedule(in("a", Duration.ofHours(1)), node("b", "a"));
    WorkflowId goesOn =
        schedule(in("c", Duration.ofHours(1)).ifFailed(IfFailed.CONTINUE), node("d", "c"));

    assertThat(scheduler().cancel(task(stops, "a"))).isEqualTo(Cancellation.CANCELLED);
    assertThat(scheduler().cancel(task(goesOn, "c"))).isEqualTo(Cancellation.CANCELLED);
    virtual.runDue();

    assertThat(states(stops)).isEqualTo("a CANCELLED, b CANCELLED");
    assertThat(status(stops)).isEqualTo(WorkflowStatus.FAILED);
    assertThat(states(goesOn)).isEqualTo("c CANCELLED, d FINISHED");
    assertThat(status(goesOn)).isEqualTo(WorkflowStatus.FINISHED);
  }

  /** The answer to a claim was lost, so that the node does not know of what it holds. */
  @Test
  void cancelTask_leasedWithoutTheNodesKnowledge_countsWhenItIsGivenBack() {
    MemoryStorage storage = MemoryStorage.create(virtual.clock());
    try (VirtualGatehouse loses =
        VirtualGatehouse.create(
            builder ->
                builder
                    .storage(storage)
                    .clock(virtual.clock())
                    .nanoTime(() -> virtual.clock().millis() * 1_000_000)
                    .handler("work", this::work))) {
      Gatehouse gatehouse = loses.gatehouse();
      gatehouse.scheduler().schedule(task("other"));
      WorkflowId id =
          gatehouse
              .workflows()
              .schedule(Workflow.of("flow", in("a", Duration.ofSeconds(1)), node("b", "a")));
      loses.runDue();
      TaskId a = gatehouse.workflows().workflow(id).node("a").task().orElseThrow();
      int node = gatehouse.status().scheduler().node().orElseThrow();
      assertThat(storage.tasks().claim(node, virtual.clock().millis() + 2_000, 10)).hasSize(1);
      assertThat(gatehouse.scheduler().cancel(a)).isEqualTo(Cancellation.REQUESTED);

      for (int i = 0; i < 20; i++) {
        virtual.clock().advance(Duration.ofSeconds(1));
        gatehouse.scheduler().schedule(task("other"));
        loses.runDue();
      }

      assertThat(gatehouse.workflows().workflow(id).status()).isEqualTo(WorkflowStatus.FAILED);
      assertThat(gatehouse.workflows().workflow(id).node("a").state())
          .isEqualTo(NodeState.CANCELLED);
      assertThat(ran).containsOnly("other");
    }
  }

  @Test
  void singleTasks_pausedResumedRescheduledRunNow_asAnyOther() {
    WorkflowId id = schedule(in("a", Duration.ofHours(1)), node("b", "a"));
    TaskId a = task(id, "a");

    assertThat(scheduler().pause(a)).isEqualTo(TaskChange.DONE);
    virtual.advance(Duration.ofHours(2));
    assertThat(ran).isEmpty();
    assertThat(scheduler().resume(a)).isEqualTo(TaskChange.DONE);
    assertThat(scheduler().reschedule(a, virtual.now().plusSeconds(60))).isEqualTo(TaskChange.DONE);
    virtual.runDue();
    assertThat(ran).isEmpty();
    assertThat(scheduler().runNow(a)).isEqualTo(TaskChange.DONE);
    virtual.runDue();

    assertThat(ran).containsExactly("a", "b");
    assertThat(status(id)).isEqualTo(WorkflowStatus.FINISHED);
  }

  @Test
  void requeue_taskOfANode_refusedAndNothingChanges() {
    failing.add("a");
    WorkflowId id = schedule(node("a"), node("b", "a"));
    virtual.runDue();
    TaskId a = task(id, "a");

    for (boolean force : new boolean[] {false, true}) {
      assertThatThrownBy(() -> requeue(a, force))
          .isInstanceOf(ConflictException.class)
          .hasMessage("task " + a + " cannot be requeued, it is a part of workflow " + id);
    }

    virtual.runDue();
    assertThat(scheduler().task(a).status()).isEqualTo(TaskStatus.FAILED);
    assertThat(ran).containsExactly("a");
  }

  private Requeue requeue(TaskId id, boolean force) {
    return force ? scheduler().forceRequeue(id) : scheduler().requeue(id);
  }

  @Test
  void schedule_joinedTransactionRollsBack_leavesNothing() {
    List<WorkflowId> ids = new ArrayList<>();
    assertThatThrownBy(
            () ->
                virtual
                    .gatehouse()
                    .<WorkflowId>inTransaction(
                        joined -> {
                          Workflow workflow = Workflow.of("flow", node("a"), node("b", "a"));
                          ids.add(joined.workflows().schedule(workflow));
                          assertThat(joined.workflows().findWorkflow(ids.get(0))).isPresent();
                          throw new IllegalStateException("no");
                        }))
        .hasMessage("no");

    virtual.advance(Duration.ofDays(1));

    assertThat(ran).isEmpty();
    assertThat(workflows().findWorkflow(ids.get(0))).isEmpty();
    assertThatThrownBy(() -> workflows().workflow(ids.get(0)))
        .isInstanceOf(NotFoundException.class)
        .hasMessage("there is no workflow " + ids.get(0));
  }

  @Test
  void schedule_joinedTransactionCommits_runs() {
    WorkflowId id =
        virtual
            .gatehouse()
            .inTransaction(
                joined ->
                    joined.workflows().schedule(Workflow.of("flow", node("a"), node("b", "a"))));

    virtual.runDue();

    assertThat(status(id)).isEqualTo(WorkflowStatus.FINISHED);
  }

  @Test
  void schedule_taskThatCannotRun_refusedAndNothingWritten() {
    assertThatIllegalArgumentException()
        .isThrownBy(
            () ->
                workflows()
                    .schedule(
                        Workflow.of(
                            "flow", node("a"), WorkflowNode.of("b", Task.unnumbered()).after("a"))))
        .withMessage("task must have a handler, or an application with a callback");

    virtual.advance(Duration.ofDays(1));
    assertThat(ran).isEmpty();
  }

  @Test
  void as_application_othersDoNotExist() {
    Application billing = application("billing");
    Application other = application("other");
    WorkflowId id =
        workflows()
            .as(billing)
            .schedule(Workflow.of("flow", in("a", Duration.ofHours(1)), node("b", "a")));

    assertThat(workflows().workflow(id).applicationId()).hasValue(billing.id());
    assertThat(scheduler().task(task(id, "a")).applicationId()).hasValue(billing.id());
    assertThat(workflows().as(other).findWorkflow(id)).isEmpty();
    assertThat(workflows().as(other).cancel(id)).isEqualTo(Cancellation.NOT_FOUND);
    assertThatThrownBy(() -> workflows().as(other).resultOf(id, "a"))
        .isInstanceOf(NotFoundException.class);
    Workflow ofOther =
        Workflow.of("flow", WorkflowNode.of("a", Task.unnumbered().application(other)));
    assertThatIllegalArgumentException()
        .isThrownBy(() -> workflows().as(billing).schedule(ofOther));
    assertThat(workflows().as(billing).cancel(id)).isEqualTo(Cancellation.CANCELLED);
    assertThat(audited())
        .contains(
            "Workflow " + id + " (flow) is to be cancelled",
            "Workflow " + id + " (flow) cancelled");
  }

  private List<String> audited() {
    Instant until = virtual.now().plusSeconds(1);
    return virtual
        .gatehouse()
        .audit()
        .find(AuditQuery.between(START.minusSeconds(1), until))
        .records()
        .stream()
        .map(AuditRecord::content)
        .toList();
  }

  @Test
  void restart_inTheMiddle_goesOn() {
    WorkflowId id = schedule(node("a"), in("b", Duration.ofHours(1), "a"), node("c", "b"));
    virtual.runDue();

    virtual.restart();
    virtual.advance(Duration.ofHours(1));

    assertThat(ran).containsExactly("a", "b", "c");
    assertThat(status(id)).isEqualTo(WorkflowStatus.FINISHED);
  }

  @Test
  void retention_over_endedWorkflowsAreGone() {
    WorkflowId ended = schedule(node("a"));
    WorkflowId open = schedule(in("b", Duration.ofDays(30)));

    virtual.advance(Duration.ofDays(6));
    assertThat(workflows().findWorkflow(ended)).isPresent();
    virtual.advance(Duration.ofDays(2));
    scheduler().schedule(task("c"));
    virtual.advance(Duration.ofMinutes(2));

    assertThat(workflows().findWorkflow(ended)).isEmpty();
    assertThat(workflows().findWorkflow(open)).isPresent();
  }
}
