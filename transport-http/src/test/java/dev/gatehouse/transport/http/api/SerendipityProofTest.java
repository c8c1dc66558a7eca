package dev.gatehouse.transport.http.api;

import static org.assertj.core.api.Assertions.assertThat;

import dev.gatehouse.audit.AuditQuery;
import dev.gatehouse.json.Json;
import dev.gatehouse.registry.Application;
import dev.gatehouse.signing.Key;
import dev.gatehouse.signing.KeyMaterial;
import dev.gatehouse.signing.SerendipityScheme;
import dev.gatehouse.signing.Signer;
import dev.gatehouse.transport.Request;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Whose requests Serendipity-job's interface takes, and what it says to the others. */
class SerendipityProofTest extends SerendipityOverHttp {
  private static final String B5 =
      "{\"taskNo\":\"order-1001\",\"content\":{\"class\":\"http\",\"_params\":{\"id\":7}},"
          + "\"timeout\":60000,\"name\":\"charge\",\"runtime\":\"2030-01-01 00:00:00\"}";
  private static final String V1_SIGNATURE =
      "NzAyODljNWYxNzgyZDY2MzJiZWIxNTVhODc3Y2JkZmY0ZGM0MDgxNjBiMDQ1ZmEwM2Q3ODBlN2Q2YjkxOTFiOQ==";
  private static final String V5_SIGNATURE =
      "YTkxNzlhMDQ5MTJiZjFhYzBlZTY1YzAyMDk3YmIxNGU0ODhkYjIyNjA5NTYzOGIwYjY4NTFiNDgzMTU0ZGFlNw==";

  private ApiServer compat() {
    return server(SerendipityScheme.compat());
  }

  private String[] v1(String signature) {
    return new String[] {
      "app_key", billing.appKey(),
      "nonce", "aB3dE5fG7hI9jK1L",
      "timestamps", "1700000000",
      "payload", "9509a13ffc6c94e38b6bc91f4e163e04",
      "signature", signature
    };
  }

  private String[] v5() {
    return new String[] {
      "app_key", billing.appKey(),
      "nonce", "Body0Nonce0Hash1",
      "timestamps", "1700000002",
      "payload", "0d738f2872c5bcea7bdd6ee1b2bd68a7",
      "signature", V5_SIGNATURE
    };
  }

