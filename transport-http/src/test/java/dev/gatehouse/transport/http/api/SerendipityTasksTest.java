package dev.gatehouse.transport.http.api;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.gatehouse.json.Json;
import dev.gatehouse.registry.Application;
import dev.gatehouse.registry.RetryPolicy;
import dev.gatehouse.scheduler.Attempt;
import dev.gatehouse.scheduler.Task;
import dev.gatehouse.scheduler.TaskDetail;
import dev.gatehouse.scheduler.TaskStatus;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Tasks that are created, published, cancelled and looked at over Serendipity-job's interface. */
class SerendipityTasksTest extends SerendipityOverHttp {
  @Test
  void case21_createTask_seedsBody_dueAtOnce() {
    long id = create(strict(), SEED_TASK);
    TaskDetail task = task(id);
    assertThat(task.status()).isEqualTo(TaskStatus.WAITING);
    assertThat(task.dueAt()).isEqualTo(Instant.parse("2021-07-27T09:30:30Z"));
    // Copied with the task: whoever changes the application later changes no task of before.
    virtual
        .gatehouse()
        .registry()
        .register(billing.toDraft().retryPolicy(RetryPolicy.linear(Duration.ofSeconds(9), 3)));
    virtual.transport().answer(500, "no");
    virtual.runDue();
    assertThat(task(id).attempts()).hasSize(1);
    assertThat(task(id).dueAt()).isEqualTo(NOW.plusSeconds(5));
    virtual.advance(Duration.ofSeconds(5));
    assertThat(task(id).status()).isEqualTo(TaskStatus.FINISHED);
    assertThat(task(id).attempts()).extracting(Attempt::number).containsExactly(1, 2);
  }

  @Test
  void case22_23_sameNumber_refusedInOneApplication_acceptedInAnother() {
    ApiServer server = strict();
    create(server, SEED_TASK);
    assertFailure(post(server, "/task/create", SEED_TASK), "请勿重复提交!");
    Application other = application("other", RetryPolicy.DEFAULT);
    String secret = other.secret().orElseThrow().reveal();
    assertThat(send(server, other, secret, "POST", "/task/create", SEED_TASK).at("/code").asInt())
        .isZero();
  }

