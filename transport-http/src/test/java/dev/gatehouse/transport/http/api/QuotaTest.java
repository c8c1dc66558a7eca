package dev.gatehouse.transport.http.api;

import static org.assertj.core.api.Assertions.assertThat;

import dev.gatehouse.Gatehouse;
import dev.gatehouse.audit.AuditQuery;
import dev.gatehouse.json.Json;
import dev.gatehouse.registry.Application;
import dev.gatehouse.signing.FateClientScheme;
import dev.gatehouse.signing.Key;
import dev.gatehouse.signing.KeyMaterial;
import dev.gatehouse.signing.Scheme;
import dev.gatehouse.signing.SerendipityScheme;
import dev.gatehouse.signing.Signer;
import dev.gatehouse.storage.memory.MemoryStorage;
import dev.gatehouse.testing.fixture.ManualClock;
import dev.gatehouse.transport.Headers;
import dev.gatehouse.transport.Request;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** An application that has used up its nonces is told to wait, not that it is unknown. */
class QuotaTest {
  private static final int QUOTA = 3;

  private final ManualClock clock = new ManualClock(Instant.parse("2026-01-02T03:04:05Z"));
  private final Gatehouse gatehouse =
      Gatehouse.builder()
          .storage(MemoryStorage.create(clock))
          .clock(clock)
          .nonceQuota(QUOTA)
          .build();
  private final Application application =
      gatehouse.registry().register(Application.named("a").callback("https://a.example/"));
  private final ApiServer server =
      new ApiServer(
          HttpApi.builder(gatehouse)
              .serve(SerendipityApi.builder(gatehouse).clock(clock).build())
              .serve(FateFlowApi.builder(gatehouse).clientGate(FateClientScheme.create()).build())
              .clock(clock)
              .build());

  @AfterEach
  void close() {
    server.close();
    gatehouse.close();
  }

  private ApiServer.Answer send(
      Scheme scheme, Key.Algorithm algorithm, String secret, String path, String body) {
    KeyMaterial material =
        KeyMaterial.secret(algorithm, secret.getBytes(StandardCharsets.US_ASCII));
    Headers signed =
        Signer.of(application.appKey(), material, scheme, clock)
            .sign(Request.post(URI.create(path), body))
            .headers();
    return server.post(
        path,
        body,
        signed.fields().stream()
            .flatMap(field -> Stream.of(field.name(), field.value()))
            .toArray(String[]::new));
  }

  private ApiServer.Answer task(String number) {
    return send(
        SerendipityScheme.strict(),
        Key.Algorithm.HMAC_SHA256,
        application.secret().orElseThrow().reveal(),
        "/task/create",
        "{\"taskNo\":\"" + number + "\",\"content\":1}");
  }

  private ApiServer.Answer query() {
    String path = "/v1/service/query";
    String body = "{\"service_name\":\"s\"}";
    return send(
        FateClientScheme.create(), Key.Algorithm.HMAC_SHA1, "client-secret-0001", path, body);
  }

  @Test
  void serendipity_quotaUsedUp_429InItsForm_untilNoncesExpire() {
    for (int i = 0; i < QUOTA; i++) {
      assertThat(task("n" + i).at("/code").asInt()).isZero();
    }
    ApiServer.Answer answer = task("refused");
    assertThat(answer.status()).isEqualTo(429);
    assertThat(answer.json())
        .isEqualTo(
            Json.parse("{\"code\":1,\"msg\":\"TOO_MANY_REQUESTS\",\"data\":[]}", "expected"));
    assertThat(gatehouse.scheduler().as(application).findTask("refused")).isEmpty();
    assertThat(audited()).contains("Request refused: QUOTA", "/task/create");
    clock.advance(Duration.ofSeconds(661));
    assertThat(task("refused").at("/code").asInt()).isZero();
  }

  /** FATE's interface answers 200 whatever happens, and names the status in the message. */
  @Test
  void fateFlow_quotaUsedUp_retcode100WithThatStatus() {
    KeyMaterial material =
        KeyMaterial.secret(
            Key.Algorithm.HMAC_SHA1, "client-secret-0001".getBytes(StandardCharsets.US_ASCII));
    gatehouse.keys().importKey(application.id(), Key.Purpose.REQUEST, material);
    for (int i = 0; i < QUOTA; i++) {
      assertThat(query().at("/retcode").asInt()).isZero();
    }
    ApiServer.Answer answer = query();
    assertThat(answer.status()).isEqualTo(200);
    assertThat(answer.json())
        .isEqualTo(
            Json.parse(
                "{\"retcode\":100,\"retmsg\":\"<TooManyRequests '429: Too Many Requests'>\"}",
                "expected"));
    assertThat(audited()).contains("Request refused: QUOTA", "/v1/service/query");
  }

  private String audited() {
    Instant now = clock.instant();
    return gatehouse
        .audit()
        .find(
            AuditQuery.between(now.minusSeconds(1), now.plusSeconds(1))
                .maxSize(100)
                .fields(List.of("content", "service", "ext")))
        .json();
  }
}
