package dev.gatehouse.examples;

import com.sun.net.httpserver.HttpServer;
import dev.gatehouse.Gatehouse;
import dev.gatehouse.reader.FeatureFeed;
import dev.gatehouse.reader.FeatureRow;
import dev.gatehouse.reader.FeatureSink;
import dev.gatehouse.reader.Position;
import dev.gatehouse.reader.ReaderOptions;
import dev.gatehouse.reader.Reading;
import dev.gatehouse.registry.Server;
import dev.gatehouse.registry.Service;
import dev.gatehouse.registry.ServiceCall;
import dev.gatehouse.scheduler.TaskStatus;
import dev.gatehouse.signing.Key;
import dev.gatehouse.signing.KeyMaterial;
import dev.gatehouse.transport.Request;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/**
 * Two sites of FATE over real sockets, checking themselves: they exchange public keys, let each
 * other in by signature, ask a third party what the other may do, and read features from another.
 * Ends with an exception, so with a non-zero exit code, if anything was not as it should be.
 */
public final class TwoSites {
  private static final Duration PATIENCE = Duration.ofSeconds(30);

  private final Story story = new Story(System.out);
  private final List<String> rows = new ArrayList<>();

  private TwoSites() {}

  /** Runs the job; takes no arguments. */
  public static void main(String[] arguments) throws IOException, InterruptedException {
    System.out.println("Gatehouse, two sites: one job each way, one hook, one reading");
    HttpServer hook = permissionHook();
    TwoSites sites = new TwoSites();
    int port = hook.getAddress().getPort();
    try (PartnerSite guest = new PartnerSite("9999", port, sites.reader());
        PartnerSite host = new PartnerSite("10000", port, ReaderOptions.DEFAULT)) {
      sites.exchangeKeys(guest, host);
      sites.send(guest, host);
      sites.forge(guest);
      sites.read(guest.gatehouse());
      hook.stop(0);
      sites.losesItsHook(guest, host);
    } finally {
      hook.stop(0);
    }
    sites.story.end();
  }

  /** A third party that lets everybody read, and do nothing else. */
  private static HttpServer permissionHook() throws IOException {
    HttpServer server =
        HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.createContext(
        "/permission",
        exchange -> {
          String asked =
              new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8);
          boolean reads = asked.contains("\"component_list\":[\"reader\"]");
          String answer = reads ? "{\"code\":0}" : "{\"code\":2,\"msg\":\"readers only\"}";
          exchange.sendResponseHeaders(200, answer.length());
          try (OutputStream out = exchange.getResponseBody()) {
            out.write(answer.getBytes(StandardCharsets.UTF_8));
          }
        });
    server.start();
    return server;
  }

  private void exchangeKeys(PartnerSite guest, PartnerSite host) {
    story.chapter("Each hands the other its public key, and says where it is");
    save(guest.publicKey(), host, "10000", "9999");
    save(host.publicKey(), guest, "9999", "10000");
    guest.knows(host);
    host.knows(guest);
    story.check(
        "what is handed over is a public key",
        guest.publicKey().startsWith("-----BEGIN PUBLIC KEY-----"),
        true);
    story.check(
        "and what is known of the partner is that",
        host.gatehouse().siteKeys("10000").find("9999").orElseThrow().toPem(),
        guest.publicKey());
  }

  private static void save(String pem, PartnerSite at, String own, String party) {
    KeyMaterial key = KeyMaterial.ofPem(Key.Algorithm.RSA_PKCS1_SHA256, pem);
    at.gatehouse().siteKeys(own).save(party, key);
  }

  private void send(PartnerSite guest, PartnerSite host) {
    story.chapter("Jobs, signed both ways, permitted by a hook");
    String job = "{\"component\":\"reader\"}";
    story.check(
        "a job of 9999 for 10000", guest.ask(host, "guest", job), "taken from 9999 as guest");
    story.check(
        "a job of 10000 for 9999", host.ask(guest, "host", job), "taken from 10000 as host");
    story.check(
        "a job that the hook does not permit",
        guest.ask(host, "guest", "{\"component\":\"trainer\"}"),
        "108 2 readers only");
  }

  private void forge(PartnerSite guest) {
    story.chapter("What is not theirs is not let in");
    story.check(
        "a job that was changed on its way",
        sent(guest, "{\"component\":\"reader\",\"limit\":2}"),
        "109 SIGNATURE");
    story.check(
        "a job for another site",
        guest
            .gatehouse()
            .registry()
            .call("10000", "job", guest.site().call("10001", "guest", "{}"))
            .text(),
        "109 MALFORMED");
  }

  /** As the guest sends it, but with another body than was signed. */
  private static String sent(PartnerSite guest, String changed) {
    return guest
        .gatehouse()
        .registry()
        .call(
            "10000",
            "job",
            ServiceCall.by(
                endpoint ->
                    guest
                        .site()
                        .outbound(
                            Request.post(endpoint.uri(), "{\"component\":\"reader\",\"limit\":1}"),
                            "10000",
                            "guest")
                        .body(changed.getBytes(StandardCharsets.UTF_8))))
        .text();
  }

  private void losesItsHook(PartnerSite guest, PartnerSite host) {
    story.chapter("Without its hook, a site lets nothing pass");
    story.check(
        "a job that was permitted before",
        guest.ask(host, "guest", "{\"component\":\"reader\"}"),
        "100 permission check error: request permission url failed, no answer");
  }

  private ReaderOptions reader() {
    return ReaderOptions.builder()
        .feed("squares", new Squares())
        .pollInterval(Duration.ofMillis(100))
        .build();
  }

  private void read(Gatehouse guest) throws IOException, InterruptedException {
    story.chapter("Features of ids, from a third party that takes its time");
    try (FeatureServer features = new FeatureServer()) {
      guest.registry().register(Server.named("features").at("127.0.0.1", features.port()));
      for (String service : List.of("upload", "query", "download")) {
        guest.registry().register(Service.named(service).on("features").uri("/" + service));
      }
      guest.reader().read(Reading.of("job-1").from("features").by("squares"));
      guest.start();
      long deadline = System.nanoTime() + PATIENCE.toNanos();
      while (!status(guest).isFinal() && System.nanoTime() < deadline) {
        Thread.sleep(10);
      }
      story.check("the reading is", status(guest), TaskStatus.FINISHED);
      story.check("ids that were sent", features.ids(), 3L);
      story.check("times that it was asked", features.asked(), 3);
      story.check("rows that came", rows, List.of("u1 1", "u2 4", "u3 9", "complete: 3"));
    }
  }

  private static TaskStatus status(Gatehouse guest) {
    return guest.reader().find("job-1").orElseThrow().task().status();
  }

  /** The host's half of the reading. */
  private final class Squares implements FeatureFeed {
    @Override
    public Stream<String> ids(Reading reading) {
      return Stream.of("u1", "u2", "u3");
    }

    @Override
    public FeatureSink open(Reading reading, Position from, long fence) {
      rows.clear();
      return new FeatureSink() {
        @Override
        public void row(FeatureRow row, Position after) {
          rows.add(row.key() + " " + row.joined(","));
        }

        @Override
        public void complete(long count) {
          rows.add("complete: " + count);
        }
      };
    }
  }
}
