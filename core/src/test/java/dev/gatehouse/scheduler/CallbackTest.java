package dev.gatehouse.scheduler;

import static org.assertj.core.api.Assertions.assertThat;

import dev.gatehouse.error.TransportException;
import dev.gatehouse.registry.Application;
import dev.gatehouse.scheduler.Attempt.Outcome;
import dev.gatehouse.transport.Headers;
import dev.gatehouse.transport.Request;
import dev.gatehouse.transport.Response;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Tasks that are posted to their application's callback, stepped through virtual time. */
class CallbackTest {
  private static final String CONTENT = "{\"class\":\"http\",\"_params\":{\"id\":7}}";

  private final SchedulerFixture fixture = new SchedulerFixture();
  private final TestClock clock = fixture.clock;
  private final Application billing = fixture.application(7, 5, 3);
  private final Task task = Task.unnumbered().application(billing).content(CONTENT);

  private void answer(int status, byte[] body) {
    fixture.receiver =
        request -> CompletableFuture.completedFuture(Response.of(status, Headers.NONE, body));
  }

  private TaskDetail detailAfter(Duration time) {
    TaskEngine engine = fixture.engine();
    TaskId id = engine.scheduler().schedule(task);
    fixture.runUntil(engine.stepper(), time);
    return engine.scheduler().task(id);
  }

  @Test
  void post_task_bodyKeyAndHeadersAsPromised() {
    TaskDetail detail = detailAfter(Duration.ofSeconds(1));

    assertThat(detail.status()).isEqualTo(TaskStatus.FINISHED);
    assertThat(detail.attempts().get(0).status()).hasValue(200);
    Request request = fixture.sent.get(0);
    assertThat(fixture.sent).hasSize(1);
    assertThat(request.method()).isEqualTo("POST");
    assertThat(request.uri()).isEqualTo(URI.create("https://app-7.example/done"));
    assertThat(request.body())
        .isEqualTo(
            "{\"data\":{\"class\":\"http\",\"_params\":{\"id\":7}}}"
                .getBytes(StandardCharsets.UTF_8));
    assertThat(request.headers().all("Content-Type")).containsExactly("application/json");
    assertThat(request.headers().all("Idempotency-Key")).containsExactly(detail.id().toString());
    assertThat(request.headers().all("nonce")).containsExactly("n1");
  }

  @Test
  void post_contentWithSpacesAndUnicode_keptVerbatim() {
    TaskEngine engine = fixture.engine();
    engine.scheduler().schedule(task.content(" [ 1.0, \"订单😀\" ] "));
    engine.stepper().run();

    assertThat(new String(fixture.sent.get(0).body(), StandardCharsets.UTF_8))
        .isEqualTo("{\"data\": [ 1.0, \"订单😀\" ] }");
  }

  @ParameterizedTest
  @ValueSource(strings = {"success", "SUCCESS", "sUcCeSs", "success\n", " \t\r\n success \r\n"})
  void answer_success_finished(String body) {
    answer(299, body.getBytes(StandardCharsets.UTF_8));

    assertThat(detailAfter(Duration.ZERO).status()).isEqualTo(TaskStatus.FINISHED);
  }

