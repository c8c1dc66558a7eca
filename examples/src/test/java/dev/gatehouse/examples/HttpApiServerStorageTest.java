package dev.gatehouse.examples;

import static org.assertj.core.api.Assertions.assertThat;

import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** The server's main over each storage that outlives it, from a client's socket to a receiver's. */
class HttpApiServerStorageTest extends ServerOverStorage {
  private static final String ALL_TIME =
      "{\"startTime\":0,\"endTime\":9999999999999,\"maxSize\":1000}";

  /** All adapters write and read, a task is done, and all of it is there after a restart. */
  private void servesAndKeeps(String storage) throws Exception {
    String task;
    try (ServerProcess server = start(storage)) {
      register(server);
      String create = "{\"taskNo\":\"n-1\",\"content\":{\"text\":\"中/\\u0001 \\ud83d\\ude00\"}}";
      task = member(signed(server, "/task/create", create), "taskId");
      awaitDone(server, task);
      assertThat(callbacks).hasValue(1);
      assertThat(signed(server, "/task/create", create)).contains("请勿重复提交!");
      assertThat(post(server, "/v1/server/s/register", "{\"host\":\"10.0.0.3\",\"port\":80}"))
          .contains("\"retcode\":0");
      String record =
          "{\"optType\":1,\"resultType\":0,\"content\":\"记录\",\"sourceNode\":\"n\","
              + "\"namespace\":\"\",\"severity\":\"low\"}";
      assertThat(post(server, "/mw/v1/audit/write", record)).contains("\"status\":200");
      textsThatDatabasesChokeOn_refusedOrKept(server);
      server.tellToEnd();
      assertThat(server.exitCode()).isZero();
    }
    try (ServerProcess server = start(storage)) {
      assertThat(status(server, task)).isEqualTo("2");
      assertThat(post(server, "/v1/server/S/get", "{}")).contains("\"host\":\"10.0.0.3\"");
      assertThat(post(server, "/mw/v1/audit/find", ALL_TIME)).contains("记录");
      assertThat(post(server, "/mw/server/health", "")).contains("\"405\"");
      server.tellToEnd();
      assertThat(server.exitCode()).isZero();
    }
  }

  /** Nothing that a client says is the storage's fault: 500 and 503 are told to nobody for it. */
  private void textsThatDatabasesChokeOn_refusedOrKept(ServerProcess server) throws Exception {
    for (String text :
        List.of("\\u0000", "\\ud800", "\\udfff", "\\uffff", "\\ud83d\\ude00", "'\\\"%_\\\\")) {
      for (String body :
          List.of(
              "{\"content\":\"@\"}",
              "{\"taskNo\":\"@\",\"content\":1}",
              "{\"content\":{\"@\":1}}",
              "{\"name\":\"@\",\"content\":1}")) {
        assertThat(signed(server, "/task/create", body.replace("@", text)))
            .containsPattern("\"msg\":\"(?:ok!|参数错误!)\"");
      }
      String name = "{\"appName\":\"x@\",\"linkUrl\":\"http://127.0.0.1/\",\"remark\":\"@\"}";
      assertThat(post(server, "/application/create", name.replace("@", text)))
          .containsPattern("\"msg\":\"(?:Ok!|创建应用失败!)\"");
      String record =
          "{\"optType\":1,\"resultType\":0,\"content\":\"@\",\"sourceNode\":\"@\","
              + "\"namespace\":\"@\",\"severity\":\"@\",\"ext\":{\"@\":\"@\"}}";
      assertThat(post(server, "/mw/v1/audit/write", record.replace("@", text)))
          .containsPattern("\"status\":[24]00");
      String event = "{\"message\":{\"eventId\":\"e@\",\"x\":\"@\"}}";
      assertThat(post(server, "/mw/v1/event/write", event.replace("@", text)))
          .containsPattern("\"status\":[24]00");
      String find =
          "{\"startTime\":0,\"endTime\":9999999999999,\"filter\":{\"expr\":[{\"field\":\"severity\","
              + "\"operator\":\"Like\",\"value\":[\"@\"]}]}}";
      assertThat(post(server, "/mw/v1/audit/find", find.replace("@", text)))
          .containsPattern("\"code\":[24]00");
      String service =
          "{\"server_name\":\"s\",\"service_name\":\"@\",\"uri\":\"/@\",\"data\":{\"@\":\"@\"}}";
      assertThat(post(server, "/v1/service/registry", service.replace("@", text)))
          .contains("\"retcode\":")
          .doesNotContain("internal error", "not available");
      assertThat(post(server, "/v1/service/query", "{\"service_name\":\"@\"}".replace("@", text)))
          .contains("\"retcode\":")
          .doesNotContain("internal error", "not available");
    }
  }

  @Test
  void postgres_servesAndKeeps() throws Exception {
    try (EmbeddedPostgres postgres =
        EmbeddedPostgres.builder().setServerConfig("fsync", "off").start()) {
      servesAndKeeps(postgres.getJdbcUrl("postgres", "postgres"));
    }
  }

  @Test
  @Tag("mariadb")
  void mariaDb_servesAndKeeps() throws Exception {
    try (MariaDbProcess database = MariaDbProcess.start(directory)) {
      servesAndKeeps(database.url());
    }
  }
}
