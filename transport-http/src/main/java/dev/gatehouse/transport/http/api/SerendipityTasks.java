package dev.gatehouse.transport.http.api;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.gatehouse.Gatehouse;
import dev.gatehouse.error.ConflictException;
import dev.gatehouse.json.Json;
import dev.gatehouse.registry.Application;
import dev.gatehouse.scheduler.Attempt;
import dev.gatehouse.scheduler.Requeue;
import dev.gatehouse.scheduler.Scheduled;
import dev.gatehouse.scheduler.Task;
import dev.gatehouse.scheduler.TaskDetail;
import dev.gatehouse.scheduler.TaskId;
import dev.gatehouse.scheduler.TaskScheduler;
import dev.gatehouse.scheduler.TaskStatus;
import java.time.Duration;
import java.time.InstantSource;
import java.time.ZoneId;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.UUID;

/**
 * Routes 3 to 7 of Serendipity-job: an application's tasks and workflows. Safe for use by multiple
 * threads.
 */
final class SerendipityTasks {
  private static final String OK = "ok!";
  private static final String UNKNOWN = "Unknown!";
  private static final String KILLED = "Killed";
  private static final int MAX_TIMEOUT_MILLIS = 3_600_000;
  private static final int DEFAULT_TIMEOUT_MILLIS = 60_000;

  private final Gatehouse gatehouse;
  private final InstantSource clock;
  private final ZoneId zone;
  private final Map<Long, SerendipityApi.Startable> workflows;

  SerendipityTasks(
      Gatehouse gatehouse,
      InstantSource clock,
      ZoneId zone,
      Map<Long, SerendipityApi.Startable> workflows) {
    this.gatehouse = gatehouse;
    this.clock = clock;
    this.zone = zone;
    this.workflows = workflows;
  }

  ApiResponse create(Application application, Call call) {
    Scheduled scheduled;
    try {
      Task task = task(application, new Fields(call.object()));
      scheduled = own(application).trySchedule(task);
    } catch (IllegalArgumentException e) {
      throw Fields.invalid(String.valueOf(e.getMessage()));
    } catch (ConflictException e) {
      return SerendipityApi.failure(UNKNOWN);
    }
    return scheduled.outcome() == Scheduled.Outcome.REJECTED
        ? SerendipityApi.failure("请勿重复提交!")
        : SerendipityApi.success(OK, Json.object().put("taskId", scheduled.id().value()));
  }

  private Task task(Application application, Fields fields) {
    JsonNode content =
        fields.find("content").orElseThrow(() -> Fields.invalid("content must be given"));
    int timeout = fields.findInt("timeout", 1, MAX_TIMEOUT_MILLIS).orElse(DEFAULT_TIMEOUT_MILLIS);
    Task task =
        Task.of(fields.findText("taskNo").orElseGet(() -> UUID.randomUUID().toString()))
            .application(application)
            .name(fields.findText("name").orElse(""))
            .content(Json.write(content))
            .timeout(Duration.ofMillis(timeout));
    return fields
        .find("runtime")
        .flatMap(node -> DueTime.of(node, zone))
        .map(task::at)
        .orElse(task);
  }

  private TaskScheduler own(Application application) {
    return gatehouse.scheduler().as(application);
  }

  ApiResponse detail(Application application, Call call) {
    OptionalLong id =
        call.method().equals("POST")
            ? new Fields(call.object()).id("id")
            : Fields.idOf(call.query().find("id").orElse(""));
    return find(application, id)
        .map(task -> SerendipityApi.success(OK, node(task)))
        .orElseThrow(() -> notFound(UNKNOWN));
  }

  /** There is none, or it is another application's: what is answered does not tell, and is kept. */
  private static RefusedException notFound(String msg) {
    return new RefusedException(
        Refusal.INVALID, "the application has no such thing", SerendipityApi.failure(msg));
  }

  private Optional<TaskDetail> find(Application application, OptionalLong id) {
    return id.isEmpty() ? Optional.empty() : own(application).findTask(new TaskId(id.getAsLong()));
  }

  /** Upstream's keys tell of a coroutine's stack, which there is none of, and no client may see. */
  private ObjectNode node(TaskDetail task) {
    ObjectNode node =
        Json.object()
            .put("state", state(task.status()))
            .put("trace_list", "[]")
            .put("executed_file_name", "")
            .put("executed_function_name", task.handler().orElse("callback"))
            .put("executed_function_line", 0);
    node.putArray("vars");
    node.put("round", task.attempt())
        .put("elapsed", elapsedMillis(task))
        .put("status", task.status().code())
        .put("attempts", task.attempt());
    ArrayNode logs = node.putArray("logs");
    task.attempts().forEach(attempt -> logs.add(log(attempt)));
    return node;
  }