  /** A transport that keeps little must not make a success of what goes on otherwise. */
  @Test
  void answer_truncatedBehindSuccess_fails() {
    byte[] beginning = "success".getBytes(StandardCharsets.UTF_8);
    fixture.receiver =
        request ->
            CompletableFuture.completedFuture(Response.truncated(200, Headers.NONE, beginning));

    Attempt attempt = detailAfter(Duration.ZERO).attempts().get(0);

    assertThat(attempt.outcome()).isEqualTo(Outcome.FAILURE);
    assertThat(attempt.error()).contains("HTTP 200, but more than 7 bytes other than 'success'");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"", "ok", "\"success\"", "successs", "ſucceſſ", "\u00a0success", "succ\u0000ess"})
  void answer_anythingElse_fails(String body) {
    byte[] bytes = body.getBytes(StandardCharsets.UTF_8);
    answer(200, bytes);

    Attempt attempt = detailAfter(Duration.ZERO).attempts().get(0);

    assertThat(attempt.outcome()).isEqualTo(Outcome.FAILURE);
    assertThat(attempt.status()).hasValue(200);
    assertThat(attempt.error())
        .isEqualTo("HTTP 200, but " + bytes.length + " bytes other than 'success'");
  }

  @Test
  void answer_successInExactly4KiB_finished() {
    answer(200, ("success" + " ".repeat(4096 - 7)).getBytes(StandardCharsets.UTF_8));

    assertThat(detailAfter(Duration.ZERO).status()).isEqualTo(TaskStatus.FINISHED);
  }

  @Test
  void answer_successInMoreThan4KiB_fails() {
    answer(200, ("success" + " ".repeat(4097 - 7)).getBytes(StandardCharsets.UTF_8));

    assertThat(detailAfter(Duration.ZERO).attempts().get(0).outcome()).isEqualTo(Outcome.FAILURE);
  }

  @ParameterizedTest
  @ValueSource(ints = {199, 300, 302, 404, 500})
  void answer_otherStatusWithSuccess_failsWithTheStatusAndNothingOfTheBody(int status) {
    answer(status, "success secret".getBytes(StandardCharsets.UTF_8));

    Attempt attempt = detailAfter(Duration.ZERO).attempts().get(0);

    assertThat(attempt.outcome()).isEqualTo(Outcome.FAILURE);
    assertThat(attempt.status()).hasValue(status);
    assertThat(attempt.error()).isEqualTo("HTTP " + status);
  }

  @Test
  void answer_always500Step5Retries3_startsAt0And5And15And30ThenFailed() {
    List<Double> starts = new ArrayList<>();
    fixture.receiver =
        request -> {
          starts.add(clock.seconds());
          return CompletableFuture.completedFuture(Response.of(500, ""));
        };

    TaskDetail detail = detailAfter(Duration.ofHours(1));

    assertThat(starts).containsExactly(0.0, 5.0, 15.0, 30.0);
    assertThat(detail.status()).isEqualTo(TaskStatus.FAILED);
    assertThat(detail.attempts()).hasSize(4);
    assertThat(fixture.sent)
        .extracting(request -> request.headers().first("nonce").orElseThrow())
        .containsExactly("n1", "n2", "n3", "n4");
    assertThat(fixture.sent)
        .extracting(request -> request.headers().first("Idempotency-Key").orElseThrow())
        .containsOnly(detail.id().toString());
  }

  @Test
  void answer_noneWithin1500ms_timesOutThenAndIsRetriedAndTheExchangeCancelled() {
    CompletableFuture<Response> hanging = new CompletableFuture<>();
    fixture.receiver =
        request ->
            fixture.sent.size() == 1
                ? hanging
                : CompletableFuture.completedFuture(Response.of(200, "success"));
    TaskEngine engine = fixture.engine();
    TaskId id = engine.scheduler().schedule(task.timeout(Duration.ofMillis(1_500)));
    Stepper stepper = engine.stepper();
    stepper.run();

    assertThat(stepper.next()).contains(TestClock.START.plusMillis(1_500));
    clock.advanceMillis(1_499);
    stepper.run();
    assertThat(fixture.state(id).status()).isEqualTo(TaskStatus.RUNNING);
    clock.advanceMillis(1);
    stepper.run();

    assertThat(hanging).isCancelled();
    assertThat(fixture.state(id).status()).isEqualTo(TaskStatus.WAITING);
    assertThat(stepper.next()).contains(TestClock.START.plusMillis(6_500));
    fixture.runUntil(stepper, Duration.ofSeconds(10));
    assertThat(engine.scheduler().task(id).attempts())
        .extracting(Attempt::outcome)
        .containsExactly(Outcome.TIMEOUT, Outcome.SUCCESS);
  }

  @Test
  void cancel_whileTheAnswerIsAwaited_cancelledAndALateSuccessChangesNothing() {
    CompletableFuture<Response> slow = new CompletableFuture<>();
    fixture.receiver = request -> slow;
    TaskEngine engine = fixture.engine();
    TaskId id = engine.scheduler().schedule(task);
    Stepper stepper = engine.stepper();
    stepper.run();

    assertThat(engine.scheduler().cancel(id)).isEqualTo(Cancellation.REQUESTED);
    assertThat(engine.scheduler().task(id).asked()).isEqualTo(Asked.CANCEL);
    stepper.run();
    slow.complete(Response.of(200, "success"));
    fixture.runUntil(stepper, Duration.ofHours(1));

    TaskDetail detail = engine.scheduler().task(id);
    assertThat(detail.status()).isEqualTo(TaskStatus.CANCELLED);
    assertThat(detail.attempts()).extracting(Attempt::outcome).containsExactly(Outcome.CANCELLED);
    assertThat(fixture.heard.outcomes).containsExactly("callback cancelled");
  }

  @Test
  void post_transportFails_retriedWithItsMessage() {
    fixture.receiver =
        request -> CompletableFuture.failedFuture(new TransportException("not reachable"));

    Attempt attempt = detailAfter(Duration.ZERO).attempts().get(0);

    assertThat(attempt.outcome()).isEqualTo(Outcome.FAILURE);
    assertThat(attempt.status()).isEmpty();
    assertThat(attempt.error()).isEqualTo("TransportException: not reachable");
  }

  @Test
  void post_transportThrows_fails() {
    fixture.transport = SchedulerFixture.throwing(new IllegalStateException("shut"));

    assertThat(detailAfter(Duration.ZERO).attempts().get(0).error())
        .isEqualTo("IllegalStateException: shut");
  }

  @Test
  void post_noTransport_failsForGood() {
    fixture.transport = null;

    TaskDetail detail = detailAfter(Duration.ofHours(1));

    assertThat(detail.status()).isEqualTo(TaskStatus.FAILED);
    assertThat(detail.attempts()).hasSize(1);
    assertThat(detail.attempts().get(0).error())
        .isEqualTo("no transport: callbacks cannot be made here");
  }

  @Test
  void post_callbackRemovedMeanwhile_failsForGood() {
    TaskEngine engine = fixture.engine();
    TaskId id = engine.scheduler().schedule(task);
    fixture.applications.put(
        Application.named("app-7").registered(7, "appKey0123456789", TestClock.START, null));

    fixture.runUntil(engine.stepper(), Duration.ofHours(1));

    assertThat(engine.scheduler().task(id).attempts())
        .extracting(Attempt::error)
        .containsExactly("the task's application has no callback");
  }

  @Test
  void post_applicationRemovedMeanwhile_failsForGoodInsteadOfWaitingForEver() {
    TaskEngine engine = fixture.engine();
    TaskId id = engine.scheduler().schedule(task);
    fixture.applications.byId.clear();

    fixture.runUntil(engine.stepper(), Duration.ofHours(1));

    assertThat(engine.scheduler().task(id).status()).isEqualTo(TaskStatus.FAILED);
    assertThat(engine.scheduler().task(id).attempts())
        .extracting(Attempt::error)
        .containsExactly("the task's application was removed");
  }

  @Test
  void post_callbackChangedBetweenAttempts_nextGoesToTheNewOne() {
    answer(500, new byte[0]);
    TaskEngine engine = fixture.engine();
    engine.scheduler().schedule(task);
    Stepper stepper = engine.stepper();
    stepper.run();
    fixture.applications.put(
        billing
            .toDraft()
            .callback("https://new.example/")
            .registered(7, billing.appKey(), TestClock.START, null));

    fixture.runUntil(stepper, Duration.ofSeconds(5));

    assertThat(fixture.sent)
        .extracting(request -> request.uri().getHost())
        .containsExactly("app-7.example", "new.example");
  }

  @Test
  void run_applicationDisabled_waitsWithoutCountingAndGoesOnWhenEnabled() {
    TaskEngine engine = fixture.engine();
    TaskId id = engine.scheduler().schedule(task);
    fixture.disable(billing);
    Stepper stepper = engine.stepper();

    fixture.runUntil(stepper, Duration.ofMinutes(10));
    assertThat(fixture.sent).isEmpty();
    assertThat(fixture.state(id).attempt()).isZero();
    assertThat(fixture.state(id).status()).isEqualTo(TaskStatus.WAITING);
    fixture.applications.put(billing);
    fixture.runUntil(stepper, Duration.ofMinutes(10).plusSeconds(30));

    assertThat(engine.scheduler().task(id).attempts())
        .extracting(Attempt::number, Attempt::outcome)
        .containsExactly(org.assertj.core.groups.Tuple.tuple(1, Outcome.SUCCESS));
  }

  @Test
  void run_moreHangingCallbacksThanMayRun_othersWaitForATurn() {
    fixture.options = SchedulerOptions.builder().lease(Duration.ofDays(365)).maxRunning(2).build();
    List<CompletableFuture<Response>> answers = new ArrayList<>();
    fixture.receiver =
        request -> {
          answers.add(new CompletableFuture<>());
          return answers.get(answers.size() - 1);
        };
    TaskEngine engine = fixture.engine();
    engine.scheduler().scheduleAll(List.of(task, task, task));
    Stepper stepper = engine.stepper();
    stepper.run();
    assertThat(answers).hasSize(2);
    assertThat(stepper.next()).contains(TestClock.START.plusSeconds(60));

    answers.get(0).complete(Response.of(200, "success"));
    stepper.run();

    assertThat(answers).hasSize(3);
  }
}
