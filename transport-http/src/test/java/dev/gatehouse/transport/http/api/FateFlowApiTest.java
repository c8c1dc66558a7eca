package dev.gatehouse.transport.http.api;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.gatehouse.Gatehouse;
import dev.gatehouse.audit.AuditQuery;
import dev.gatehouse.json.Json;
import dev.gatehouse.permission.FatePermissions;
import dev.gatehouse.registry.Application;
import dev.gatehouse.signing.FateClientScheme;
import dev.gatehouse.signing.FateSiteScheme;
import dev.gatehouse.signing.Key;
import dev.gatehouse.signing.KeyMaterial;
import dev.gatehouse.signing.Signer;
import dev.gatehouse.storage.memory.MemoryStorage;
import dev.gatehouse.testing.fixture.ManualClock;
import dev.gatehouse.testing.fixture.RecordingTransport;
import dev.gatehouse.transport.Headers;
import dev.gatehouse.transport.Request;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.function.Consumer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The acceptance cases of FATE Flow that HTTP can reach, by their ids, over a socket. */
class FateFlowApiTest {
  private static final String SUCCESS = "{\"retcode\":0,\"retmsg\":\"success\"}";
  private static final String PARTY = "/v1/party/j1/guest/10000/create";

  private final ManualClock clock = new ManualClock(Instant.parse("2026-01-02T03:04:05Z"));
  private final MemoryStorage storage = MemoryStorage.create(clock);
  private final RecordingTransport transport = RecordingTransport.create();
  private final Gatehouse gatehouse =
      Gatehouse.builder().storage(storage).transport(transport).clock(clock).build();
  private final List<FateFlowApi.Job> jobs = new ArrayList<>();
  private final List<ApiServer> open = new ArrayList<>();

  @AfterEach
  void close() {
    open.forEach(ApiServer::close);
    gatehouse.close();
  }

  private ApiServer server() {
    return server(builder -> {});
  }

  private ApiServer server(Consumer<FateFlowApi.Builder> more) {
    return server(AdminAuthenticator.EVERYBODY, more);
  }

  private ApiServer server(AdminAuthenticator administrators, Consumer<FateFlowApi.Builder> more) {
    FateFlowApi.Builder builder =
        FateFlowApi.builder(gatehouse).zone(ZoneOffset.UTC).transport(transport).jobs(jobs::add);
    more.accept(builder);
    ApiServer server =
        new ApiServer(
            HttpApi.builder(gatehouse)
                .serve(builder.build())
                .administrators(administrators)
                .clock(clock)
                .build());
    open.add(server);
    return server;
  }

  private static void assertJson(ApiServer.Answer answer, String expected) {
    assertThat(answer.status()).isEqualTo(200);
    assertThat(answer.json()).isEqualTo(Json.parse(expected, "expected"));
  }

  private static void register(ApiServer server, String name, String body) {
    assertJson(server.post("/v1/server/" + name + "/register", body), SUCCESS);
  }

  private void hook(ApiServer server, String service) {
    register(server, "hooks", "{\"host\":\"10.0.0.9\",\"port\":80}");
    ApiServer.Answer answer =
        server.post(
            "/v1/service/registry",
            "{\"server_name\":\"hooks\",\"service_name\":\""
                + service
                + "\",\"uri\":\"/"
                + service
                + "\"}");
    assertThat(answer.at("/retcode").asInt()).as(answer.text()).isZero();
  }

  private JsonNode told() {
    return Json.parse(transport.lastRequest().body(), "told");
  }

  @Test
  void a1_register_answersByteByByte() {
    ApiServer.Answer answer =
        server().post("/v1/server/mysvr/register", "{\"host\":\"127.0.0.1\",\"port\":8080}");
    assertThat(answer.status()).isEqualTo(200);
    assertThat(answer.headers().get("Content-Type")).isEqualTo("application/json");
    assertThat(answer.text()).isEqualTo(SUCCESS + "\n");
  }

  @Test
  void a2_a3_get_anyCase_lastRegistrationWins() {
    ApiServer server = server();
    register(server, "mysvr", "{\"host\":\"127.0.0.1\",\"port\":8080}");
    assertJson(
        server.post("/v1/server/MySvr/get", ""),
        "{\"data\":{\"host\":\"127.0.0.1\",\"port\":8080},\"retcode\":0,\"retmsg\":\"success\"}");
    assertJson(server.post("/v1/server/nosuch/get", "{}"), SUCCESS);
    register(server, "mysvr", "{\"host\":\"10.0.0.3\",\"port\":1}");
    assertJson(
        server.post("/v1/server/service/mysvr/get/", "{}"),
        "{\"data\":{\"host\":\"10.0.0.3\",\"port\":1},\"retcode\":0,\"retmsg\":\"success\"}");
  }

