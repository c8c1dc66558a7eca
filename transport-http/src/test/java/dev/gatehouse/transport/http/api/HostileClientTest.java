package dev.gatehouse.transport.http.api;

import static org.assertj.core.api.Assertions.assertThat;

import dev.gatehouse.Gatehouse;
import dev.gatehouse.audit.AuditQuery;
import dev.gatehouse.registry.Application;
import dev.gatehouse.signing.Signer;
import dev.gatehouse.storage.memory.MemoryStorage;
import dev.gatehouse.testing.fixture.ManualClock;
import dev.gatehouse.transport.Request;
import java.net.URI;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** A client who has read the contracts, and HTTP, for where they leave room. */
class HostileClientTest {
  private static final String TOKEN = "administrators-secret";
  private static final String ADMIN = "Authorization: Bearer " + TOKEN + "\r\n";
  private static final String SERVER = "{\"host\":\"10.0.0.3\",\"port\":80}";

  private final ManualClock clock = new ManualClock(Instant.parse("2026-01-02T03:04:05Z"));
  private final Gatehouse gatehouse =
      Gatehouse.builder().storage(MemoryStorage.create(clock)).clock(clock).build();
  private final Application application =
      gatehouse.registry().register(Application.named("a").callback("https://a.example/"));
  private final ApiServer server =
      new ApiServer(
          HttpApi.builder(gatehouse)
              .serve(SerendipityApi.builder(gatehouse).clock(clock).build())
              .serve(
                  FateFlowApi.builder(gatehouse)
                      .bulkRegistration((host, port) -> true)
                      .jobs(job -> {})
                      .build())
              .serve(XmagitalApi.builder(gatehouse).clock(clock).build())
              .administrators(AdminAuthenticator.token(TOKEN))
              .limits(ApiLimits.DEFAULT.bodyTime(Duration.ofMillis(700)))
              .clock(clock)
              .build());

  @AfterEach
  void close() {
    server.close();
    gatehouse.close();
  }

  private static String bytes(String text, Charset charset) {
    return new String(text.getBytes(charset), StandardCharsets.ISO_8859_1);
  }

  private static String request(String method, String path, String more, String body) {
    return method
        + " "
        + path
        + " HTTP/1.1\r\nHost: h\r\n"
        + more
        + "Content-Length: "
        + body.length()
        + "\r\n\r\n"
        + body;
  }

  private String hear(String method, String path, String more, String body) {
    return RawClient.exchange(
        server.port(), request(method, path, "Connection: close\r\n" + more, body));
  }

  private String admin(String path, String body) {
    return hear("POST", path, ADMIN, body);
  }

  private void assertNothingStored() {
    assertThat(gatehouse.registry().servers("", 10)).isEmpty();
    assertThat(gatehouse.registry().applications("", 10)).containsExactly(application);
    assertThat(gatehouse.scheduler().as(application).findTask("n")).isEmpty();
  }

  private String audited() {
    Instant now = clock.instant();
    String page =
        gatehouse
            .audit()
            .find(
                AuditQuery.between(now.minusSeconds(60), now.plusSeconds(1))
                    .maxSize(100)
                    .fields(List.of("content", "service", "user", "ext")))
            .json();
    assertThat(page).doesNotContain(TOKEN, application.secret().orElseThrow().reveal());
    return page;
  }

