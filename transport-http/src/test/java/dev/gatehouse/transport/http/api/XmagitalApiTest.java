package dev.gatehouse.transport.http.api;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.gatehouse.audit.AuditQuery;
import dev.gatehouse.audit.AuditRecord;
import dev.gatehouse.json.Json;
import dev.gatehouse.testing.fixture.VirtualGatehouse;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The acceptance cases of XMagital's logs, by their numbers, over a socket. */
class XmagitalApiTest {
  private static final String WRITE = "/mw/v1/audit/write";
  private static final String FIND = "/mw/v1/audit/find";
  private static final long START = VirtualGatehouse.START.toEpochMilli();
  private static final long END = START + 1_000_000;

  private final VirtualGatehouse virtual = VirtualGatehouse.create();
  private final List<ApiServer> open = new ArrayList<>();

  @AfterEach
  void close() {
    open.forEach(ApiServer::close);
    virtual.close();
  }

  private ApiServer server() {
    return server(AdminAuthenticator.EVERYBODY, "1M");
  }

  private ApiServer server(AdminAuthenticator administrators, String bodyLimit) {
    ApiServer server =
        new ApiServer(
            HttpApi.builder(virtual.gatehouse())
                .serve(
                    XmagitalApi.builder(virtual.gatehouse())
                        .clock(virtual.clock())
                        .bodyLimit(bodyLimit)
                        .build())
                .administrators(administrators)
                .clock(virtual.clock())
                .build());
    open.add(server);
    return server;
  }

  private static ObjectNode record(String content) {
    return Json.object()
        .put("optType", 1)
        .put("resultType", 0)
        .put("content", content)
        .put("sourceNode", "n1")
        .put("namespace", "a")
        .put("severity", "low");
  }

  private static void write(ApiServer server, ObjectNode record) {
    ApiServer.Answer answer = server.post(WRITE, Json.write(record));
    assertThat(answer.status()).as(answer.text()).isEqualTo(200);
  }

  private static JsonNode find(ApiServer server, long start, long end, String more) {
    ApiServer.Answer answer = server.post(FIND, query(start, end, more));
    assertThat(answer.status()).as(answer.text()).isEqualTo(200);
    assertThat(answer.at("/code").isInt()).isTrue();
    assertThat(answer.at("/code").asInt()).isEqualTo(200);
    return answer.at("/result");
  }

  private static String query(long start, long end, String more) {
    return "{\"startTime\":" + start + ",\"endTime\":" + end + more + "}";
  }

  private static List<String> contents(JsonNode result) {
    return StreamSupport.stream(result.path("records").spliterator(), false)
        .map(record -> record.path("content").asText())
        .toList();
  }

  @Test
  void case36_write_needsAllSix_thenIsFoundWithIdAndTime() {
    ApiServer server = server(AdminAuthenticator.token("administrator"), "1M");
    for (String missing :
        List.of("optType", "resultType", "content", "sourceNode", "namespace", "severity")) {
      ObjectNode record = record("x");
      record.remove(missing);
      ApiServer.Answer answer =
          server.post(WRITE, Json.write(record), "X-Admin-Token", "administrator");
      assertThat(answer.status()).isEqualTo(400);
      assertThat(answer.at("/status").asInt()).isEqualTo(400);
      assertThat(answer.at("/message").asText()).contains(missing);
    }
    ApiServer.Answer answer =
        server.post(
            WRITE,
            Json.write(record("done")),
            "X-Admin-Token",
            "administrator",
            "X-Request-Id",
            "r-1");
    assertThat(answer.json())
        .isEqualTo(
            Json.object().put("message", "success").put("status", 200).put("timestamp", START));
    JsonNode found =
        server
            .post(
                FIND,
                query(
                    START,
                    END,
                    ",\"filter\":{\"expr\":[" + expression("namespace", "Equal", "a") + "]}"),
                "X-Admin-Token",
                "administrator")
            .at("/result/records");
    assertThat(found).hasSize(1);
    JsonNode record = found.get(0);
    assertThat(record.path("id").asText()).matches("[1-9][0-9]*");
    assertThat(record.path("time").asLong()).isEqualTo(START);
    assertThat(record.path("user").asText()).isEqualTo("admin");
    assertThat(record.path("requestId").asText()).isEqualTo("r-1");
  }

