package dev.gatehouse.scheduler;

import dev.gatehouse.audit.AuditLog;
import dev.gatehouse.audit.AuditRecord;
import dev.gatehouse.observe.GatehouseListener;
import dev.gatehouse.registry.Application;
import dev.gatehouse.registry.Registry;
import dev.gatehouse.registry.RetryPolicy;
import dev.gatehouse.signing.SignedHeaders;
import dev.gatehouse.signing.Signer;
import dev.gatehouse.transport.Deadline;
import dev.gatehouse.transport.Headers;
import dev.gatehouse.transport.Request;
import dev.gatehouse.transport.Response;
import dev.gatehouse.transport.Transport;
import java.lang.reflect.Proxy;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** A store, a clock, third parties, and ears: what engines under test share. */
final class SchedulerFixture {
  final TestClock clock = new TestClock();
  long storeAheadMillis;
  final InstantSource storeClock = () -> clock.instant().plusMillis(storeAheadMillis);
  final TestTaskStore store;
  final Map<String, TaskHandler> handlers = new HashMap<>();
  final Applications applications = new Applications();
  final List<AuditRecord> audit = new CopyOnWriteArrayList<>();
  final List<Request> sent = new CopyOnWriteArrayList<>();
  final Heard heard = new Heard();
  final AtomicInteger nonces = new AtomicInteger();
  final AtomicInteger schedulesAsked = new AtomicInteger();
  Supplier<OptionalLong> earliestSchedule = OptionalLong::empty;
  GatehouseListener listener = heard;
  Function<Request, CompletionStage<Response>> receiver =
      request -> CompletableFuture.completedFuture(Response.of(200, "success"));
  @Nullable Transport transport =
      (request, deadline) -> {
        sent.add(request);
        return receiver.apply(request);
      };
  SchedulerOptions options = SchedulerOptions.builder().lease(Duration.ofDays(365)).build();

  private final AtomicLong ids = new AtomicLong();

  SchedulerFixture() {
    store = new TestTaskStore(storeClock);
  }

  SchedulerFixture(InstantSource storeClock) {
    store = new TestTaskStore(storeClock);
  }

  SchedulerParts parts() {
    Signer signer =
        request -> new SignedHeaders(Headers.of("nonce", "n" + nonces.incrementAndGet()));
    return new SchedulerParts(
        store,
        noSchedules(),
        noWorkflows(),
        store,
        log(),
        handlers,
        new Callbacks(applications.registry(), application -> signer, transport),
        ids::incrementAndGet,
        node -> {},
        clock,
        clock::nanoTime,
        listener,
        options);
  }

  TaskEngine engine() {
    return TaskEngine.create(parts());
  }

  /** Moves the clock from one due time to the next, up to the given time from the start. */
  void runUntil(Stepper stepper, Duration fromStart) {
    Instant end = TestClock.START.plus(fromStart);
    Optional<Instant> next = stepper.next();
    while (next.isPresent() && !next.get().isAfter(end)) {
      if (next.get().isAfter(clock.instant())) {
        clock.set(next.get());
      }
      stepper.run();
      next = stepper.next();
    }
    if (clock.instant().isBefore(end)) {
      clock.set(end);
      stepper.run();
    }
  }

  /** Schedules a task without retries for a handler {@code work}. */
  TaskId scheduleAt(long millis, String content) {
    Task task = Task.unnumbered().handler("work").content(content);
    Instant due = Instant.ofEpochMilli(millis);
    return engine().scheduler().schedule(task.retryPolicy(RetryPolicy.NONE).at(due));
  }

  /** Schedules a task without retries that is due and posted to an application. */
  TaskId scheduleCallback() {
    Task task = Task.unnumbered().application(application(7, 0, 0));
    return engine().scheduler().schedule(task);
  }

  TaskStatus status(TaskId id) {
    return state(id).status();
  }

  List<Attempt.Outcome> outcomes(TaskId id) {
    return store.attempts(id.value()).stream().map(Attempt::outcome).toList();
  }