  @Test
  void a2_get_asRegistered_untilReload() {
    ApiServer server = server();
    register(
        server, "service/raw", "{\"port\":\"9090\",\"host\":\"h\",\"extra\":{\"b\":1,\"a\":2}}");
    assertThat(server.post("/v1/server/raw/get", "{}").text())
        .isEqualTo(
            "{\"data\":{\"extra\":{\"a\":2,\"b\":1},\"host\":\"h\",\"port\":\"9090\"},"
                + "\"retcode\":0,\"retmsg\":\"success\"}\n");
    assertJson(
        server.post("/v1/server/get", "{}"),
        "{\"data\":{\"RAW\":{\"port\":\"9090\",\"host\":\"h\",\"extra\":{\"b\":1,\"a\":2}}},"
            + "\"retcode\":0,\"retmsg\":\"success\"}");
    assertJson(
        server.post("/v1/server/reload", "{}"),
        "{\"data\":{\"job_default_config\":{},\"server_registry\":null},"
            + "\"retcode\":0,\"retmsg\":\"success\"}");
    assertJson(
        server.post("/v1/server/raw/get", "{}"),
        "{\"data\":{\"host\":\"h\",\"port\":9090,\"protocol\":\"http\"},"
            + "\"retcode\":0,\"retmsg\":\"success\"}");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "nonsense",
        "[]",
        "{\"port\":1}",
        "{\"host\":\"h\"}",
        "{\"host\":\"h\",\"port\":0}",
        "{\"host\":\"h\",\"port\":65536}",
        "{\"host\":\"h\",\"port\":\"x\"}",
        "{\"host\":\"h\",\"port\":1.0}",
        "{\"host\":\"h\",\"port\":1,\"protocol\":\"ftp\"}",
        "{\"host\":\"h/x\",\"port\":1}",
        "{\"host\":null,\"port\":1}"
      })
  void register_brokenRules_retcode100_nothingStored(String body) {
    ApiServer.Answer answer = server().post("/v1/server/bad/register", body);
    assertThat(answer.status()).isEqualTo(200);
    assertThat(answer.at("/retcode").asInt()).isEqualTo(100);
    assertThat(gatehouse.registry().servers("", 10)).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(strings = {"fateflow", "fate_on_eggroll", "Version", "n300", ""})
  void register_reservedOrLongNames_refused(String name) {
    String path = name.equals("n300") ? "n".repeat(300) : name;
    ApiServer.Answer answer =
        server().post("/v1/server/" + path + "/register", "{\"host\":\"h\",\"port\":1}");
    assertThat(answer.status()).isEqualTo(200);
    assertThat(answer.at("/retcode").asInt()).isEqualTo(100);
    assertThat(gatehouse.registry().servers("", 10)).isEmpty();
  }

  @Test
  void a5_service_registeredAndQueried() {
    ApiServer server = server();
    register(server, "mysvr", "{\"host\":\"10.0.0.3\",\"port\":1}");
    assertJson(
        server.post(
            "/v1/service/registry",
            "{\"server_name\":\"mysvr\",\"service_name\":\"upload\",\"uri\":\"/upload\"}"),
        "{\"data\":{},\"retcode\":0,\"retmsg\":\"success\"}");
    assertJson(
        server.post("/v1/service/query", "{\"service_name\":\"upload\"}"),
        "{\"data\":{\"service_info\":[{\"f_create_date\":\"2026-01-02 03:04:05\","
            + "\"f_create_time\":1767323045000,\"f_data\":{},\"f_headers\":{},\"f_method\":\"POST\","
            + "\"f_params\":{},\"f_server_name\":\"mysvr\",\"f_service_name\":\"upload\","
            + "\"f_update_date\":\"2026-01-02 03:04:05\",\"f_update_time\":1767323045000,"
            + "\"f_url\":\"http://10.0.0.3:1/upload\"}]},\"retcode\":0,\"retmsg\":\"success\"}");
    register(server, "mysvr", "{\"host\":\"10.0.0.4\",\"port\":1}");
    assertThat(
            server
                .post("/v1/service/query", "{\"service_name\":[\"upload\"],\"f_method\":null}")
                .at("/data/service_info/0/f_url")
                .asText())
        .isEqualTo("http://10.0.0.3:1/upload");
  }

  @Test
  void a7_service_onUnknownServer() {
    assertJson(
        server()
            .post(
                "/v1/service/registry",
                "{\"server_name\":\"nosrv\",\"service_name\":\"u\",\"uri\":\"/u\"}"),
        "{\"retcode\":100,\"retmsg\":\"Exception('no found server nosrv')\"}");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "{\"server_name\":\"s\",\"service_name\":\"u\"}|'uri'",
        "{\"server_name\":\"s\",\"uri\":\"/u\"}|'service_name'",
        "{\"server_name\":\"s\",\"service_name\":\"u\",\"uri\":\"/u\",\"bogus\":1}|'bogus'",
        "{\"server_name\":\"s\",\"service_name\":\"u\",\"uri\":\"/u\",\"server_info\":{}}|server_info",
        "{\"server_name\":\"\",\"service_name\":\"u\",\"uri\":\"/u\"}|server name",
        "{\"server_name\":null,\"service_name\":\"u\",\"uri\":\"/u\"}|server_name",
        "{\"server_name\":\"s\",\"service_name\":\"u\",\"uri\":\"/u\",\"method\":null}|method",
        "{\"server_name\":\"s\",\"service_name\":\"u\",\"uri\":\"nolead\"}|uri",
        "{\"legacy\":{\"host\":\"h\",\"port\":1,\"api\":{}}}|bulk registration is off",
        "null|NoneType"
      })
  void a8_service_brokenRules_namedInTheMessage(String body, String named) {
    ApiServer.Answer answer = server().post("/v1/service/registry", body.replace("''", "'"));
    assertThat(answer.status()).isEqualTo(200);
    assertThat(answer.at("/retcode").asInt()).isEqualTo(100);
    assertThat(answer.at("/retmsg").asText()).contains(named);
  }

  @Test
  void a9_query_withoutServiceName_andOfNone() {
    ApiServer server = server();
    assertJson(
        server.post("/v1/service/query", "{}"),
        "{\"retcode\":101,\"retmsg\":\"required argument are missing: service_name; \"}");
    assertJson(
        server.post("/v1/service/query", "{\"service_name\":\"none\"}"),
        "{\"data\":{\"service_info\":[]},\"retcode\":0,\"retmsg\":\"success\"}");
    assertJson(
        server.post("/v1/service/query", "{\"service_name\":null}"),
        "{\"data\":{\"service_info\":[]},\"retcode\":0,\"retmsg\":\"success\"}");
  }

  @Test
  void a12_bulk_unreachable_refused_reachable_stored() throws IOException {
    ApiServer server =
        server(
            builder ->
                builder.bulkRegistration(
                    (host, port) -> {
                      try (java.net.Socket socket = new java.net.Socket(host, port)) {
                        return socket.isConnected();
                      } catch (IOException e) {
                        return false;
                      }
                    }));
    int port;
    try (ServerSocket listener = new ServerSocket(0, 1, InetAddress.getByName("127.0.0.1"))) {
      port = listener.getLocalPort();
      assertThat(server.post("/v1/service/registry", bulk(port)).at("/retcode").asInt()).isZero();
    }
    assertThat(gatehouse.registry().findService("legacy", "up")).isPresent();
    gatehouse.registry().removeServer("legacy");
    assertJson(
        server.post("/v1/service/registry", bulk(port)),
        "{\"retcode\":100,\"retmsg\":\"ConnectionRefusedError('connection refused: host 127.0.0.1,"
            + " port "
            + port
            + "')\"}");
    assertThat(gatehouse.registry().findServer("legacy")).isEmpty();
  }

  private static String bulk(int port) {
    return "{\"legacy\":{\"host\":\"127.0.0.1\",\"port\":"
        + port
        + ",\"api\":{\"up\":{\"uri\":\"/up\"}}}}";
  }

  @Test
  void deletes_ofVersion2() {
    ApiServer server = server();
    hook(server, "signature");
    assertJson(
        server.post("/v2/server/service/delete", "{\"server_name\":\"hooks\"}"),
        "{\"code\":5001,\"data\":{\"json\":{\"service_name\":[\"Missing data for required"
            + " field.\"]}},\"message\":\"Invalid request.\"}");
    String both = "{\"server_name\":\"hooks\",\"service_name\":\"signature\"}";
    assertJson(
        server.post("/v2/server/service/delete", both), "{\"code\":0,\"message\":\"success\"}");
    assertJson(
        server.post("/v2/server/service/delete", both), "{\"code\":0,\"message\":\"failed\"}");
    hook(server, "signature");
    assertJson(
        server.post("/v2/server/delete", "{\"server_name\":\"HOOKS\"}"),
        "{\"code\":0,\"message\":\"success\"}");
    assertThat(gatehouse.registry().findService("hooks", "signature")).isEmpty();
    assertJson(
        server.post("/v2/server/delete", "{\"server_name\":\"HOOKS\"}"),
        "{\"code\":0,\"message\":\"failed\"}");
  }

  @Test
  void unknownPathAndWrongMethod_are200() {
    ApiServer server = server();
    assertJson(
        server.post("/v1/nope", "{}"),
        "{\"retcode\":100,\"retmsg\":\"<NotFound '404: Not Found'>\"}");
    assertJson(
        server.get("/v1/server/get"),
        "{\"retcode\":100,\"retmsg\":\"<MethodNotAllowed '405: Method Not Allowed'>\"}");
    assertThat(server.post("/v1/server/version/get", "{}").at("/data/API").asText())
        .isEqualTo("v1");
    assertJson(
        server.post("/v1/server/fateflow/info", "{}"),
        "{\"data\":[],\"retcode\":0,\"retmsg\":\"success\"}");
  }

  @Test
  void a13_forward_signedByTheHook() {
    ApiServer server =
        server(builder -> builder.hookServer("hooks").siteGate().forward(Set.of("arbiter")));
    hook(server, "signature");
    register(server, "arbiter", "{\"host\":\"10.0.0.7\",\"port\":9380}");
    transport.answer(200, "{\"code\":0,\"data\":\"S1\"}");
    transport.answer(200, "{\"retcode\":0,\"retmsg\":\"theirs\"}");
    assertJson(forward(server, "arbiter"), "{\"retcode\":0,\"retmsg\":\"theirs\"}");
    Request signing = transport.requests().get(0);
    assertThat(text(signing))
        .isEqualTo("{\"party_id\":\"9999\",\"body\":{\"k\":1,\"a\":{\"z\":1,\"y\":2}}}");
    Request sent = transport.lastRequest();
    assertThat(sent.uri()).isEqualTo(URI.create("http://10.0.0.7:9380/v1/party/x/stop"));
    Headers headers = sent.headers();
    assertThat(headers.first("SITE-SIGNATURE")).contains("S1");
    assertThat(headers.first("SRC-PARTY-ID")).contains("9999");
    assertThat(headers.first("DEST-PARTY-ID")).contains("10000");
    assertThat(headers.first("SRC-ROLE")).contains("guest");
    assertThat(text(sent)).isEqualTo("{\"k\":1,\"a\":{\"z\":1,\"y\":2}}");
  }

  /** Not the tree: over its keys' order signatures are made. */
  private static String text(Request request) {
    return new String(request.body(), StandardCharsets.UTF_8);
  }

  private static ApiServer.Answer forward(ApiServer server, String role) {
    return server.post(
        "/v1/forward/" + role + "/do",
        "{\"header\":{\"METHOD\":\"POST\",\"ENDPOINT\":\"/v1/party/x/stop\","
            + "\"SRC-PARTY-ID\":\"9999\",\"DEST-PARTY-ID\":\"10000\",\"SRC-ROLE\":\"guest\"},"
            + "\"body\":{\"k\":1,\"a\":{\"z\":1,\"y\":2}}}");
  }

  @Test
  void a14_forward_hookDoesNotSign_nothingSent() {
    ApiServer server =
        server(builder -> builder.hookServer("hooks").siteGate().forward(Set.of("arbiter")));
    hook(server, "signature");
    register(server, "arbiter", "{\"host\":\"10.0.0.7\",\"port\":9380}");
    transport.answer(200, "{\"code\":1,\"msg\":\"e\"}");
    assertThat(forward(server, "arbiter").at("/retcode").asInt()).isEqualTo(104);
    transport.answer(500, "no");
    assertThat(forward(server, "arbiter").at("/retcode").asInt()).isEqualTo(104);
    transport.answer(200, "{\"code\":0,\"data\":7}");
    assertThat(forward(server, "arbiter").at("/retcode").asInt()).isEqualTo(104);
    transport.fail();
    assertThat(forward(server, "arbiter").at("/retcode").asInt()).isEqualTo(104);
    assertThat(transport.requests())
        .allSatisfy(request -> assertThat(request.uri().getHost()).isEqualTo("10.0.0.9"));
  }

  @Test
  void forward_notListedOrNotRegistered_notSupported() {
    ApiServer server = server(builder -> builder.forward(Set.of("arbiter")));
    register(server, "guest", "{\"host\":\"10.0.0.7\",\"port\":9380}");
    assertJson(
        forward(server, "guest"),
        "{\"retcode\":404,\"retmsg\":\"role \\\"guest\\\" not supported\"}");
    assertJson(
        forward(server, "arbiter"),
        "{\"retcode\":404,\"retmsg\":\"role \\\"arbiter\\\" not supported\"}");
    assertThat(transport.requests()).isEmpty();
  }

  @Test
  void a15_a16_siteHook_refusesOrFails_jobNotTaken() {
    ApiServer server = server(builder -> builder.hookServer("hooks").siteGate());
    assertJson(
        server.post(PARTY, "{}"),
        "{\"retcode\":100,\"retmsg\":\"Exception('site authentication error: no found server hooks"
            + " service site_authentication')\"}");
    hook(server, "site_authentication");
    transport.answer(200, "{\"code\":7,\"msg\":\"bad sig\"}");
    assertJson(server.post(PARTY, "{}"), "{\"retcode\":7,\"retmsg\":\"bad sig\"}");
    for (int status : new int[] {500, 201}) {
      transport.answer(status, "{\"code\":0}");
      assertJson(
          server.post(PARTY, "{}"),
          "{\"retcode\":100,\"retmsg\":\"Exception('site authentication error: request"
              + " site_authentication url failed, status code "
              + status
              + "')\"}");
    }
    for (String answer : List.of("{\"code\":\"0\"}", "{\"code\":false}", "{}", "{\"msg\":\"x\"}")) {
      transport.answer(200, answer);
      assertThat(server.post(PARTY, "{}").at("/retcode").asInt()).isEqualTo(109);
    }
    transport.answer(200, "{\"code\":7}");
    assertJson(server.post(PARTY, "{}"), "{\"retcode\":7}");
    transport.answer(200, "success");
    assertThat(server.post(PARTY, "{}").at("/retcode").asInt()).isEqualTo(100);
    transport.fail();
    assertThat(server.post(PARTY, "{}").at("/retcode").asInt()).isEqualTo(100);
    assertThat(jobs).isEmpty();
    transport.answer(200, "{\"code\":0}");
    assertJson(
        server.post(PARTY, "{\"b\":1,\"a\":2}", "SRC-PARTY-ID", "10001", "SITE_SIGNATURE", "sig"),
        SUCCESS);
    assertThat(text(transport.lastRequest()))
        .isEqualTo(
            "{\"src_party_id\":\"10001\",\"site_signature\":\"sig\",\"body\":{\"b\":1,\"a\":2}}");
    assertThat(jobs).hasSize(1);
  }

  private static final String JOB =
      "{\"dsl\":{\"components\":{\"reader_0\":{\"module\":\"Reader\"},"
          + "\"dataio_0\":{\"module\":\"DataIO\"}}},\"roles\":{\"guest\":[10000],\"host\":[9998]},"
          + "\"initiator_role\":\"guest\",\"initiator_party_id\":9999,"
          + "\"runtime_conf\":{\"component_parameters\":{\"role\":{\"guest\":{\"0\":{\"reader_0\":"
          + "{\"table\":{\"name\":\"breast\",\"namespace\":\"experiment\"}}}},\"host\":{\"0\":"
          + "{\"reader_0\":{\"table\":{\"name\":\"other\",\"namespace\":\"experiment\"}}}}}}}}";

  private FatePermissions permissions() {
    return FatePermissions.of(storage, gatehouse.permissions());
  }

  @Test
  void a19_permissionHook_deniesOrLetsPass() {
    ApiServer server = server(builder -> builder.hookServer("hooks").permissions(permissions()));
    hook(server, "permission");
    transport.answer(200, "{\"code\":2,\"msg\":\"nope\"}");
    assertJson(
        server.post(PARTY, JOB, "SRC-PARTY-ID", "9999"),
        "{\"data\":{\"code\":2,\"message\":\"nope\"},\"retcode\":108,"
            + "\"retmsg\":\"permission check failed\"}");
    assertThat(text(transport.lastRequest()))
        .isEqualTo(
            "{\"src_role\":null,\"src_party_id\":\"9999\",\"role\":\"guest\","
                + "\"party_id\":\"10000\",\"initiator\":{\"role\":\"guest\",\"party_id\":9999},"
                + "\"roles\":{\"guest\":[10000],\"host\":[9998]},"
                + "\"component_list\":[\"reader\",\"dataio\"],"
                + "\"dataset_list\":[{\"namespace\":\"experiment\",\"name\":\"breast\"}],"
                + "\"run_time_conf\":{\"component_parameters\":{\"role\":{\"guest\":{\"0\":"
                + "{\"reader_0\":{\"table\":{\"name\":\"breast\",\"namespace\":\"experiment\"}}}},"
                + "\"host\":{\"0\":{\"reader_0\":{\"table\":{\"name\":\"other\",\"namespace\":"
                + "\"experiment\"}}}}}}},"
                + "\"dsl\":{\"components\":{\"reader_0\":{\"module\":\"Reader\"},"
                + "\"dataio_0\":{\"module\":\"DataIO\"}}},"
                + "\"component_parameters\":{\"reader\":[{\"table\":{\"name\":\"breast\","
                + "\"namespace\":\"experiment\"}}],\"dataio\":[]}}");
    transport.answer(200, "{\"msg\":\"no code\"}");
    assertThat(server.post(PARTY, JOB).at("/retcode").asInt()).isEqualTo(108);
    assertThat(jobs).isEmpty();
    transport.answer(200, "{\"code\":0}");
    assertJson(server.post(PARTY, JOB), SUCCESS);
    assertThat(jobs).hasSize(1);
  }

  @Test
  void a19_hookWithoutMessage_noneInTheAnswer() {
    ApiServer server = server(builder -> builder.hookServer("hooks").permissions(permissions()));
    hook(server, "permission");
    transport.answer(200, "{\"code\":9}");
    assertJson(
        server.post(PARTY, JOB),
        "{\"data\":{\"code\":9},\"retcode\":108,\"retmsg\":\"permission check failed\"}");
  }

  @ParameterizedTest
  @ValueSource(strings = {"guest/10000", "guest/0", "local/9999", "local/0", "guest/9999"})
  void permission_anotherParty_isNeverExempt(String place) {
    ApiServer server = server(builder -> builder.permissions(permissions()));
    String path = "/v1/party/j1/" + place + "/create";
    assertThat(server.post(path, JOB, "SRC-PARTY-ID", "10000").at("/retcode").asInt())
        .isEqualTo(108);
    assertThat(jobs).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(strings = {"guest/9999", "guest/0", "local/9999"})
  void permission_ownParty_isExempt(String place) {
    ApiServer server = server(builder -> builder.permissions(permissions()));
    String path = "/v1/party/j1/" + place + "/create";
    assertJson(server.post(path, JOB, "SRC-PARTY-ID", "9999"), SUCCESS);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "null",
        "garbage",
        "[]",
        "{\"dsl\":{},\"job_dsl\":{\"components\":{\"x\":{\"module\":\"evil\"}}}}",
        "{\"dsl\":\"{}\"}",
        "{\"dsl\":null,\"f_dsl\":{}}",
        "{\"dsl\":{\"components\":[{\"module\":\"evil\"}]}}",
        "{\"dsl\":{\"components\":{\"x\":{\"module\":[\"evil\"]}}}}",
        "{\"dsl\":{},\"runtime_conf\":5}",
        "{\"runtime_conf\":{},\"run_time_conf\":{}}",
        "{\"roles\":[]}"
      })
  void job_thatReadsInTwoWays_retcode100(String body) {
    ApiServer server = server(builder -> builder.permissions(permissions()));
    assertThat(server.post(PARTY, body, "SRC-PARTY-ID", "10000").at("/retcode").asInt())
        .isEqualTo(100);
    assertThat(jobs).isEmpty();
  }

  @Test
  void job_beyondTheLimitsOfJson_retcode100_asJudgedOtherwise() {
    ApiServer server = server();
    String deep = "{\"x\":" + "[".repeat(70) + "]".repeat(70) + ",\"dsl\":{}}";
    assertThat(server.post(PARTY, deep).at("/retcode").asInt()).isEqualTo(100);
    assertThat(jobs).isEmpty();
    assertJson(server.post(PARTY, "{\"b\":1.10, \"dsl\":{\"k\":1}, \"dsl\":{}}"), SUCCESS);
    assertThat(jobs.get(0).body()).isEqualTo("{\"b\":1.10,\"dsl\":{}}");
  }

  @Test
  void siteHook_partyNotNamed_isToldOfThisOne() {
    ApiServer server = server(builder -> builder.hookServer("hooks").siteGate());
    hook(server, "site_authentication");
    for (String[] headers :
        List.of(
            new String[0], new String[] {"SRC-PARTY-ID", ""}, new String[] {"SRC_PARTY_ID", "0"})) {
      transport.answer(200, "{\"code\":0}");
      assertJson(server.post(PARTY, "{}", headers), SUCCESS);
      assertThat(told().path("src_party_id").asText()).isEqualTo("9999");
    }
  }

  @Test
  void malformedBodies_areMissing_notMended() {
    ApiServer server = server();
    assertThat(server.post("/v2/server/delete", "x{").at("/code").asInt()).isEqualTo(6000);
    String body = "{\"host\":\"h\",\"port\":1,\"x\":\"\u00ff\"}";
    String heard =
        RawClient.exchange(
            server.port(),
            "POST /v1/server/bad8/register HTTP/1.1\r\nHost: h\r\nConnection: close\r\n"
                + "Content-Length: "
                + body.length()
                + "\r\n\r\n"
                + body);
    assertThat(heard).contains("\"retcode\":100");
    assertThat(gatehouse.registry().servers("", 10)).isEmpty();
  }

  @Test
  void forward_endpointThatIsNoPath_tellsNoAddress() {
    ApiServer server = server(builder -> builder.forward(Set.of("arbiter")));
    register(server, "arbiter", "{\"host\":\"10.0.0.7\",\"port\":9380}");
    ApiServer.Answer answer =
        server.post("/v1/forward/arbiter", "{\"header\":{\"ENDPOINT\":\"/v1/a|b\"}}");
    assertThat(answer.at("/retmsg").asText())
        .isEqualTo("ValueError('ENDPOINT must be a plain path')");
  }

  @Test
  void forward_noAnswerOrNoRoom_saysNoMore() {
    ApiServer server = server(builder -> builder.forward(Set.of("arbiter")));
    register(server, "arbiter", "{\"host\":\"10.0.0.7\",\"port\":9380}");
    transport.fail().full();
    for (int request = 0; request < 2; request++) {
      assertJson(
          forward(server, "arbiter"),
          "{\"retcode\":104,\"retmsg\":\"Federated schedule error, Exception('no answer')\"}");
    }
    assertThat(transport.requests()).hasSize(2);
  }

  @Test
  void a21_siteSignature_overReadJson_notOverReorderedKeys() {
    ApiServer server = server(FateFlowApi.Builder::siteGate);
    KeyMaterial pair = KeyMaterial.generate(Key.Algorithm.RSA_PKCS1_SHA256);
    String key = Json.write(Json.object().put("party_id", 7).put("key", pair.publicPart().toPem()));
    assertThat(server.post("/v1/key/public/save", key).at("/data").asText())
        .isEqualTo("save success");
    assertThat(server.post("/v1/key/public/save", key).at("/data").asText())
        .isEqualTo("update success");
    Signer signer = Signer.of("7", pair, FateSiteScheme.create("7"), clock);
    Request request =
        Request.post(URI.create(PARTY), "{\"b\":1 ,\"a\":\"中/文\\\"\"}").header("SRC-PARTY-ID", "7");
    String signature = signer.sign(request).headers().first("SITE-SIGNATURE").orElseThrow();
    String[] headers = {"SRC-PARTY-ID", "7", "SITE-SIGNATURE", signature};
    assertJson(server.post(PARTY, "{\"b\": 1, \"a\": \"\\u4e2d/\\u6587\\\"\"}", headers), SUCCESS);
    for (String changed : List.of("{\"b\":2,\"a\":\"中/文\\\"\"}", "{\"a\":\"中/文\\\"\",\"b\":1}")) {
      assertJson(
          server.post(PARTY, changed, headers),
          "{\"retcode\":109,\"retmsg\":\"authentication failed\"}");
    }
    Request empty = Request.post(URI.create(PARTY), "").header("SRC-PARTY-ID", "7");
    headers[3] = signer.sign(empty).headers().first("SITE-SIGNATURE").orElseThrow();
    // Verified over null, and then no job.
    assertThat(server.post(PARTY, "", headers).at("/retmsg").asText()).contains("JSON object");
    assertJson(server.post("/v1/key/public/delete", "{\"party_id\":\"7\"}"), SUCCESS);
    assertJson(
        server.post(PARTY, "", headers),
        "{\"retcode\":100,\"retmsg\":\"Exception('signature error: no found party id 7 public"
            + " key')\"}");
    assertThat(server.post(PARTY, "", "SRC-PARTY-ID", "7").at("/retcode").asInt()).isEqualTo(100);
    assertJson(server.post("/v1/key/public/delete", "{\"party_id\":\"7\"}"), SUCCESS);
  }

  @Test
  void keys_privateOnesAreNeverTold_norTaken() {
    FateFlowApi.Builder own = FateFlowApi.builder(gatehouse);
    own.build().prepare();
    ApiServer server = server();
    ApiServer.Answer mine = server.post("/v1/key/query", "{\"party_id\":\"9999\"}");
    assertThat(mine.at("/data").asText()).startsWith("-----BEGIN PUBLIC KEY-----");
    assertThat(
            server
                .post("/v1/key/query", "{\"party_id\":9999,\"key_name\":\"private\"}")
                .at("/retcode")
                .asInt())
        .isEqualTo(100);
    assertJson(server.post("/v1/key/query", "{\"party_id\":\"1\"}"), SUCCESS);
    KeyMaterial pair = KeyMaterial.generate(Key.Algorithm.RSA_PKCS1_SHA256);
    String key = Json.write(Json.object().put("party_id", 8).put("key", pair.toPem()));
    assertThat(server.post("/v1/key/public/save", key).at("/retcode").asInt()).isEqualTo(100);
    String ours =
        Json.write(Json.object().put("party_id", 9999).put("key", pair.publicPart().toPem()));
    assertThat(server.post("/v1/key/public/save", ours).at("/retcode").asInt()).isEqualTo(100);
    assertThat(server.post("/v1/key/public/delete", "{\"party_id\":9999}").at("/retcode").asInt())
        .isEqualTo(100);
    assertThat(server.post("/v1/key/query", "{\"party_id\":\"9999\"}").text())
        .isEqualTo(mine.text());
  }

  @Test
  void a22_clientGate_messages() {
    Application client = gatehouse.registry().register(Application.named("client"));
    KeyMaterial secret =
        KeyMaterial.secret(
            Key.Algorithm.HMAC_SHA1, "0123456789abcdef".getBytes(StandardCharsets.US_ASCII));
    gatehouse.keys().importKey(client.id(), Key.Purpose.REQUEST, secret);
    ApiServer server =
        server(AdminAuthenticator.NOBODY, builder -> builder.clientGate(FateClientScheme.create()));
    Signer signer = Signer.of(client.appKey(), secret, FateClientScheme.create(), clock);
    Request request = Request.post(URI.create("/v1/service/query"), "{\"service_name\":\"x\"}");
    String[] headers =
        signer.sign(request).headers().fields().stream()
            .flatMap(field -> List.of(field.name(), field.value()).stream())
            .toArray(String[]::new);
    String body = "{\"service_name\":\"x\"}";
    assertRetmsg(
        server.post("/v1/service/query", body),
        "requirement headers parameters: ['TIMESTAMP', 'NONCE', 'APP_KEY', 'SIGNATURE']");
    String[] unknown = headers.clone();
    unknown[5] = "nobody";
    assertRetmsg(server.post("/v1/service/query", body, unknown), "Unknown APP_KEY");
    assertRetmsg(
        server.post("/v1/service/query", "{\"service_name\":\"y\"}", headers),
        "signature authentication failed");
    assertThat(server.post("/v1/service/query", body, headers).at("/retcode").asInt()).isZero();
    assertRetmsg(
        server.post("/v1/service/query", body, headers), "signature authentication failed");
    clock.advance(Duration.ofSeconds(61));
    assertRetmsg(
        server.post("/v1/service/query", body, headers),
        "TIMESTAMP is more than 60 seconds away from the server time");
    String[] undated = headers.clone();
    undated[1] = "yesterday";
    assertRetmsg(server.post("/v1/service/query", body, undated), "Invalid TIMESTAMP");
    assertThat(server.post(PARTY, "{}").at("/retcode").asInt()).isZero();
  }

  private static void assertRetmsg(ApiServer.Answer answer, String retmsg) {
    assertThat(answer.status()).isEqualTo(200);
    assertThat(answer.json()).isEqualTo(Json.object().put("retcode", 109).put("retmsg", retmsg));
  }

  @Test
  void a23_grants_ofComponentsAndDatasets() {
    ApiServer server = server(builder -> builder.permissions(permissions()));
    assertJson(
        server.post("/v1/permission/grant", "{\"party_id\":9999,\"component\":\"reader, dataio\"}"),
        SUCCESS);
    assertJson(
        server.post("/v1/permission/query", "{\"party_id\":\"9999\"}"),
        "{\"data\":{\"component\":[\"reader\",\"dataio\"],\"dataset\":[]},"
            + "\"retcode\":0,\"retmsg\":\"success\"}");
    assertJson(
        server.post(PARTY, JOB, "SRC-PARTY-ID", "9999"),
        "{\"data\":{\"code\":3,\"message\":\"check dataset permission failed: {\\\"name\\\":"
            + " \\\"breast\\\", \\\"namespace\\\": \\\"experiment\\\"}\"},\"retcode\":108,"
            + "\"retmsg\":\"permission check failed\"}");
    String dataset =
        "{\"party_id\":9999,\"dataset\":{\"name\":\"breast\",\"namespace\":\"experiment\"}}";
    assertJson(server.post("/v1/permission/grant", dataset), SUCCESS);
    assertJson(server.post(PARTY, JOB, "SRC-PARTY-ID", "9999"), SUCCESS);
    assertJson(
        server.post("/v1/permission/delete", "{\"party_id\":9999,\"component\":\"dataio\"}"),
        SUCCESS);
    assertThat(server.post(PARTY, JOB, "SRC-PARTY-ID", "9999").at("/data/code").asInt())
        .isEqualTo(2);
    assertThat(jobs).hasSize(1);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "{}|101|required argument are missing: party_id; ",
        "{\"party_id\":1,\"component\":\"No-Such\"}|100|ValueError(\"permission type component value ['No-Such'] error\")",
        "{\"party_id\":1,\"dataset\":\"abc\"}|100|ValueError('permission type dataset value abc error')",
        "{\"party_id\":1,\"dataset\":{\"name\":\"n\"}}|100|ValueError('name n or namespace  is null')",
        "{\"party_id\":1,\"component\":\"a\",\"is_delete\":true}|100|ValueError('is_delete is not taken: use the other route')"
      },
      quoteCharacter = '`',
      ignoreLeadingAndTrailingWhitespace = false)
  void a23_grant_brokenRules_nothingGranted(String body, int retcode, String retmsg) {
    ApiServer server = server(builder -> builder.permissions(permissions()));
    ApiServer.Answer answer = server.post("/v1/permission/grant", body);
    assertThat(answer.json())
        .isEqualTo(Json.object().put("retcode", retcode).put("retmsg", retmsg));
    assertThat(permissions().query("1").components()).isEmpty();
  }

  @Test
  void permissionSwitchOff_allThreeRoutesSaySo() {
    ApiServer server = server();
    for (String route : List.of("grant", "delete", "query")) {
      assertJson(
          server.post("/v1/permission/" + route, "{\"party_id\":1}"),
          "{\"retcode\":100,\"retmsg\":\"Exception('No permission controller is found, please check"
              + " whether the switch of permission control is turned on')\"}");
    }
  }

  @Test
  void oldVersion_incompatible() {
    assertThat(server().post(PARTY, "{}", "SRC-FATE-VER", "1.6.0").text())
        .isEqualTo(
            "{\"data\":{\"current_fate_ver\":\"1.11.2\",\"src_fate_ver\":\"1.6.0\"},"
                + "\"retcode\":107,\"retmsg\":\"Incompatible FATE versions\"}\n");
    assertThat(server().post(PARTY, "{}", "SRC-FATE-VER", "1.7.0").at("/retcode").asInt()).isZero();
  }

  @Test
  void adminRoutes_withoutToken_are401InTheEnvelope() {
    ApiServer server = server(AdminAuthenticator.token("administrator"), builder -> {});
    for (String path :
        List.of(
            "/v1/server/s/register",
            "/v1/server/service/s/register",
            "/v1/server/reload",
            "/v1/service/registry",
            "/v1/permission/grant",
            "/v1/permission/delete",
            "/v1/permission/query",
            "/v1/key/public/save",
            "/v1/key/query",
            "/v1/key/public/delete")) {
      ApiServer.Answer answer = server.post(path, "{}");
      assertThat(answer.status()).as(path).isEqualTo(401);
      assertThat(answer.at("/retcode").asInt()).isEqualTo(109);
    }
    for (String path : List.of("/v2/server/delete", "/v2/server/service/delete")) {
      ApiServer.Answer answer = server.post(path, "{}");
      assertThat(answer.status()).as(path).isEqualTo(401);
      assertThat(answer.at("/code").asInt()).isEqualTo(109);
    }
    assertJson(
        server.post(
            "/v1/server/s/register",
            "{\"host\":\"h\",\"port\":1}",
            "Authorization",
            "Bearer administrator"),
        SUCCESS);
    assertThat(
            gatehouse
                .audit()
                .find(
                    AuditQuery.between(Instant.EPOCH, clock.instant())
                        .maxSize(100)
                        .fields(List.of("ext")))
                .json())
        .contains("NOT_ADMINISTRATOR");
  }

  @Test
  void repeatedKeys_lastValueCounts() {
    ApiServer server = server();
    register(server, "twice", "{\"host\":\"a\",\"host\":\"b\",\"port\":1}");
    assertThat(gatehouse.registry().server("twice").host()).isEqualTo("b");
  }

  private static final String SERVER = "{\"host\":\"10.0.0.3\",\"port\":1}";

  @Test
  void clientGate_everybodyAdministrator_provesNothing() {
    ApiServer server = server(builder -> builder.clientGate(FateClientScheme.create()));
    for (String path : List.of("/v1/server/s/register", "/v1/server/get", "/v1/permission/grant")) {
      assertThat(server.post(path, SERVER).at("/retmsg").asText())
          .as(path)
          .startsWith("requirement headers parameters");
    }
    assertThat(gatehouse.registry().servers("", 10)).isEmpty();
  }

  @Test
  void clientGate_everybodyAdministrator_hookCanBeRegistered_once() {
    ApiServer server =
        server(builder -> builder.hookServer("hooks").clientGate(FateClientScheme.create()));
    hook(server, "client_authentication");
    transport.answer(200, "{\"code\":7,\"msg\":\"no\"}");
    assertJson(server.post("/v1/server/s/register", SERVER), "{\"retcode\":7,\"retmsg\":\"no\"}");
    assertThat(gatehouse.registry().findServer("s")).isEmpty();
  }

  @Test
  void clientGate_administratorWithAName_passes() {
    ApiServer server =
        server(
            AdminAuthenticator.token("administrator"),
            builder -> builder.clientGate(FateClientScheme.create()));
    String[] token = {"X-Admin-Token", "administrator"};
    assertJson(server.post("/v1/server/nosuch/get", "{}", token), SUCCESS);
    assertThat(server.post("/v1/server/nosuch/get", "{}").at("/retcode").asInt()).isEqualTo(109);
  }

  @Test
  void forward_signed_notForWhoeverComesAlong() {
    ApiServer server =
        server(
            AdminAuthenticator.token("administrator"),
            builder -> builder.siteGate().forward(Set.of("arbiter")));
    assertThat(forward(server, "arbiter").status()).isEqualTo(401);
    assertThat(transport.requests()).isEmpty();
  }

  @Test
  void removalOfWhatIsNotThere_isAudited() {
    assertThat(
            server().post("/v2/server/delete", "{\"server_name\":\"s\"}").at("/message").asText())
        .isEqualTo("failed");
    assertThat(audited()).contains("what is to be removed is not there");
  }

  private String audited() {
    return gatehouse
        .audit()
        .find(AuditQuery.between(Instant.EPOCH, clock.instant()).maxSize(100))
        .json();
  }

  @Test
  void clientHook_isToldEverythingInOneShape() {
    ApiServer server =
        server(
            AdminAuthenticator.token("administrator"),
            builder -> builder.hookServer("hooks").clientGate(FateClientScheme.create()));
    assertThat(server.post("/v1/server/get", "{}").at("/retmsg").asText())
        .isEqualTo(
            "Exception('client authentication error: no found server hooks service"
                + " client_authentication')");
    gatehouse.registry().register(dev.gatehouse.registry.Server.named("hooks").at("10.0.0.9", 80));
    gatehouse
        .registry()
        .register(
            dev.gatehouse.registry.Service.named("client_authentication").on("hooks").uri("/c"));
    transport.answer(200, "{\"code\":0}");
    assertThat(server.post("/v1/server/get", "{\"q\":1}", "X-A", "b").at("/retcode").asInt())
        .isZero();
    JsonNode told = told();
    assertThat(told.path("full_path").asText()).isEqualTo("/v1/server/get");
    assertThat(
            told.path("headers").path("X-a").asText("")
                + told.path("headers").path("X-A").asText(""))
        .isEqualTo("b");
    assertThat(told.path("form").isObject()).isTrue();
    assertThat(told.path("data").asText()).isEqualTo("{\"q\":1}");
    assertThat(told.path("json").path("q").asInt()).isEqualTo(1);
  }
}
