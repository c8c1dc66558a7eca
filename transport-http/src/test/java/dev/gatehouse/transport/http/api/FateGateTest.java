package dev.gatehouse.transport.http.api;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.gatehouse.audit.AuditQuery;
import dev.gatehouse.json.Json;
import dev.gatehouse.registry.Application;
import dev.gatehouse.signing.FateClientScheme;
import dev.gatehouse.signing.Key;
import dev.gatehouse.signing.KeyMaterial;
import dev.gatehouse.signing.Signer;
import dev.gatehouse.transport.Request;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Whom FATE Flow's interface lets in, by clients' signatures, hooks and keys. */
class FateGateTest extends FateFlowOverHttp {
  private static final String SERVER = "{\"host\":\"10.0.0.3\",\"port\":1}";

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