  private static String expression(String field, String operator, String value) {
    return "{\"field\":\""
        + field
        + "\",\"operator\":\""
        + operator
        + "\",\"value\":[\""
        + value
        + "\"]}";
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{\"optType\":\"1\"}",
        "{\"optType\":1.5}",
        "{\"content\":7}",
        "{\"user\":\"eve\"}",
        "{\"id\":\"1\"}",
        "{\"ext\":[]}"
      })
  void case36_write_brokenRules_nothingWritten(String change) {
    ApiServer server = server();
    ObjectNode record = record("x");
    record.setAll((ObjectNode) Json.parse(change, "change"));
    assertThat(server.post(WRITE, Json.write(record)).status()).isEqualTo(400);
    record = record("x").put("severity", "s".repeat(300));
    assertThat(server.post(WRITE, Json.write(record)).status()).isEqualTo(400);
    record = record("c".repeat(AuditRecord.MAX_CONTENT + 1));
    assertThat(server.post(WRITE, Json.write(record)).status()).isEqualTo(400);
    JsonNode result =
        find(
            server,
            START,
            END,
            ",\"filter\":{\"expr\":[" + expression("namespace", "Equal", "a") + "]}");
    assertThat(result.path("records")).isEmpty();
  }

  @Test
  void case37_pages_forthAndBack() {
    ApiServer server = server();
    for (int i = 0; i < 25; i++) {
      write(server, record("r" + i));
      virtual.clock().advance(Duration.ofMillis(i % 3));
    }
    JsonNode first = find(server, START, END, "");
    assertThat(first.path("records")).hasSize(10);
    assertThat(first.path("hasNext").asBoolean()).isTrue();
    JsonNode second = find(server, START, END, after(first));
    assertThat(contents(second)).hasSize(10).startsWith("r10");
    JsonNode third = find(server, START, END, after(second));
    assertThat(third.path("records")).hasSize(5);
    assertThat(third.path("hasNext").asBoolean()).isFalse();
    JsonNode back = find(server, START, END, after(third) + ",\"prevQuery\":true");
    assertThat(back.path("records")).isEqualTo(second.path("records"));
    JsonNode start = find(server, START, END, after(first) + ",\"prevQuery\":\"true\"");
    assertThat(start.path("records")).isEmpty();
    assertThat(start.path("hasPrev").asBoolean()).isFalse();
    assertThat(find(server, START, END, after(start)).path("records"))
        .isEqualTo(first.path("records"));
  }

  private static String after(JsonNode page) {
    return ",\"continuationPoint\":\"" + page.path("continuationPoint").asText() + "\"";
  }

  @Test
  void case38_reversedWindow_isTheReverse() {
    ApiServer server = server();
    for (int i = 0; i < 6; i++) {
      write(server, record("r" + i));
      virtual.clock().advance(Duration.ofMillis(i / 2));
    }
    List<String> forth = contents(find(server, START, END, ""));
    List<String> back = new ArrayList<>(contents(find(server, END, START, "")));
    Collections.reverse(back);
    assertThat(back).isEqualTo(forth);
    assertThat(contents(find(server, START, START, ""))).containsExactly("r0", "r1", "r2");
  }

  @ParameterizedTest
  @CsvSource({
    "a,high,login failed,true",
    "a,high,fine,true",
    "a,low,login failed,true",
    "a,low,fine,false",
    "b,high,login failed,false",
    "b,high,fine,false",
    "b,low,login failed,false",
    "b,low,fine,false"
  })
  void case40_secondExample_onAllCombinations(
      String namespace, String severity, String content, boolean found) {
    ApiServer server = server();
    write(server, record(content).put("namespace", namespace).put("severity", severity));
    String filter =
        ",\"filter\":{\"op\":\"or\",\"expr\":["
            + expression("namespace", "Equal", "a")
            + "],\"subFilter\":[{\"expr\":["
            + expression("severity", "Equal", "high")
            + "]},{\"expr\":["
            + expression("message", "MatchPhrase", "login failed")
            + "]}]}";
    assertThat(find(server, START, END, filter).path("records")).hasSize(found ? 1 : 0);
  }