  @Test
  void case01_compat_headersOfV1_accepted() {
    ApiServer server = compat();
    assertThat(server.post("/task/create", B5, v1(V1_SIGNATURE)).at("/code").asInt()).isZero();
    assertThat(server.get("/task/detail?id=1", v1(V1_SIGNATURE)).status()).isEqualTo(200);
    assertThat(server.post("/task/cancel", "{\"id\":1}", v1(V1_SIGNATURE)).status()).isEqualTo(200);
    assertThat(server.post("/nsq/publish", "{\"task_id\":1}", v1(V1_SIGNATURE)).status())
        .isEqualTo(200);
    assertThat(server.post("/task/dag", "{\"workflow_id\":1}", v1(V1_SIGNATURE)).status())
        .isEqualTo(200);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "cCicXxeC1mMr6xVah3y9/03ECBYLBF+gPXgOfWuRkbk=",
        "NzAyODlDNUYxNzgyRDY2MzJCRUIxNTVBODc3Q0JERkY0REM0MDgxNjBCMDQ1RkEwM0Q3ODBFN0Q2QjkxOTFCOQ==",
        "ZjM0ZDE2MDU2MmQwZWE4OWM4ZTBmODQyNjFmNjBiZWFkZmEyM2E1ODZmNDY4ZTVhYTZiYmM0YmQ1ZjFkNDUxOA==",
        "YjI3NTkyODBlYjBhNWEyMmM1MTVhYTdjNmM4MTA2YjU1ZTE0OTBmNjE1Nzk0MDdlOTlhMjJkYzAzZWEwNWFjNQ=="
      })
  void case02_compat_wrongSignatures_unauthorized(String signature) {
    assertUnauthorized(compat().post("/task/create", B5, v1(signature)));
  }

  @Test
  void case03_unknownAppKey_unauthorized() {
    String[] headers = v1(V1_SIGNATURE);
    headers[1] = "nope";
    assertUnauthorized(compat().post("/task/create", B5, headers));
    assertUnauthorized(strict().post("/task/create", B5, headers));
  }

  @Test
  void case04_anyHeaderMissing_unauthorized() {
    ApiServer server = compat();
    for (int missing = 0; missing < 10; missing += 2) {
      List<String> headers = new ArrayList<>(List.of(v1(V1_SIGNATURE)));
      headers.remove(missing);
      headers.remove(missing);
      assertUnauthorized(server.post("/task/create", B5, headers.toArray(String[]::new)));
    }
  }

  @ParameterizedTest
  @CsvSource({
    "1544480100,MTkxZGMxNzZmZGVkNmYyZTJhNTBmYjI2MzA2MDM2ZDhmNGVjMDYwNDYwOWNjNTdiZDFmOWNjNDk0Njc2YjAxMA==,200",
    "1544480099,ZWQyODhkNmE0NGRjZjIyM2FhNWI4Mzk3M2JhOWUyZTMxNTA5OThjZmZlNmNlMDE2NjJkZTc2MzhiNjA2YTQ5Mw==,401"
  })
  void case06_compat1800Days_ageAtItsEdge(String timestamp, String signature, int status) {
    String[] headers = v1(signature);
    headers[5] = timestamp;
    ApiServer server = server(SerendipityScheme.compat(SerendipityScheme.MAX_AGE));
    assertThat(server.post("/task/create", B5, headers).status()).isEqualTo(status);
  }

  @Test
  void case08_datedIn2030_unauthorized() {
    KeyMaterial material =
        KeyMaterial.secret(Key.Algorithm.HMAC_SHA256, SECRET.getBytes(StandardCharsets.US_ASCII));
    Instant later = Instant.ofEpochSecond(1_893_456_000);
    Request request = Request.post(URI.create("/task/create"), B5);
    String[] headers =
        flat(
            Signer.of(billing.appKey(), material, SerendipityScheme.strict(), () -> later)
                .sign(request)
                .headers());
    assertUnauthorized(compat().post("/task/create", B5, headers));
    assertUnauthorized(strict().post("/task/create", B5, headers));
  }

  @Test
  void case09_10_11_strict_bodyOfV5_acceptedOnce_andUnchangedOnly() {
    ApiServer server = strict();
    assertUnauthorized(server.post("/task/create", B5.replace("charge", "chargf"), v5()));
    ApiServer.Answer first = server.post("/task/create", B5, v5());
    assertThat(first.at("/code").asInt()).isZero();
    assertThat(first.at("/msg").asText()).isEqualTo("ok!");
    assertThat(first.at("/data/taskId").isIntegralNumber()).isTrue();
    assertUnauthorized(server.post("/task/create", B5, v5()));
  }

  @Test
  void case12_strict_headersOfV1_unauthorized() {
    assertUnauthorized(strict().post("/task/create", B5, v1(V1_SIGNATURE)));
  }

  @Test
  void case14_applicationDisabledOrRemoved_unauthorizedAtOnce() {
    ApiServer server = strict();
    create(server, "{\"content\":1}");
    virtual.gatehouse().registry().register(billing.toDraft().status(Application.Status.DISABLED));
    assertUnauthorized(post(server, "/task/create", "{\"content\":1}"));
    virtual.gatehouse().registry().register(billing.toDraft());
    create(server, "{\"content\":1}");
    virtual.gatehouse().registry().removeApplication("billing-worker");
    assertUnauthorized(post(server, "/task/create", "{\"content\":1}"));
  }

  /** Whose signature is right gets as far as what its body lacks; whose is not, does not. */
  @Test
  void case43_headersOfV8_accepted_exactlyThose() {
    String body = "{\"data\":{\"class\":\"http\",\"_params\":{\"id\":7}}}";
    String signature =
        "N2NmOGQ4ZmM2YzI4M2MwNzE5M2JkNGE2ZGZhMTcwYmE2ZjA5ZTlmNTIzY2Y3YmJkZTRhMjZmYjJiYTE5ZjFjNg==";
    ApiServer server = strict();
    String[] headers = {
      "app_key", billing.appKey(),
      "nonce", "CallbackNonce001",
      "timestamps", "1700000010",
      "payload", "5b6170270b580526edfb9aa626cc0919",
      "signature", signature.replace("jFjNg", "jFjNw")
    };
    assertUnauthorized(server.post("/task/create", body, headers));
    headers[9] = signature;
    assertFailure(server.post("/task/create", body, headers), "参数错误!");
    assertUnauthorized(server.post("/task/create", body, headers));
  }

  @Test
  void case46_wrongMethodAndUnknownPath_inJson() {
    ApiServer server = strict();
    ApiServer.Answer wrong = server.get("/task/create");
    assertThat(wrong.status()).isEqualTo(405);
    assertThat(wrong.headers().get("Allow")).isEqualTo("POST");
    assertThat(wrong.json())
        .isEqualTo(
            Json.parse("{\"code\":1,\"msg\":\"METHOD_NOT_ALLOWED\",\"data\":[]}", "expected"));
    ApiServer.Answer unknown = server.post("/nope", "{}");
    assertThat(unknown.status()).isEqualTo(404);
    assertThat(unknown.json())
        .isEqualTo(Json.parse("{\"code\":1,\"msg\":\"NOT_FOUND\",\"data\":[]}", "expected"));
    assertThat(server.send("HEAD", "/task/detail?id=1", null).status()).isEqualTo(401);
  }

  @Test
  void refusals_areAudited_withoutSecrets() {
    ApiServer server = strict();
    server.post("/application/create", SEED_APPLICATION);
    server.get("/task/create?token=verysecret");
    String page =
        virtual
            .gatehouse()
            .audit()
            .find(
                AuditQuery.between(NOW.minusSeconds(1), NOW.plusSeconds(1))
                    .maxSize(100)
                    .fields(List.of("content", "service", "ext")))
            .json();
    assertThat(page).contains("NOT_ADMINISTRATOR", "WRONG_METHOD", "/application/create");
    assertThat(page).doesNotContain("verysecret");
  }
}