  TaskState state(TaskId id) {
    return store.find(OptionalLong.empty(), id.value()).orElseThrow();
  }

  /** An application with a callback that is retried every so many seconds. */
  Application application(long id, int stepSeconds, int retries) {
    return applications.put(
        Application.named("app-" + id)
            .callback("https://app-" + id + ".example/done")
            .retryPolicy(RetryPolicy.linear(Duration.ofSeconds(stepSeconds), retries))
            .registered(id, "appKey0123456789", TestClock.START, null));
  }

  Application disable(Application application) {
    return applications.put(
        application
            .toDraft()
            .status(Application.Status.DISABLED)
            .registered(application.id(), application.appKey(), application.createdAt(), null));
  }

  /** A registry of what was put there. */
  static final class Applications {
    final Map<Long, Application> byId = new ConcurrentHashMap<>();
    volatile @Nullable RuntimeException failure;

    Application put(Application application) {
      byId.put(application.id(), application);
      return application;
    }

    private Optional<Application> find(Object id) {
      RuntimeException thrown = failure;
      if (thrown != null) {
        throw thrown;
      }
      return Optional.ofNullable(byId.get(id));
    }

    /** A registry that finds these applications by their ids, and can do no more. */
    Registry registry() {
      return answering(
          Registry.class,
          call -> call.equals("findApplication") ? arguments -> find(arguments[0]) : null);
    }
  }

  /** Of all that schedules' store can do, it says when the earliest is due, and counts that. */
  private ScheduleStore noSchedules() {
    return answering(
        ScheduleStore.class,
        call ->
            call.equals("earliestDue")
                ? arguments -> {
                  schedulesAsked.incrementAndGet();
                  return earliestSchedule.get();
                }
                : null);
  }

  /** Knows of no workflow. */
  private static WorkflowStore noWorkflows() {
    return answering(
        WorkflowStore.class,
        call ->
            switch (call) {
              case "tryLock", "find" -> arguments -> Optional.empty();
              case "open", "take" -> arguments -> List.of();
              case "purge" -> arguments -> 0;
              default -> null;
            });
  }

  private AuditLog log() {
    return answering(
        AuditLog.class,
        call ->
            call.equals("writeAll")
                ? arguments -> {
                  for (Object record : (List<?>) arguments[0]) {
                    audit.add((AuditRecord) record);
                  }
                  return arguments[0];
                }
                : null);
  }

  /** Knows how to answer some methods, by name; joining anything gives the same again. */
  private static <T> T answering(
      Class<T> type, Function<String, Function<Object[], Object>> answers) {
    return type.cast(
        Proxy.newProxyInstance(
            type.getClassLoader(),
            new Class<?>[] {type},
            (proxy, method, arguments) -> {
              if (method.getName().equals("joining")) {
                return proxy;
              }
              Function<Object[], Object> answer = answers.apply(method.getName());
              if (answer == null) {
                throw new UnsupportedOperationException(method.toString());
              }
              return answer.apply(arguments);
            }));
  }

  /** Remembers what it heard. */
  static final class Heard implements GatehouseListener {
    final List<String> outcomes = new CopyOnWriteArrayList<>();
    final List<Duration> lateness = new CopyOnWriteArrayList<>();
    final List<Duration> durations = new CopyOnWriteArrayList<>();
    final AtomicInteger recovered = new AtomicInteger();
    final AtomicInteger stale = new AtomicInteger();
    final AtomicInteger fenced = new AtomicInteger();

    @Override
    public void attemptEnded(String kind, String outcome, Duration late, Duration duration) {
      outcomes.add(kind + " " + outcome);
      lateness.add(late);
      durations.add(duration);
    }

    @Override
    public void tasksRecovered(int count) {
      recovered.addAndGet(count);
    }

    @Override
    public void staleResults(int count) {
      stale.addAndGet(count);
    }

    @Override
    public void nodeFenced() {
      fenced.incrementAndGet();
    }
  }

  /** A transport that throws instead of sending. */
  static Transport throwing(RuntimeException e) {
    return (Request request, Deadline deadline) -> {
      throw e;
    };
  }
}