  private static String state(TaskStatus status) {
    return switch (status) {
      case WAITING -> "waiting";
      case RUNNING -> "running";
      case FINISHED, CANCELLED, FAILED -> "dead";
    };
  }

  private long elapsedMillis(TaskDetail task) {
    long elapsed = 0;
    for (Attempt attempt : task.attempts()) {
      elapsed += Duration.between(attempt.startedAt(), attempt.endedAt()).toMillis();
    }
    return task.status() == TaskStatus.RUNNING
        ? elapsed + Math.max(0, Duration.between(task.dueAt(), clock.instant()).toMillis())
        : elapsed;
  }

  private static ObjectNode log(Attempt attempt) {
    ObjectNode log =
        Json.object()
            .put("attempt", attempt.number())
            .put("startedAt", attempt.startedAt().toEpochMilli())
            .put("endedAt", attempt.endedAt().toEpochMilli())
            .put("outcome", attempt.outcome().name().toLowerCase(Locale.ROOT));
    if (attempt.httpStatus() == null) {
      log.putNull("httpStatus");
    } else {
      log.put("httpStatus", attempt.httpStatus());
    }
    return log.put("error", attempt.error());
  }

  ApiResponse cancel(Application application, Call call) {
    Fields fields = new Fields(call.object());
    Fields.require(fields.find("id").isPresent(), "id must be given");
    OptionalLong id = fields.id("id");
    if (id.isEmpty()) {
      throw notFound(UNKNOWN);
    }
    TaskId task = new TaskId(id.getAsLong());
    return switch (own(application).cancel(task)) {
      case CANCELLED -> SerendipityApi.success(KILLED, SerendipityApi.empty());
      case REQUESTED -> SerendipityApi.failure("Not fully killed, try again later...");
      case TOO_LATE -> ended(application, task);
      case NOT_FOUND -> throw notFound(UNKNOWN);
    };
  }

  /** Cancelling again what was cancelled is as good as the first time. */
  private ApiResponse ended(Application application, TaskId id) {
    boolean cancelled =
        own(application)
            .findTask(id)
            .filter(task -> task.status() == TaskStatus.CANCELLED)
            .isPresent();
    return cancelled
        ? SerendipityApi.success(KILLED, SerendipityApi.empty())
        : SerendipityApi.failure(UNKNOWN);
  }

  ApiResponse publish(Application application, Call call) {
    Fields fields = new Fields(call.object());
    OptionalLong id = fields.id("task_id");
    boolean force = fields.flag("force");
    Requeue requeue =
        id.isEmpty()
            ? Requeue.NOT_FOUND
            : requeue(own(application), new TaskId(id.getAsLong()), force);
    return switch (requeue) {
      case REQUEUED, WAITING -> SerendipityApi.success("Ok!", SerendipityApi.empty());
      case RUNNING, FINISHED -> SerendipityApi.failure("推送nsq失败!");
      case NOT_FOUND -> throw notFound("Unknown Task [" + fields.shown("task_id") + "]#");
    };
  }

  private static Requeue requeue(TaskScheduler tasks, TaskId id, boolean force) {
    try {
      return force ? tasks.forceRequeue(id) : tasks.requeue(id);
    } catch (ConflictException e) {
      // A part of a workflow, which went its way for the task's end.
      return Requeue.FINISHED;
    }
  }

  ApiResponse startWorkflow(Application application, Call call) {
    Fields fields = new Fields(call.object());
    OptionalLong number = fields.id("workflow_id");
    SerendipityApi.Startable startable =
        number.isEmpty() ? null : workflows.get(number.getAsLong());
    if (startable == null || !startable.application().equals(application.name())) {
      throw notFound(
          "Unknown Workflow [" + fields.shown("workflow_id") + "] Or Workflow Is Finished#");
    }
    try {
      gatehouse.workflows().as(application).schedule(startable.workflow());
    } catch (ConflictException | IllegalArgumentException e) {
      return SerendipityApi.failure("Workflow Published Nsq Failed!");
    }
    return SerendipityApi.success(OK, Json.object().put("workflowId", number.getAsLong()));
  }
}