  @Test
  void case41_absentFields() {
    ApiServer server = server();
    write(server, record("x"));
    for (String expression :
        List.of(
            expression("ext.k", "NotEqual", "v"),
            "{\"field\":\"ext.k\",\"operator\":\"NotExists\",\"value\":[]}",
            "{\"field\":\"severity\",\"operator\":\"Exists\"}")) {
      assertThat(found(server, expression)).as(expression).isEqualTo(1);
    }
    for (String expression :
        List.of(
            expression("ext.k", "Equal", "v"),
            expression("ext.k", "Like", "%"),
            expression("ext.k", "Match", "v"),
            "{\"field\":\"ext.k\",\"operator\":\"Exists\",\"value\":null}")) {
      assertThat(found(server, expression)).as(expression).isZero();
    }
  }

  @Test
  void case41_emptyTextExists_emptyListDoesNot() {
    ApiServer server = server();
    ObjectNode record = record("x");
    record.putObject("ext").put("text", "").put("no", false).putArray("list");
    write(server, record);
    for (String field : List.of("text", "no")) {
      assertThat(found(server, presence(field, "Exists"))).as(field).isEqualTo(1);
      assertThat(found(server, presence(field, "NotExists"))).as(field).isZero();
    }
    assertThat(found(server, presence("list", "Exists"))).isZero();
    assertThat(found(server, presence("list", "NotExists"))).isEqualTo(1);
  }

  private static String presence(String field, String operator) {
    return "{\"field\":\"ext." + field + "\",\"operator\":\"" + operator + "\"}";
  }

  private static int found(ApiServer server, String expression) {
    String filter =
        ",\"filter\":{\"expr\":[" + expression("namespace", "Equal", "a") + "," + expression + "]}";
    return find(server, START, END, filter).path("size").asInt();
  }

