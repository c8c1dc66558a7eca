package dev.gatehouse.transport.http.api;

import static org.assertj.core.api.Assertions.assertThat;

import dev.gatehouse.audit.AuditQuery;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.time.Instant;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Servers and services that are registered, read and deleted over FATE Flow's interface. */
class FateCatalogueTest extends FateFlowOverHttp {
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
  void repeatedKeys_lastValueCounts() {
    ApiServer server = server();
    register(server, "twice", "{\"host\":\"a\",\"host\":\"b\",\"port\":1}");
    assertThat(gatehouse.registry().server("twice").host()).isEqualTo("b");
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
}