  /** A task's request as the application would send it. */
  private String[] signed(String body) {
    Signer signer = gatehouse.signer(application, dev.gatehouse.signing.SerendipityScheme.strict());
    return signer.sign(Request.post(URI.create("/task/create"), body)).headers().fields().stream()
        .flatMap(field -> List.of(field.name(), field.value()).stream())
        .toArray(String[]::new);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "OPTIONS|/task/create|405|\"METHOD_NOT_ALLOWED\"",
        "TRACE|/task/create|405|\"METHOD_NOT_ALLOWED\"",
        "HEAD|/task/create|405|",
        "PATCH|/task/create|405|\"METHOD_NOT_ALLOWED\"",
        "BREW|/task/create|405|\"METHOD_NOT_ALLOWED\"",
        "OPTIONS|/v1/server/get|200|<MethodNotAllowed '405: Method Not Allowed'>",
        "TRACE|/v1/server/get|200|<MethodNotAllowed '405: Method Not Allowed'>",
        "TRACE|/mw/v1/audit/find|405|\"WRONG_METHOD\"",
        "OPTIONS|/mw/server/health|405|\"WRONG_METHOD\"",
        "post|/task/create|400|\"BAD_REQUEST\""
      })
  void methodsThatAreNotServed_refusedWithWhatIs_nothingEchoed(
      String method, String path, int status, String said) {
    String heard = hear(method, path, "X-Secret: 4711\r\n" + ADMIN, "");
    assertThat(heard).startsWith("HTTP/1.1 " + status).doesNotContain("4711", TOKEN);
    if (said == null) {
      assertThat(heard).endsWith("\r\n\r\n");
    } else {
      assertThat(heard).contains(said);
    }
    if (!method.equals("post")) {
      assertThat(heard).contains("\r\nAllow: ");
      assertThat(audited()).contains("WRONG_METHOD");
    }
  }

  /** The server of the JDK looks for a path first, and says so itself. */
  @Test
  void optionsOfTheServer_isNoPath() {
    assertThat(hear("OPTIONS", "*", ADMIN, ""))
        .startsWith("HTTP/1.1 404")
        .doesNotContain("\tat ", "dev.gatehouse", TOKEN);
  }

  @Test
  void targetThatIsAnAddress_refused() {
    assertThat(hear("POST", "http://other.example/task/create", "", "{}"))
        .startsWith("HTTP/1.1 400")
        .contains("\"BAD_REQUEST\"");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "/v1/server/a;b/register",
        "/v1/server/a%3Bb/register",
        "/v1/server/a%2Fb/register",
        "/v1/server/a/b/register",
        "/v1/server/a%5Cb/register",
        "/v1/server/%20/register",
        "/v1/server/%E2%80%8B/register",
        "/v1/server/a%00/register",
        "/v1/server/%ff/register",
        "/v1/server/../register",
        "/v1//server/a/register",
        "/v1/server/a/register;x"
      })
  void fateNames_inPaths_thatReadInTwoWays_refused(String path) {
    String heard = admin(path, SERVER);
    assertThat(heard).startsWith("HTTP/1.1 200").contains("\"retcode\":100");
    assertThat(heard).doesNotContain("\tat ", "dev.gatehouse");
    assertNothingStored();
    assertThat(audited()).contains("Request refused: ", "127.0.0.1");
  }

  @ParameterizedTest
  @ValueSource(strings = {"a;b", "a/b", "a\\\\b", " ", "\\u0000", "a\\nb", "\\ud800", "..", ""})
  void fateNames_inBodies_asInPaths(String name) {
    String bulk = "{\"" + name + "\":{\"host\":\"10.0.0.3\",\"port\":80,\"api\":{}}}";
    String heard = admin("/v1/service/registry", bulk);
    assertThat(heard).startsWith("HTTP/1.1 200").contains("\"retcode\":100");
    assertNothingStored();
  }

  @Test
  void expectContinue_bodyIsAskedForFirst() {
    String body = "{\"service_name\":\"s\"}";
    try (RawClient client = new RawClient(server.port())) {
      String whole =
          request(
              "POST", "/v1/service/query", "Connection: close\r\nExpect: 100-continue\r\n", body);
      client.say(whole.substring(0, whole.length() - body.length()));
      assertThat(client.hearHead()).startsWith("HTTP/1.1 100 ");
      client.say(body);
      assertThat(client.hear()).startsWith("HTTP/1.1 200").contains("\"service_info\":[]");
    }
  }

  /** Whoever asks first wants to hear so before it sends. */
  @Test
  void expectContinue_ofABodyTooLong_isNotReadFirst() {
    try (RawClient client = new RawClient(server.port())) {
      client.say(
          "POST /task/create HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\n"
              + "Content-Length: 1073741824\r\n\r\n");
      assertThat(client.hear()).contains("HTTP/1.1 413", "REQUEST_ENTITY_TOO_LARGE");
    }
  }

  private static final String CHUNKED =
      "Transfer-Encoding: chunked\r\nConnection: close\r\n" + ADMIN + "\r\n";

  private String chunked(String chunks) {
    return RawClient.exchange(
        server.port(), "POST /v1/server/c/register HTTP/1.1\r\nHost: h\r\n" + CHUNKED + chunks);
  }

  private static String chunk(String text) {
    return Integer.toHexString(text.length()) + "\r\n" + text + "\r\n";
  }

  @Test
  void chunkedBody_inPieces_isOneBody() {
    String heard =
        chunked(chunk(SERVER.substring(0, 7)) + chunk(SERVER.substring(7)) + "0\r\n\r\n");
    assertThat(heard).contains("\"retcode\":0");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "1c\r\n{\"host\":\"10.0.0.3\",\"port\":80}\r\n0\r\nX-Trailer: 1\r\nContent-Length: 5\r\n\r\n",
        "zz\r\n{}\r\n0\r\n\r\n",
        "-1\r\n{}\r\n0\r\n\r\n",
        "2\r\n{}XX0\r\n\r\n",
        "ffffffffffffffff\r\n{}\r\n0\r\n\r\n",
        "2;" + "\r\n{}"
      })
  void chunkedBody_trailersOrBrokenFrames_refusedInTime(String chunks) {
    long start = System.nanoTime();
    String heard = chunked(chunks);
    assertThat(heard).startsWith("HTTP/1.1 200").contains("\"retcode\":100").contains("'40");
    assertThat(heard).containsOnlyOnce("HTTP/1.1").doesNotContain("\tat ", "dev.gatehouse");
    assertThat(Duration.ofNanos(System.nanoTime() - start)).isLessThan(Duration.ofSeconds(10));
    assertNothingStored();
  }

  @Test
  void pipelinedRequests_answeredInTheirOrder() {
    String heard =
        RawClient.exchange(
            server.port(),
            request("POST", "/v1/server/p/register", ADMIN, SERVER)
                + request("POST", "/v1/server/p/get", "", "{}")
                + request("POST", "/nope", "", "{}")
                + request("POST", "/mw/server/health", "Connection: close\r\n", ""));
    assertThat(heard.split("HTTP/1\\.1 ", -1)).hasSize(5);
    assertThat(heard)
        .containsSubsequence(
            "\"retmsg\":\"success\"", "\"host\":\"10.0.0.3\"", "NOT_FOUND", "WRONG_METHOD");
  }

  /** What follows a length that two readers may read in two ways is not read at all. */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "Content-Length: 4\r\nContent-Length: 40\r\n",
        "Content-Length: 4\r\nContent-Length: 4\r\n",
        "Content-Length: 4\r\nTransfer-Encoding: chunked\r\n",
        "Transfer-Encoding: identity, chunked\r\n",
        "Transfer-Encoding: xchunked\r\n",
        "Content-Length: 0x4\r\n",
        "Content-Length: 4, 4\r\n",
        "Content-Length: -4\r\n"
      })
  void lengthsThatReadInTwoWays_endTheConnection(String lengths) {
    String heard =
        RawClient.exchange(
            server.port(),
            "POST /v1/server/get HTTP/1.1\r\nHost: h\r\n"
                + lengths
                + "\r\n{}  "
                + request("POST", "/v1/server/smuggled/register", ADMIN, SERVER));
    assertThat(heard.split("HTTP/1\\.1 ", -1).length).as(heard).isLessThanOrEqualTo(2);
    assertNothingStored();
  }

  /** A body is UTF-8 whatever its Content-Type says: what is not is refused, not mended. */
  @Test
  void bodiesInOtherCharsets_refused() {
    String task = "{\"taskNo\":\"n\",\"content\":\"订单\"}";
    for (Charset charset :
        List.of(
            Charset.forName("GB18030"),
            StandardCharsets.UTF_16,
            StandardCharsets.UTF_16LE,
            Charset.forName("UTF-32BE"))) {
      String type = "Content-Type: application/json; charset=" + charset.name() + "\r\n";
      String body = bytes("{\"appName\":\"订单\",\"linkUrl\":\"https://x.example/\"}", charset);
      assertThat(hear("POST", "/application/create", type + ADMIN, body)).contains("\"code\":1");
      body = bytes("{\"host\":\"主机\",\"port\":80}", charset);
      assertThat(hear("POST", "/v1/server/s/register", type + ADMIN, body))
          .contains("\"retcode\":100");
      body = bytes("{\"message\":{\"eventId\":\"事\"}}", charset);
      assertThat(hear("POST", "/mw/v1/event/write", type + ADMIN, body)).startsWith("HTTP/1.1 400");
    }
    assertThat(server.post("/task/create", "\ufeff" + task, signed("\ufeff" + task)).text())
        .contains("\"code\":1");
    assertThat(admin("/v1/server/s/register", bytes("\ufeff" + SERVER, StandardCharsets.UTF_8)))
        .contains("\"retcode\":100");
    assertThat(admin("/mw/v1/audit/find", bytes("\ufeff{}", StandardCharsets.UTF_8)))
        .startsWith("HTTP/1.1 400");
    assertNothingStored();
  }

  @ParameterizedTest
  @ValueSource(strings = {"app_key", "App_Key", "APP_KEY", "signature", "Nonce", "payload"})
  void signatureHeaderTwice_refused(String twice) {
    String task = "{\"taskNo\":\"n\",\"content\":1}";
    String[] headers = signed(task);
    StringBuilder more = new StringBuilder(twice + ": x\r\nConnection: close\r\n");
    for (int i = 0; i < headers.length; i += 2) {
      more.append(headers[i]).append(": ").append(headers[i + 1]).append("\r\n");
    }
    String heard =
        RawClient.exchange(server.port(), request("POST", "/task/create", more.toString(), task));
    assertThat(heard).startsWith("HTTP/1.1 401").contains("\"UNAUTHORIZED\"");
    assertNothingStored();
  }

  /** Proxies read a hyphen and an underscore as one. */
  @Test
  void signatureHeaderWithHyphenToo_isNotTheHeader() {
    String task = "{\"taskNo\":\"n\",\"content\":1}";
    String[] headers = signed(task);
    for (int i = 0; i < headers.length; i += 2) {
      headers[i] = headers[i].equals("app_key") ? "app__key" : headers[i];
    }
    assertThat(server.post("/task/create", task, headers).status()).isEqualTo(401);
    assertNothingStored();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{\"taskNo\":\"n\",\"content\":NaN}",
        "{\"taskNo\":\"n\",\"content\":-Infinity}",
        "{\"taskNo\":\"n\",\"content\":+1}",
        "{\"taskNo\":\"n\",\"content\":01}",
        "{\"taskNo\":\"n\",\"content\":0x1}",
        "{'taskNo':'n','content':1}",
        "{\"taskNo\":\"n\",\"content\":1,}",
        "{\"taskNo\":\"n\",/**/\"content\":1}",
        "{\"taskNo\":\"n\",\"content\":1,\"timeout\":1e400}",
        "{\"taskNo\":\"n\",\"content\":1,\"timeout\":1e3}",
        "{\"taskNo\":\"n\",\"content\":1,\"runtime\":1e999999999}",
        "{\"taskNo\":\"n\",\"content\":1,\"runtime\":99999999999999999999999999}",
        "{\"taskNo\":\"n\",\"content\":1,\"content\":2}",
        "{\"taskNo\":\"n\",\"content\":{\"a\":1,\"a\":2}}",
        "{\"taskNo\":\"n\",\"content\":{\"a\":1,\"\\u0061\":2}}",
        "{\"taskNo\":\"n\",\"content\":\"\\ud800\"}",
        "{\"taskNo\":\"n\",\"content\":{\"\\udc00\":1}}",
        "{\"taskNo\":\"n\\u0000\",\"content\":1}",
        "{\"taskNo\":\"n\\ud800\",\"content\":1}",
        "{\"taskNo\":\"n\",\"content\":1,\"name\":\"\\u0000\"}"
      })
  void jsonThatReadsInTwoWays_refused_nothingStored(String body) {
    ApiServer.Answer answer = server.post("/task/create", body, signed(body));
    assertThat(answer.status()).isEqualTo(200);
    assertThat(answer.at("/code").asInt()).as(answer.text()).isEqualTo(1);
    assertThat(answer.at("/data").isArray()).isTrue();
    assertNothingStored();
    assertThat(audited())
        .contains("Request refused: ", "/task/create", "\"sender\":\"application a\"");
  }

  /** Exact, or not at all; and in no time. */
  @ParameterizedTest
  @ValueSource(strings = {"1e999999999", "-1e-999999999", "1E+2147483647", "0.1e99999", "1e400"})
  void numbersBeyondAllMeasure_takeNoTime(String number) {
    long start = System.nanoTime();
    String task = "{\"taskNo\":\"n\",\"content\":{\"x\":" + number + "}}";
    assertThat(server.post("/task/create", task, signed(task)).status()).isEqualTo(200);
    String record =
        "{\"optType\":1,\"resultType\":1,\"content\":\"c\",\"sourceNode\":\"s\",\"namespace\":\"x\","
            + "\"severity\":\"s\",\"ext\":{\"x\":"
            + number
            + "}}";
    assertThat(admin("/mw/v1/audit/write", record)).matches("(?s)HTTP/1\\.1 (200|400) .*");
    String filter =
        "{\"startTime\":0,\"endTime\":9999999999999,\"filter\":{\"expr\":[{\"field\":\"ext.x\","
            + "\"operator\":\"LessThan\",\"value\":["
            + number
            + "]}]}}";
    assertThat(admin("/mw/v1/audit/find", filter)).matches("(?s)HTTP/1\\.1 (200|400) .*");
    assertThat(
            admin("/mw/v1/event/write", "{\"message\":{\"eventId\":\"e\",\"x\":" + number + "}}"))
        .matches("(?s)HTTP/1\\.1 (200|400) .*");
    assertThat(admin("/v1/server/s/register", "{\"host\":\"h\",\"port\":" + number + "}"))
        .contains("\"retcode\":100");
    String job = "{\"dsl\":{},\"job_parameters\":{\"x\":" + number + "}}";
    assertThat(hear("POST", "/v1/party/j/guest/9999/create", "", job)).contains("\"retcode\":");
    assertThat(Duration.ofNanos(System.nanoTime() - start)).isLessThan(Duration.ofSeconds(5));
  }

  /** Who it was, and of what: for administrators and applications as far as they are proven. */
  @Test
  void refusals_tellWhoAndWhy_withoutSecrets() {
    admin("/v1/server/s/register", "{\"host\":\"\",\"port\":1}");
    hear("POST", "/application/create", "X-Admin-Token: guessed-token\r\n", "{}");
    String page = audited();
    assertThat(page).contains("NOT_ADMINISTRATOR", "/application/create", "INVALID");
    assertThat(page).contains("\"sender\":\"administrator admin\"").doesNotContain("guessed-token");
  }
}
