package dev.gatehouse.transport.http.api;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.gatehouse.json.Json;
import dev.gatehouse.registry.Application;
import dev.gatehouse.registry.RetryPolicy;
import dev.gatehouse.scheduler.Attempt;
import dev.gatehouse.signing.SerendipityScheme;
import dev.gatehouse.signing.Verifier;
import dev.gatehouse.transport.Request;
import dev.gatehouse.transport.Response;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What becomes of what was created over Serendipity-job's interface: callbacks and workflows. */
class SerendipityRunsTest extends SerendipityOverHttp {
  @ParameterizedTest
  @ValueSource(strings = {"success", "SUCCESS", "success\n"})
  void case37_callbackSaysSuccess_finished(String answer) {
    virtual.transport().answer(200, answer);
    long id = create(strict(), "{\"content\":1}");
    virtual.runDue();
    assertThat(task(id).status().code()).isEqualTo(2);
  }

  @Test
  void case39_callbackAlwaysFails_fourAttempts() {
    virtual.transport().always(request -> Response.of(500, "no"));
    ApiServer server = strict();
    long id = create(server, "{\"content\":1}");
    virtual.advance(Duration.ofHours(1));
    assertThat(task(id).attempts())
        .extracting(Attempt::startedAt)
        .containsExactly(NOW, NOW.plusSeconds(5), NOW.plusSeconds(15), NOW.plusSeconds(30));
    JsonNode data = send(server, "GET", "/task/detail?id=" + id, null).at("/data");
    assertThat(data.path("status").asInt()).isEqualTo(4);
    assertThat(data.path("logs")).hasSize(4);
    assertThat(post(server, "/nsq/publish", "{\"task_id\":" + id + "}").at("/code").asInt())
        .isZero();
  }

  @Test
  void case40_noRetries_oneAttempt() {
    ApiServer server = strict();
    JsonNode created = admin(server, SEED_APPLICATION).at("/data");
    Application seed = virtual.gatehouse().registry().application("帅的批爆1");
    virtual.transport().always(request -> Response.of(500, "no"));
    long id =
        send(server, seed, created.path("secretKey").asText(), "POST", "/task/create", SEED_TASK)
            .at("/data/taskId")
            .asLong();
    virtual.advance(Duration.ofHours(1));
    assertThat(task(id).attempts()).hasSize(1);
    assertThat(task(id).status().code()).isEqualTo(4);
  }

  @Test
  void case41_callbackHangs_endsAtItsTimeout_andIsRetried() {
    virtual.transport().hang();
    long id = create(strict(), "{\"content\":1,\"timeout\":1500}");
    virtual.advance(Duration.ofMinutes(1));
    Attempt first = task(id).attempts().get(0);
    assertThat(Duration.between(first.startedAt(), first.endedAt()).toMillis())
        .isBetween(1_300L, 1_700L);
    assertThat(first.outcome()).isEqualTo(Attempt.Outcome.TIMEOUT);
    assertThat(task(id).attempts()).hasSize(2);
  }

  @Test
  void case42_callback_isSignedUnderTheSecret_eachTimeAnew() {
    virtual.transport().answer(500, "no");
    create(strict(), "{\"content\":{\"class\":\"http\",\"_params\":{\"id\":7}}}");
    virtual.advance(Duration.ofMinutes(1));
    List<Request> sent = virtual.transport().requests();
    assertThat(sent).hasSize(2);
    Verifier verifier = virtual.gatehouse().verifier(SerendipityScheme.strict());
    for (Request request : sent) {
      assertThat(new String(request.body(), StandardCharsets.UTF_8))
          .isEqualTo("{\"data\":{\"class\":\"http\",\"_params\":{\"id\":7}}}");
      assertThat(request.headers().first("payload").orElseThrow())
          .isEqualTo("5b6170270b580526edfb9aa626cc0919");
      assertThat(verifier.verify(request).application()).isEqualTo(billing);
    }
    assertThat(sent.get(0).headers().first("nonce"))
        .isNotEqualTo(sent.get(1).headers().first("nonce"));
  }

  @Test
  void case47_unknownWorkflow() {
    assertFailure(
        post(strict(), "/task/dag", "{\"workflow_id\":999}"),
        "Unknown Workflow [999] Or Workflow Is Finished#");
  }

  @Test
  void case48_diamond_runs() {
    ApiServer server = strict();
    ApiServer.Answer answer = post(server, "/task/dag", "{\"workflow_id\":7}");
    assertThat(answer.json())
        .isEqualTo(
            Json.parse("{\"code\":0,\"msg\":\"ok!\",\"data\":{\"workflowId\":7}}", "expected"));
    assertThat(ran).isEmpty();
    virtual.advance(Duration.ofMinutes(1));
    // B and C wait for A alone, D for both.
    assertThat(ran).hasSize(4).startsWith("\"A\"").endsWith("\"D\"").contains("\"B\"", "\"C\"");
    Application other = application("other", RetryPolicy.DEFAULT);
    String secret = other.secret().orElseThrow().reveal();
    assertFailure(
        send(server, other, secret, "POST", "/task/dag", "{\"workflow_id\":7}"),
        "Unknown Workflow [7] Or Workflow Is Finished#");
  }
}
