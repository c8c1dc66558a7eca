package dev.gatehouse.transport.http.api;

import com.fasterxml.jackson.databind.JsonNode;
import dev.gatehouse.Gatehouse;
import dev.gatehouse.check.Check;
import dev.gatehouse.error.LimitException;
import dev.gatehouse.error.TransportException;
import dev.gatehouse.hook.FateSite;
import dev.gatehouse.hook.HookException;
import dev.gatehouse.hook.Hooks;
import dev.gatehouse.registry.Application;
import dev.gatehouse.registry.Server;
import dev.gatehouse.signing.FateSiteScheme;
import dev.gatehouse.transport.Deadline;
import dev.gatehouse.transport.Request;
import dev.gatehouse.transport.Response;
import dev.gatehouse.transport.Transport;
import java.net.URI;
import java.net.URISyntaxException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Passes requests on to the servers of other sites, for the roles that the host lists, and with
 * this site's signature if sites are to prove themselves. Safe for use by multiple threads.
 */
final class FateForward {
  private static final int FEDERATED_ERROR = 104;
  private static final int UNSUPPORTED = 404;
  private static final String NO_ANSWER = "Exception('no answer')";
  private static final Duration TIME = Duration.ofSeconds(30);
  private static final Set<String> METHODS = Set.of("POST", "PUT");

  /**
   * What passing on takes.
   *
   * @param transport null if there is none: then it fails
   * @param roles for which requests are passed on, in lower case
   * @param ownParty of this site
   * @param hooks signs instead of this site's own key; null for none
   */
  record Parts(
      Gatehouse gatehouse,
      @Nullable Transport transport,
      Set<String> roles,
      String ownParty,
      Signing signing,
      @Nullable Hooks hooks) {}

  /** Whether what is passed on is signed. */
  enum Signing {
    OFF,
    ON
  }

  private final Parts parts;

  FateForward(Parts parts) {
    this.parts = parts;
  }

  ApiResponse pass(Call call) {
    String role = call.variable("role");
    Optional<Server> server =
        parts.roles().contains(role.toLowerCase(Locale.ROOT))
            ? parts.gatehouse().registry().findServer(role)
            : Optional.empty();
    Transport transport = parts.transport();
    if (server.isEmpty() || transport == null) {
      String retmsg = "role \"" + Check.shown(role) + "\" not supported";
      throw new RefusedException(
          Refusal.FORBIDDEN, "the role is not passed on", FateJson.failure(UNSUPPORTED, retmsg));
    }
    JsonNode given = FateJson.body(call);
    Request request = request(server.get(), given);
    try {
      return answer(transport, parts.signing() == Signing.ON ? signed(request) : request);
    } catch (RefusedException e) {
      return failed(e.why());
    }
  }

  private Request request(Server server, JsonNode given) {
    JsonNode header = given.path("header");
    String method = header.path("METHOD").asText("POST").toUpperCase(Locale.ROOT);
    if (!METHODS.contains(method)) {
      throw FateJson.refused("ValueError", "METHOD must be POST or PUT");
    }
    String source = header.path("SRC-PARTY-ID").asText("");
    if (!source.isEmpty() && !source.equals("0") && !source.equals(parts.ownParty())) {
      throw FateJson.refused("ValueError", "SRC-PARTY-ID must be this site's own");
    }
    try {
      Request request =
          FateSite.named(
              Request.of(method, target(server, header.path("ENDPOINT").asText("")))
                  .header("Content-Type", "application/json"),
              parts.ownParty(),
              header.path("DEST-PARTY-ID").asText(""),
              header.path("SRC-ROLE").asText(""));
      return request.body(bytes(FateJson.unsorted(body(given))));
    } catch (IllegalArgumentException e) {
      throw FateJson.refused(e);
    }
  }

  private static JsonNode body(JsonNode given) {
    return given.has("body") ? given.path("body") : FateJson.object();
  }

  private static URI target(Server server, String endpoint) {
    RequestPath path;
    try {
      path = RequestPath.of(endpoint);
    } catch (RefusedException e) {
      throw new IllegalArgumentException("ENDPOINT must be a plain path");
    }
    Check.that(!path.segments().isEmpty(), "ENDPOINT must be a path");
    Check.that(isUriPath(endpoint), "ENDPOINT must be a plain path");
    String host = server.host().indexOf(':') < 0 ? server.host() : "[" + server.host() + "]";
    // As FATE has it, by http, whatever the server was registered with.
    return URI.create("http://" + host + ":" + server.port() + endpoint);
  }

  /** The parser's own message would tell the server's address. */
  private static boolean isUriPath(String endpoint) {
    try {
      URI unused = new URI("http://h" + endpoint);
      return true;
    } catch (URISyntaxException e) {
      return false;
    }
  }

  private Request signed(Request request) {
    if (parts.hooks() == null) {
      Application own =
          parts
              .gatehouse()
              .registry()
              .findApplication(parts.ownParty())
              .orElseThrow(
                  () ->
                      FateJson.refused(
                          "Exception",
                          "signature error: no found party id "
                              + parts.ownParty()
                              + " private key"));
      return parts
          .gatehouse()
          .signer(own, FateSiteScheme.create(parts.ownParty()))
          .sign(request)
          .addTo(request);
    }
    try {
      return parts.hooks().signer().sign(request).addTo(request);
    } catch (HookException e) {
      throw FateJson.refused("Exception", String.valueOf(e.getMessage()));
    }
  }

  private static ApiResponse answer(Transport transport, Request request) {
    try {
      return answer(transport.execute(request, Deadline.in(TIME)));
    } catch (TransportException | LimitException e) {
      return failed(NO_ANSWER);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return failed(NO_ANSWER);
    }
  }

  private static ApiResponse answer(Response response) {
    if (response.isTruncated()) {
      return failed("Exception('the answer is too long, status code " + response.status() + "')");
    }
    JsonNode answer = FateJson.read(response.body());
    return answer.isObject()
        ? FateJson.send(200, answer)
        : failed(
            "Exception('the answer is no JSON object, status code " + response.status() + "')");
  }

  private static ApiResponse failed(String why) {
    return FateJson.failure(FEDERATED_ERROR, "Federated schedule error, " + why);
  }

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }
}
