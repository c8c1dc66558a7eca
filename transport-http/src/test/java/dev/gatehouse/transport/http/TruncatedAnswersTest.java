package dev.gatehouse.transport.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.gatehouse.Gatehouse;
import dev.gatehouse.hook.HookException;
import dev.gatehouse.hook.Hooks;
import dev.gatehouse.observe.GatehouseListener;
import dev.gatehouse.registry.Registry;
import dev.gatehouse.registry.Server;
import dev.gatehouse.registry.Service;
import dev.gatehouse.registry.ServiceCall;
import dev.gatehouse.storage.memory.MemoryStorage;
import dev.gatehouse.transport.Deadline;
import dev.gatehouse.transport.Request;
import dev.gatehouse.transport.Response;
import java.io.IOException;
import java.net.URI;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Answers, over sockets, that are longer than a transport of 64 bytes keeps. */
@Timeout(60)
@ExtendWith(Leftovers.class)
final class TruncatedAnswersTest {
  private static final String SIGNED = "{\"code\":0,\"data\":\"S\"}";

  private final HttpTransport transport =
      HttpTransport.builder().allow("127.0.0.0/8").maxAnswerBytes(64).build();
  private final List<String> heard = new CopyOnWriteArrayList<>();
  private final Gatehouse gatehouse =
      Gatehouse.builder()
          .storage(MemoryStorage.create())
          .transport(transport)
          .registry(
              options ->
                  options.calls(
                      options
                          .calls()
                          .retries(3, Duration.ZERO, 100)
                          .breaker(5, Duration.ofHours(1))))
          .listener(
              new GatehouseListener() {
                @Override
                public void instanceChanged(String server, String address, String change) {
                  heard.add(address + " " + change);
                }

                @Override
                public void breakerChanged(String server, String service, String state) {
                  heard.add(service + " " + state);
                }
              })
          .build();

  @AfterEach
  void close() {
    gatehouse.close();
  }

  private static String told(int status, String body) {
    return "HTTP/1.1 " + status + " Told\r\nContent-Length: " + body.length() + "\r\n\r\n" + body;
  }

  private static String chunked(String body) {
    return "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
        + Integer.toHexString(body.length())
        + "\r\n"
        + body
        + "\r\n0\r\n\r\n";
  }

  private Registry registry(RawServer server, String service) {
    Registry registry = gatehouse.registry();
    registry.register(Server.named("third").at("127.0.0.1", server.port()));
    registry.register(
        Service.named(service)
            .on("third")
            .uri("/v1/x")
            .method(service.equals("get") ? "GET" : "POST"));
    return registry;
  }

  private static Response call(Registry registry) {
    return registry.call("third", "get", ServiceCall.EMPTY);
  }

  @Test
  void call_saysSo_andCountsByItsStatus() throws IOException {
    String body = "x".repeat(65);
    try (RawServer server = RawServer.repeating(told(200, body))) {
      Registry registry = registry(server, "get");
      for (int call = 0; call < 20; call++) {
        Response response = call(registry);
        assertThat(response.isTruncated()).isTrue();
        assertThat(response.text()).isEqualTo(body.substring(1));
      }
      assertThat(server.heard()).as("none is tried again").hasSize(20);
      assertThat(heard).isEmpty();
    }
  }

  @Test
  void call_failureThatIsTruncated_isTriedAgainAndTaught() throws IOException {
    try (RawServer server = RawServer.repeating(told(503, "x".repeat(65)))) {
      Registry registry = registry(server, "get");
      Response response = call(registry);
      assertThat(response.status()).isEqualTo(503);
      assertThat(response.isTruncated()).isTrue();
      assertThat(server.heard()).hasSize(3);
      assertThat(call(registry).status()).isEqualTo(503);
      assertThat(heard).containsExactly("get open");
    }
  }

  /** An answer of just the limit is whole where its length is told; else it may go on. */
  @ParameterizedTest
  @CsvSource({"false, 63, false", "false, 64, false", "true, 63, false", "true, 64, true"})
  void TRANSPORT10_answerNearTheLimit_saysWhetherItIsWhole(
      boolean isChunked, int length, boolean truncated) throws Exception {
    String body = "x".repeat(length);
    try (RawServer server = RawServer.repeating(isChunked ? chunked(body) : told(200, body))) {
      Request request = Request.get(server.uri("/"));
      Deadline deadline = Deadline.in(Duration.ofSeconds(50));
      for (Response response :
          List.of(
              transport.execute(request, deadline),
              transport.send(request, deadline).toCompletableFuture().get())) {
        assertThat(response.text()).isEqualTo(body);
        assertThat(response.isTruncated()).isEqualTo(truncated);
      }
    }
  }

  /** An answer to HEAD tells the length of what is not sent. */
  @Test
  void answer_toHead_isWhole() throws Exception {
    try (RawServer server =
        RawServer.repeating("HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n")) {
      Response response =
          transport.execute(
              Request.of("HEAD", server.uri("/")), Deadline.in(Duration.ofSeconds(50)));
      assertThat(response.isTruncated()).isFalse();
      assertThat(response.headers().first("Content-Length")).contains("1000");
    }
  }

  /** What is left of it is a whole object with blanks behind it, which would be believed. */
  @Test
  void hook_failsClosed() throws IOException {
    String blanks = " ".repeat(64 - SIGNED.length());
    Request request = Request.post(URI.create("http://p/"), "{}");
    try (RawServer server = RawServer.repeating(told(200, SIGNED + blanks))) {
      registry(server, "signature");
      Hooks hooks = Hooks.create(gatehouse.registry(), transport, "third", "9999");
      assertThat(hooks.signer().sign(request).addTo(request).headers().all("SITE-SIGNATURE"))
          .containsExactly("S");
    }
    for (String longer : List.of(told(200, SIGNED + blanks + " "), chunked(SIGNED + blanks))) {
      try (RawServer server = RawServer.repeating(longer)) {
        registry(server, "signature");
        Hooks hooks = Hooks.create(gatehouse.registry(), transport, "third", "9999");
        assertThatThrownBy(() -> hooks.signer().sign(request))
            .isInstanceOf(HookException.class)
            .hasMessageContaining("the answer is too long");
      }
    }
  }
}
