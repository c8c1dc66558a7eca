package dev.gatehouse.transport.http.api;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.gatehouse.json.Json;
import dev.gatehouse.registry.Application;
import dev.gatehouse.registry.RetryPolicy;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Applications that are created and get their signed headers anew over Serendipity-job's interface.
 */
class SerendipityApplicationsTest extends SerendipityOverHttp {
  @Test
  void case15_createApplication_seedsBody_isSignedUnderItsSecret() {
    ApiServer.Answer answer = admin(strict(), SEED_APPLICATION);
    assertThat(answer.at("/code").asInt()).as(answer.text()).isZero();
    assertThat(answer.at("/msg").asText()).isEqualTo("Ok!");
    JsonNode data = answer.at("/data");
    assertThat(data.path("appKey").asText()).matches("[A-Za-z0-9]{16}");
    assertThat(data.path("nonce").asText()).matches("[A-Za-z0-9]{16}");
    assertThat(data.path("secretKey").asText()).matches("[A-Za-z0-9]{32}");
    assertThat(data.path("timestamps").isTextual()).isTrue();
    assertThat(data.path("timestamps").asText()).isEqualTo("1700000100");
    assertThat(data.path("payload").asText()).isEqualTo("57bcd60eefcac9701fd2407080a5a7b0");
    assertSignedUnderItsSecret(data);
  }

  /** By upstream's formula, written out. */
  private static void assertSignedUnderItsSecret(JsonNode data) {
    try {
      javax.crypto.Mac mac = javax.crypto.Mac.getInstance("HmacSHA256");
      byte[] secret = data.path("secretKey").asText().getBytes(StandardCharsets.US_ASCII);
      mac.init(new javax.crypto.spec.SecretKeySpec(secret, "HmacSHA256"));
      String message =
          data.path("timestamps").asText()
              + data.path("nonce").asText()
              + data.path("payload").asText();
      String hex =
          java.util.HexFormat.of().formatHex(mac.doFinal(message.getBytes(StandardCharsets.UTF_8)));
      assertThat(data.path("signature").asText())
          .isEqualTo(
              java.util.Base64.getEncoder()
                  .encodeToString(hex.getBytes(StandardCharsets.US_ASCII)));
    } catch (java.security.GeneralSecurityException e) {
      throw new AssertionError(e);
    }
  }

  @Test
  void case15_createApplication_again_refused_andTheFirstStays() {
    ApiServer server = strict();
    admin(server, SEED_APPLICATION);
    Application first = virtual.gatehouse().registry().application("帅的批爆1");
    assertFailure(admin(server, SEED_APPLICATION.replace(":10", ":11")), "创建应用失败!");
    assertThat(virtual.gatehouse().registry().application("帅的批爆1")).isEqualTo(first);
  }

  @Test
  void case15_createApplication_withoutAdministrator_unauthorized() {
    ApiServer server = strict();
    assertUnauthorized(server.post("/application/create", SEED_APPLICATION));
    assertUnauthorized(
        server.post(
            "/application/create", SEED_APPLICATION, "Authorization", "Bearer administrators"));
    assertUnauthorized(
        server.post("/application/create", SEED_APPLICATION, "X-Admin-Token", "administratoR"));
    assertThat(
            server
                .post("/application/create", SEED_APPLICATION, "X-Admin-Token", "administrator")
                .at("/code")
                .asInt())
        .isZero();
  }

