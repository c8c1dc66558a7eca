package dev.gatehouse.transport.http.api;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.gatehouse.Gatehouse;
import dev.gatehouse.json.Json;
import dev.gatehouse.storage.memory.MemoryStorage;
import dev.gatehouse.testing.fixture.ManualClock;
import dev.gatehouse.testing.fixture.RecordingTransport;
import dev.gatehouse.transport.Request;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import org.junit.jupiter.api.AfterEach;

/** The interface of FATE Flow over a socket, for its acceptance cases by their ids. */
abstract class FateFlowOverHttp {
  static final String SUCCESS = "{\"retcode\":0,\"retmsg\":\"success\"}";
  static final String PARTY = "/v1/party/j1/guest/10000/create";

  final ManualClock clock = new ManualClock(Instant.parse("2026-01-02T03:04:05Z"));
  final MemoryStorage storage = MemoryStorage.create(clock);
  final RecordingTransport transport = RecordingTransport.create();
  final Gatehouse gatehouse =
      Gatehouse.builder().storage(storage).transport(transport).clock(clock).build();
  final List<FateFlowApi.Job> jobs = new ArrayList<>();
  private final List<ApiServer> open = new ArrayList<>();

  @AfterEach
  void close() {
    open.forEach(ApiServer::close);
    gatehouse.close();
  }

  ApiServer server() {
    return server(builder -> {});
  }

  ApiServer server(Consumer<FateFlowApi.Builder> more) {
    return server(AdminAuthenticator.EVERYBODY, more);
  }

  ApiServer server(AdminAuthenticator administrators, Consumer<FateFlowApi.Builder> more) {
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

  static void assertJson(ApiServer.Answer answer, String expected) {
    assertThat(answer.status()).isEqualTo(200);
    assertThat(answer.json()).isEqualTo(Json.parse(expected, "expected"));
  }

  static void register(ApiServer server, String name, String body) {
    assertJson(server.post("/v1/server/" + name + "/register", body), SUCCESS);
  }

  void hook(ApiServer server, String service) {
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

  JsonNode told() {
    return Json.parse(transport.lastRequest().body(), "told");
  }

  /** Not the tree: over its keys' order signatures are made. */
  static String text(Request request) {
    return new String(request.body(), StandardCharsets.UTF_8);
  }
}