  @Test
  void case44_phrases() {
    ApiServer server = server();
    write(server, record("User LOGIN failed!"));
    write(server, record("failed login"));
    write(server, record("用户登录失败"));
    assertThat(found(server, expression("message", "MatchPhrase", "login failed"))).isEqualTo(1);
    assertThat(found(server, expression("message", "MatchPhrase", "登录"))).isEqualTo(1);
    assertThat(found(server, expression("content", "Match", "failed xyz"))).isEqualTo(2);
    assertThat(found(server, expression("content", "Match", "!!!"))).isZero();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        ",\"maxSize\":0",
        ",\"maxSize\":1001",
        ",\"prevQuery\":true",
        ",\"prevQuery\":\"yes\"",
        ",\"continuationPoint\":\"x\"",
        ",\"filter\":{}",
        ",\"filter\":{\"expr\":[{\"field\":\"nope\",\"operator\":\"Equal\",\"value\":[1]}]}",
        ",\"unknown\":1"
      })
  void find_brokenRules_400WithItsType(String more) {
    ApiServer.Answer answer = server().post(FIND, query(START, END, more));
    assertThat(answer.status()).isEqualTo(400);
    assertThat(answer.at("/code").isInt()).isTrue();
    assertThat(answer.at("/code").asInt()).isEqualTo(400);
    assertThat(answer.at("/type").asText()).matches("[A-Z]+_?[A-Z]*").isNotEqualTo("FAILED");
    assertThat(answer.at("/message").asText()).isNotEmpty().doesNotContain("Exception");
  }

  @Test
  void events_writtenAndFound_byTypeTimeAndColumns() {
    ApiServer server = server();
    for (int i = 0; i < 3; i++) {
      String message = "{\"eventId\":\"user.created\",\"n\":" + i + ",\"who\":{\"name\":\"张三\"}}";
      ApiServer.Answer answer = server.post("/mw/v1/event/write", "{\"message\":" + message + "}");
      assertThat(answer.json())
          .isEqualTo(
              Json.object()
                  .put("message", "success")
                  .put("status", 200)
                  .put("timestamp", START + i));
      virtual.clock().advance(Duration.ofMillis(1));
    }
    server.post("/mw/v1/event/write", "{\"message\":{\"eventId\":\"other\"}}");
    JsonNode all =
        server
            .post(
                "/mw/v1/event/find",
                "{\"eventId\":\"user.created\",\"beginTime\":\"2030-01-01T00:00:00\"}")
            .at("/results");
    assertThat(all).hasSize(3);
    assertThat(all.get(1).path("n").asInt()).isEqualTo(1);
    assertThat(all.get(1).at("/who/name").asText()).isEqualTo("张三");
    assertThat(all.get(1).path("time").asLong()).isEqualTo(START + 1);
    JsonNode projected =
        server
            .post(
                "/mw/v1/event/find",
                "{\"eventId\":\"user.created\",\"beginTime\":\""
                    + (START + 5)
                    + "\",\"endTime\":\""
                    + (START + 1)
                    + "\",\"columns\":[\"n\",\"none\"]}")
            .at("/results");
    assertThat(projected).isEqualTo(Json.parse("[{\"n\":2},{\"n\":1}]", "expected"));
    AuditQuery window =
        AuditQuery.between(Instant.ofEpochMilli(START), Instant.ofEpochMilli(START + 9));
    assertThat(virtual.gatehouse().audit().find(window).records()).isEmpty();
    assertThat(virtual.gatehouse().eventLog().find(window).records()).hasSize(4);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "/mw/v1/event/write|{}",
        "/mw/v1/event/write|{\"message\":\"text\"}",
        "/mw/v1/event/write|{\"message\":{}}",
        "/mw/v1/event/write|{\"message\":{\"eventId\":\"\"}}",
        "/mw/v1/event/write|{\"message\":{\"eventId\":\"e\"},\"mssage\":1}",
        "/mw/v1/event/write|nonsense",
        "/mw/v1/event/find|{\"eventId\":\"e\"}",
        "/mw/v1/event/find|{\"beginTime\":\"0\"}",
        "/mw/v1/event/find|{\"eventId\":\"e\",\"beginTime\":\"soon\"}",
        "/mw/v1/event/find|{\"eventId\":\"e\",\"beginTime\":\"+999999999-12-31T23:59:59\"}",
        "/mw/v1/event/find|{\"eventId\":\"e\",\"beginTime\":\"-999999999-01-01T00:00:00\"}",
        "/mw/v1/event/find|{\"eventId\":\"e\",\"beginTime\":0,\"columns\":\"n\"}",
        "/mw/v1/event/find|{\"eventId\":\"e\",\"beginTime\":0,\"size\":1}"
      })
  void events_brokenRules_400(String path, String body) {
    ApiServer.Answer answer = server().post(path, body);
    assertThat(answer.status()).isEqualTo(400);
    assertThat(answer.at("/status").asInt()).isEqualTo(400);
    assertThat(answer.at("/timestamp").asLong()).isEqualTo(START);
    assertThat(answer.at("/message").asText()).isNotEmpty();
  }

  @Test
  void health_andWhatIsNot_inTheirShapes() {
    ApiServer server = server(AdminAuthenticator.NOBODY, "1M");
    assertThat(server.get("/mw/server/health").json())
        .isEqualTo(Json.object().put("code", "200").put("message", "success"));
    ApiServer.Answer unknown = server.get("/mw/nope");
    assertThat(unknown.status()).isEqualTo(404);
    assertThat(unknown.at("/code").textValue()).isEqualTo("404");
    ApiServer.Answer closed = server.post(FIND, "{}");
    assertThat(closed.status()).isEqualTo(401);
    assertThat(closed.at("/code").intValue()).isEqualTo(401);
    ApiServer.Answer closedToo = server.post(WRITE, "{}");
    assertThat(closedToo.status()).isEqualTo(401);
    assertThat(closedToo.at("/status").intValue()).isEqualTo(401);
  }

  @ParameterizedTest
  @CsvSource({"1KB,1024", "1 K,1024", "2kib,2048", "1500,1500", "1500B,1500"})
  void bodyLimit_isInclusive(String limit, int bytes) {
    ApiServer server = server(AdminAuthenticator.EVERYBODY, limit);
    String query = query(START, END, "");
    String filled = query + " ".repeat(bytes - query.length());
    assertThat(server.post(FIND, filled).status()).isEqualTo(200);
    ApiServer.Answer answer = server.post(FIND, filled + " ");
    assertThat(answer.status()).isEqualTo(413);
    assertThat(answer.at("/code").asInt()).isEqualTo(413);
  }

  @ParameterizedTest
  @CsvSource({"1M,1048576", "1MB,1048576", "1MiB,1048576", "1 mb,1048576", "7,7", "2g,2147483648"})
  void sizeText_unitsArePowersOf1024(String text, long bytes) {
    assertThat(SizeText.bytes(text)).isEqualTo(bytes);
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "M", "1T", "-1", "1.5M", "1MBB", "99999999999999", "999999999999GB"})
  void sizeText_nonsense_refused(String text) {
    org.assertj.core.api.Assertions.assertThatIllegalArgumentException()
        .isThrownBy(() -> SizeText.bytes(text))
        .withMessageContaining("size must be");
  }
}