  @Test
  void case16_createApplication_defaults() {
    admin(strict(), "{\"appName\":\"plain\",\"linkUrl\":\"https://plain.example/\"}");
    Application plain = virtual.gatehouse().registry().application("plain");
    assertThat(plain.retryPolicy()).isEqualTo(RetryPolicy.linear(Duration.ofSeconds(5), 5));
    assertThat(plain.remark()).isEqualTo("2023-11-15 06:15:00");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{\"appName\":\"x\",\"linkUrl\":\"https://x.example/\",\"step\":3601}",
        "{\"appName\":\"x\",\"linkUrl\":\"https://x.example/\",\"step\":-1}",
        "{\"appName\":\"x\",\"linkUrl\":\"https://x.example/\",\"step\":\"5\"}",
        "{\"appName\":\"x\",\"linkUrl\":\"https://x.example/\",\"step\":1.5}",
        "{\"appName\":\"x\",\"linkUrl\":\"https://x.example/\",\"retryTotal\":11}",
        "{\"appName\":\"x\",\"linkUrl\":\"ftp://x\"}",
        "{\"appName\":\"x\",\"linkUrl\":\"http://user@x.example/\"}",
        "{\"appName\":\"x\",\"linkUrl\":\"http://x.example:25/\"}",
        "{\"appName\":\"x\",\"linkUrl\":7}",
        "{\"appName\":\"x\"}",
        "{\"appName\":\"\",\"linkUrl\":\"https://x.example/\"}",
        "{\"appName\":[\"x\"],\"linkUrl\":\"https://x.example/\"}",
        "{\"linkUrl\":\"https://x.example/\"}",
        "[]",
        "nonsense",
        ""
      })
  void case17_createApplication_brokenRules_nothingStored(String body) {
    assertFailure(admin(strict(), body), "创建应用失败!");
    assertThat(virtual.gatehouse().registry().applications("", 100)).containsExactly(billing);
  }

  @Test
  void case17_createApplication_nameOf101Chars_nothingStored() {
    String body = "{\"appName\":\"" + "n".repeat(101) + "\",\"linkUrl\":\"https://x.example/\"}";
    assertFailure(admin(strict(), body), "创建应用失败!");
    assertThat(virtual.gatehouse().registry().applications("", 100)).containsExactly(billing);
  }

  @Test
  void case18_createApplication_greatestFigures_storedExactly() {
    admin(
        strict(),
        "{\"appName\":\"slow\",\"linkUrl\":\"https://s.example/\",\"step\":3600,\"retryTotal\":10}");
    assertThat(virtual.gatehouse().registry().application("slow").retryPolicy())
        .isEqualTo(RetryPolicy.linear(Duration.ofHours(1), 10));
  }

  @Test
  void case19_refresh_rightSecret_newNonce() {
    ApiServer server = strict();
    JsonNode first = admin(server, SEED_APPLICATION).at("/data");
    String body =
        Json.write(
            Json.object()
                .put("app_key", first.path("appKey").asText())
                .put("secret_key", first.path("secretKey").asText()));
    ApiServer.Answer answer = server.post("/application/refresh-signature", body);
    assertThat(answer.at("/code").asInt()).as(answer.text()).isZero();
    JsonNode data = answer.at("/data");
    assertThat(data.path("appKey")).isEqualTo(first.path("appKey"));
    assertThat(data.path("secretKey")).isEqualTo(first.path("secretKey"));
    assertThat(data.path("payload")).isEqualTo(first.path("payload"));
    assertThat(data.path("nonce")).isNotEqualTo(first.path("nonce"));
    assertSignedUnderItsSecret(data);
  }

  @Test
  void case19_refresh_wrongSecretOrKey_unknown() {
    ApiServer server = strict();
    for (String body :
        List.of(
            "{\"app_key\":\"" + billing.appKey() + "\",\"secret_key\":\"" + SECRET + "x\"}",
            "{}",
            "nonsense",
            "{\"app_key\":\"aaaaaaaaaaaaaaaa\",\"secret_key\":\"" + SECRET + "\"}",
            "{\"app_key\":\"' OR 1=1 --\",\"secret_key\":\"" + SECRET + "\"}",
            "{\"app_key\":\"" + billing.appKey() + "\",\"secret_key\":\"\"}")) {
      assertFailure(
          server.post("/application/refresh-signature", body), "Unknown Application Key#");
    }
    assertFailure(post(server, "/task/cancel", "{}"), "参数错误!");
    assertFailure(post(server, "/task/cancel", "{\"id\":77}"), "Unknown!");
    assertThat(audited())
        .contains("the key or secret of an application is malformed")
        .contains("the application has no such thing");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "http://169.254.169.254/",
        "http://10.0.0.1/",
        "http://[::1]/",
        "http://2130706433/",
        "http://[fd00:ec2::254]/"
      })
  void case49_linkUrlToPrivateAddresses_refused(String link) {
    assertFailure(admin(strict(), "{\"appName\":\"x\",\"linkUrl\":\"" + link + "\"}"), "创建应用失败!");
  }
}
