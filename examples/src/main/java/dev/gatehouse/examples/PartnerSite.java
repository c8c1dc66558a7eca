package dev.gatehouse.examples;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import dev.gatehouse.Gatehouse;
import dev.gatehouse.error.AuthenticationException;
import dev.gatehouse.error.GatehouseException;
import dev.gatehouse.hook.FateSite;
import dev.gatehouse.hook.HookOutcome;
import dev.gatehouse.hook.Hooks;
import dev.gatehouse.hook.JobRequest;
import dev.gatehouse.reader.ReaderOptions;
import dev.gatehouse.registry.Server;
import dev.gatehouse.registry.Service;
import dev.gatehouse.storage.memory.MemoryStorage;
import dev.gatehouse.transport.Request;
import dev.gatehouse.transport.http.HttpTransport;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/**
 * A site of FATE as a host embeds it, without the HTTP API: a Gatehouse of its own, and a server of
 * its own that lets in other sites' jobs by signature, and then by what the permission hook says.
 */
final class PartnerSite implements AutoCloseable {
  private final String party;
  private final Gatehouse gatehouse;
  private final FateSite site;
  private final Hooks hooks;
  private final HttpServer server;

  PartnerSite(String party, int hookPort, ReaderOptions reader) throws IOException {
    this.party = party;
    HttpTransport transport = HttpTransport.builder().allow("127.0.0.0/8").build();
    gatehouse =
        Gatehouse.builder()
            .storage(MemoryStorage.create())
            .transport(transport)
            .reader(reader)
            .build();
    site = gatehouse.site(party);
    hooks = Hooks.create(gatehouse.registry(), transport, "third", party);
    gatehouse.registry().register(Server.named("third").at("127.0.0.1", hookPort));
    gatehouse.registry().register(Service.named("permission").on("third").uri("/permission"));
    server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.createContext("/job", this::receive);
    server.start();
  }

  Gatehouse gatehouse() {
    return gatehouse;
  }

  FateSite site() {
    return site;
  }

  /** What it hands to its partners. */
  String publicKey() {
    return gatehouse.siteKeys(party).own().toPem();
  }

  /** Where its partners find it. */
  void knows(PartnerSite partner) {
    int port = partner.server.getAddress().getPort();
    gatehouse.registry().register(Server.named(partner.party).at("127.0.0.1", port));
    gatehouse.registry().register(Service.named("job").on(partner.party).uri("/job"));
  }

  /** What the partner answers. */
  String ask(PartnerSite partner, String role, String json) {
    return gatehouse
        .registry()
        .call(partner.party, "job", site.call(partner.party, role, json))
        .text();
  }

  private void receive(HttpExchange exchange) throws IOException {
    Request request =
        Request.of(exchange.getRequestMethod(), exchange.getRequestURI())
            .body(exchange.getRequestBody().readAllBytes());
    for (Map.Entry<String, List<String>> header : exchange.getRequestHeaders().entrySet()) {
      for (String value : header.getValue()) {
        request = request.header(header.getKey(), value);
      }
    }
    byte[] answer = judged(request).getBytes(StandardCharsets.UTF_8);
    exchange.sendResponseHeaders(200, answer.length);
    try (OutputStream out = exchange.getResponseBody()) {
      out.write(answer);
    }
  }

  private String judged(Request request) {
    try {
      FateSite.Caller caller = site.admit(request);
      String component =
          Objects.toString(caller.verified().json(Map.class).get("component"), "none");
      HookOutcome outcome =
          hooks.check(
              new JobRequest(
                  caller.role(),
                  caller.party(),
                  caller.role().equals("host") ? "guest" : "host",
                  party,
                  "{}",
                  "{}",
                  List.of(component),
                  List.of(),
                  JobRequest.Configuration.NONE));
      return outcome.isPermitted()
          ? "taken from " + caller.party() + " as " + caller.role()
          : "108 " + outcome.code() + " " + outcome.message();
    } catch (AuthenticationException e) {
      return "109 " + e.reason();
    } catch (GatehouseException e) {
      return "100 " + e.getMessage();
    }
  }

  @Override
  public void close() {
    server.stop(0);
    gatehouse.close();
  }
}