  @Test
  void case25_noNumber_isUuid() {
    long id = create(strict(), "{\"content\":{}}");
    assertThat(task(id).taskNo().orElseThrow())
        .matches("[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}");
    assertThat(task(id).content()).isEqualTo("{}");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "1700007300",
        "\"1700007300\"",
        "\"2023-11-15 08:15:00\"",
        "\"2023-11-15T08:15:00+08:00\"",
        "\"2023-11-15T00:15:00Z\""
      })
  void case26_runtime_runsThen_alsoAfterARestart(String runtime) {
    long id = create(strict(), "{\"content\":{\"n\":1},\"runtime\":" + runtime + "}");
    virtual.advance(Duration.ofHours(1));
    virtual.restart();
    virtual.advance(Duration.ofHours(1).minusMillis(1));
    assertThat(virtual.transport().requests()).isEmpty();
    virtual.advance(Duration.ofMillis(1));
    assertThat(task(id).attempts().get(0).startedAt())
        .isEqualTo(Instant.ofEpochSecond(1_700_007_300));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "\"garbage\"",
        "\"2023-02-30 00:00:00\"",
        "\"tomorrow\"",
        "{}",
        "[]",
        "true",
        "1.5",
        "99999999999999999",
        "-1"
      })
  void case28_runtimeNoTime_nothingStored(String runtime) {
    ApiServer server = strict();
    String body = "{\"taskNo\":\"n\",\"content\":1,\"runtime\":" + runtime + "}";
    ApiServer.Answer answer = post(server, "/task/create", body);
    assertThat(answer.status()).isEqualTo(200);
    assertThat(answer.at("/code").asInt()).isEqualTo(1);
    assertThat(answer.at("/data").isArray()).isTrue();
    assertThat(virtual.gatehouse().scheduler().as(billing).findTask("n")).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{\"taskNo\":\"n\"}",
        "{\"taskNo\":\"n\",\"content\":null}",
        "{\"taskNo\":\"n\",\"content\":1,\"timeout\":0}",
        "{\"taskNo\":\"n\",\"content\":1,\"timeout\":3600001}",
        "{\"taskNo\":\"n\",\"content\":1,\"timeout\":\"60\"}",
        "{\"taskNo\":\"n\",\"taskNo\":\"m\",\"content\":1}",
        "{\"taskNo\":7,\"content\":1}",
        "nonsense",
        "[]"
      })
  void createTask_brokenRules_nothingStored(String body) {
    ApiServer.Answer answer = post(strict(), "/task/create", body);
    assertThat(answer.status()).isEqualTo(200);
    assertThat(answer.at("/code").asInt()).isEqualTo(1);
    assertThat(answer.at("/msg").asText()).isEqualTo("参数错误!");
    assertThat(virtual.gatehouse().scheduler().as(billing).findTask("n")).isEmpty();
  }

  @Test
  void createTask_nameOf300Chars_nothingStored() {
    String body = "{\"taskNo\":\"n\",\"content\":1,\"name\":\"" + "x".repeat(300) + "\"}";
    assertThat(post(strict(), "/task/create", body).at("/code").asInt()).isEqualTo(1);
    assertThat(virtual.gatehouse().scheduler().as(billing).findTask("n")).isEmpty();
  }

  @Test
  void case30_publishUnknown() {
    assertFailure(post(strict(), "/nsq/publish", "{\"task_id\":999999}"), "Unknown Task [999999]#");
    assertFailure(post(strict(), "/nsq/publish", "{\"task_id\":\"x\"}"), "Unknown Task [x]#");
    assertFailure(post(strict(), "/nsq/publish", "{}"), "Unknown Task []#");
  }

  @Test
  void case31_publishWaiting_oneRun() {
    ApiServer server = strict();
    long id = create(server, "{\"content\":1,\"runtime\":1700000200}");
    ApiServer.Answer answer = post(server, "/nsq/publish", "{\"task_id\":" + id + "}");
    assertThat(answer.json())
        .isEqualTo(Json.parse("{\"code\":0,\"msg\":\"Ok!\",\"data\":[]}", "expected"));
    virtual.advance(Duration.ofMinutes(5));
    assertThat(virtual.transport().requests()).hasSize(1);
  }

  @Test
  void case31_publishEnded_failedRunsAgain_finishedOnlyByForce() {
    ApiServer server = strict();
    long id = create(server, "{\"content\":1}");
    virtual.runDue();
    assertFailure(post(server, "/nsq/publish", "{\"task_id\":" + id + "}"), "推送nsq失败!");
    String force = "{\"task_id\":" + id + ",\"force\":true}";
    assertThat(post(server, "/nsq/publish", force).at("/code").asInt()).isZero();
    virtual.runDue();
    assertThat(virtual.transport().requests()).hasSize(2);
  }

  @Test
  void case33_cancelUnknown_orAnothers() {
    ApiServer server = strict();
    assertFailure(post(server, "/task/cancel", "{\"id\":999999}"), "Unknown!");
    Application other = application("other", RetryPolicy.DEFAULT);
    long id =
        virtual
            .gatehouse()
            .scheduler()
            .schedule(Task.of("theirs").application(other).in(Duration.ofHours(1)))
            .value();
    assertFailure(post(server, "/task/cancel", "{\"id\":" + id + "}"), "Unknown!");
    assertFailure(post(server, "/task/detail", "{\"id\":" + id + "}"), "Unknown!");
    assertFailure(
        post(server, "/nsq/publish", "{\"task_id\":" + id + "}"), "Unknown Task [" + id + "]#");
    assertThat(task(id).status()).isEqualTo(TaskStatus.WAITING);
  }

  @Test
  void case34_cancelWaiting_byIdOnly_neverRuns() {
    ApiServer server = strict();
    long id = create(server, "{\"content\":1,\"runtime\":1700000200}");
    ApiServer.Answer answer = post(server, "/task/cancel", "{\"id\":\"" + id + "\"}");
    assertThat(answer.json())
        .isEqualTo(Json.parse("{\"code\":0,\"msg\":\"Killed\",\"data\":[]}", "expected"));
    virtual.advance(Duration.ofHours(1));
    assertThat(task(id).status()).isEqualTo(TaskStatus.CANCELLED);
    assertThat(virtual.transport().requests()).isEmpty();
    assertThat(post(server, "/task/cancel", "{\"id\":" + id + "}").at("/msg").asText())
        .isEqualTo("Killed");
  }

  @Test
  void case35_36_cancelRunning_endsCancelled_andDetailTellsOnTheWay() {
    ApiServer server = strict();
    long id = create(server, "{\"content\":1,\"timeout\":5000}");
    virtual.transport().hang();
    virtual.runDue();
    JsonNode data = send(server, "GET", "/task/detail?id=" + id, null).at("/data");
    assertThat(data.path("state").asText()).isEqualTo("running");
    assertThat(data.path("status").asInt()).isEqualTo(1);
    assertThat(Json.parse(data.path("trace_list").textValue(), "trace_list").isArray()).isTrue();
    for (String key :
        List.of(
            "state",
            "trace_list",
            "executed_file_name",
            "executed_function_name",
            "executed_function_line",
            "vars",
            "round",
            "elapsed")) {
      assertThat(data.has(key)).as(key).isTrue();
    }
    ApiServer.Answer answer = post(server, "/task/cancel", "{\"id\":" + id + "}");
    assertThat(answer.at("/msg").asText()).isIn("Killed", "Not fully killed, try again later...");
    virtual.advance(Duration.ofSeconds(10));
    assertThat(task(id).status()).isEqualTo(TaskStatus.CANCELLED);
    virtual.advance(Duration.ofMinutes(10));
    assertThat(task(id).status()).isEqualTo(TaskStatus.CANCELLED);
    assertThat(virtual.transport().requests()).hasSize(1);
  }

  @Test
  void case36_detail_byPostAndByQuery_theSame_logsToldOfEnded() {
    ApiServer server = strict();
    virtual.transport().answer(500, "no");
    long id = create(server, "{\"content\":1}");
    virtual.advance(Duration.ofSeconds(10));
    JsonNode data =
        send(server, "GET", "/task/detail?service_id=s&coroutine_id=9&id=" + id, null).at("/data");
    assertThat(post(server, "/task/detail", "{\"id\":" + id + "}").at("/data")).isEqualTo(data);
    assertThat(data.path("status").asInt()).isEqualTo(2);
    assertThat(data.path("attempts").asInt()).isEqualTo(2);
    assertThat(data.path("logs")).hasSize(2);
    assertThat(data.at("/logs/0/outcome").asText()).isEqualTo("failure");
    assertThat(data.at("/logs/0/httpStatus").asInt()).isEqualTo(500);
    assertThat(data.at("/logs/0/startedAt").asLong()).isEqualTo(NOW.toEpochMilli());
    assertThat(data.at("/logs/1/outcome").asText()).isEqualTo("success");
  }
}
