package dev.gatehouse.transport.http.api;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.NullNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.gatehouse.Gatehouse;
import dev.gatehouse.check.Check;
import dev.gatehouse.error.AuthenticationException;
import dev.gatehouse.permission.FatePermissions;
import dev.gatehouse.signing.Verifier;
import dev.gatehouse.transport.Headers;
import dev.gatehouse.transport.http.api.FateHooks.Hook;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Who may pass: clients to the routes of clients, sites to those between sites, jobs by what they
 * use. Each gate that is on is the third party's hook if there is a server of hooks, else our own;
 * each stands on its own, whether others are on or not. Safe for use by multiple threads.
 */
final class FateGates {
  private static final int AUTHENTICATION_ERROR = 109;
  private static final int PERMISSION_ERROR = 108;
  private static final List<String> CLIENT_HEADERS =
      List.of("TIMESTAMP", "NONCE", "APP_KEY", "SIGNATURE");

  /**
   * What the gates are made of.
   *
   * @param ownParty of this site
   * @param keys of sites
   * @param client verifies clients; null if that gate is off
   * @param site verifies sites; null if that gate is off
   * @param permissions judges jobs; null if that gate is off
   * @param hooks asked instead of those three; null for none
   */
  record Parts(
      Gatehouse gatehouse,
      String ownParty,
      FateKeys keys,
      @Nullable Verifier client,
      @Nullable Verifier site,
      @Nullable FatePermissions permissions,
      @Nullable FateHooks hooks) {}

  private final Parts parts;

  FateGates(Parts parts) {
    this.parts = parts;
  }

  /** Whether there is a gate for clients. */
  boolean areClientsProven() {
    return parts.client() != null;
  }

  /**
   * Lets a request of administrators pass, or throws. An administrator of whom nothing is known has
   * to prove itself as clients do, once that can be asked.
   */
  void administrator(Call call) {
    boolean askable =
        parts.hooks() == null || parts.hooks().isRegistered(Hook.CLIENT_AUTHENTICATION);
    if (askable) {
      client(call);
    }
  }

  /** Lets a client's request pass, or throws. */
  void client(Call call) {
    if (parts.client() == null || call.isOfNamedAdministrator()) {
      return;
    }
    if (parts.hooks() != null) {
      passOrThrow(parts.hooks().call(Hook.CLIENT_AUTHENTICATION, told(call)));
      return;
    }
    for (String name : CLIENT_HEADERS) {
      if (header(call.headers(), name).isEmpty()) {
        throw unauthenticated(
            "requirement headers parameters: ['TIMESTAMP', 'NONCE', 'APP_KEY', 'SIGNATURE']");
      }
    }
    try {
      parts.client().verify(call.request());
    } catch (AuthenticationException e) {
      throw unauthenticated(clientsMistake(e, call.headers()));
    }
  }

  private String clientsMistake(AuthenticationException e, Headers headers) {
    return switch (e.reason()) {
      case EXPIRED -> "TIMESTAMP is more than 60 seconds away from the server time";
      case MALFORMED ->
          header(headers, "TIMESTAMP").orElse("").matches("[1-9][0-9]{0,14}")
              ? "signature authentication failed"
              : "Invalid TIMESTAMP";
      case SIGNATURE ->
          parts
                  .gatehouse()
                  .registry()
                  .findApplicationByKey(header(headers, "APP_KEY").orElse(""))
                  .isEmpty()
              ? "Unknown APP_KEY"
              : "signature authentication failed";
      case REPLAYED, QUOTA, UNVERIFIABLE -> "signature authentication failed";
    };
  }

  /**
   * What the hook of clients is told: everything, in the one shape that the documentation means.
   */
  private static ObjectNode told(Call call) {
    ObjectNode told = FateJson.object().put("full_path", call.target());
    ObjectNode headers = told.putObject("headers");
    call.headers().fields().forEach(field -> headers.put(field.name(), field.value()));
    ObjectNode form = told.putObject("form");
    String type = header(call.headers(), "CONTENT_TYPE").orElse("");
    if (type.toLowerCase(Locale.ROOT).startsWith("application/x-www-form-urlencoded")) {
      Query.of(new String(call.body(), StandardCharsets.UTF_8)).fields().forEach(form::put);
    }
    told.put("data", new String(call.body(), StandardCharsets.UTF_8));
    told.set("json", orNull(FateJson.read(call.body())));
    return told;
  }

  /** Lets a site's request pass, or throws. */
  void site(Call call) {
    if (parts.site() == null) {
      return;
    }
    if (parts.hooks() != null) {
      ObjectNode told = FateJson.object();
      told.put("src_party_id", stated(call.headers()));
      told.put("site_signature", header(call.headers(), "SITE_SIGNATURE").orElse(null));
      told.set("body", orNull(FateJson.read(call.body())));
      passOrThrow(parts.hooks().call(Hook.SITE_AUTHENTICATION, told));
      return;
    }
    requireWhatProves(call.headers());
    try {
      parts.site().verify(call.request());
    } catch (AuthenticationException e) {
      throw unauthenticated("authentication failed");
    }
  }

  /** What upstream stumbles over, and answers as any error: what is missing, and Base64 cut off. */
  private void requireWhatProves(Headers headers) {
    String signature =
        header(headers, "SITE_SIGNATURE")
            .orElseThrow(
                () ->
                    FateJson.refused(
                        "TypeError",
                        "argument should be a bytes-like object or ASCII string, not 'NoneType'"));
    if (signature.length() % 4 != 0) {
      throw FateJson.refused("Error", "Incorrect padding");
    }
    String party = stated(headers);
    if (parts.keys().find(party).isEmpty()) {
      String shown = Check.shown(party);
      throw FateJson.refused(
          "Exception", "signature error: no found party id " + shown + " public key");
    }
  }

  /** The party that has to prove itself: whoever names none, or 0, does so as this site. */
  private String stated(Headers headers) {
    String stated = header(headers, "SRC_PARTY_ID").orElse("");
    return stated.isEmpty() || stated.equals("0") ? parts.ownParty() : stated;
  }

  private static void passOrThrow(JsonNode answer) {
    if (!FateHooks.passes(answer)) {
      String msg = message(answer);
      throw new RefusedException(
          Refusal.UNAUTHENTICATED,
          "a hook does not let it pass",
          FateJson.answer(200, FateHooks.code(answer), msg, null));
    }
  }

  /** What a hook says beside its code; null if it says nothing, which is then left out. */
  private static @Nullable String message(JsonNode answer) {
    return answer.hasNonNull("msg") ? answer.path("msg").asText("") : null;
  }

  /** Lets a job pass, or throws. */
  void job(FateJob job) {
    if (parts.permissions() == null) {
      return;
    }
    int code;
    @Nullable String message;
    if (parts.hooks() != null) {
      JsonNode answer = parts.hooks().call(Hook.PERMISSION, job.told());
      code = FateHooks.passes(answer) ? 0 : FateHooks.code(answer);
      message = message(answer);
    } else {
      FatePermissions.Outcome outcome = outcome(job, parts.permissions());
      code = outcome.code();
      message = outcome.message();
    }
    if (code != 0) {
      ObjectNode data = FateJson.object().put("code", code);
      if (message != null) {
        data.put("message", message);
      }
      throw new RefusedException(
          Refusal.FORBIDDEN,
          "permission check failed",
          FateJson.answer(200, PERMISSION_ERROR, "permission check failed", data));
    }
  }

  /**
   * Whether a request is this site's own, as far as it says. Another's is never exempt, whichever
   * party or role it writes into the path.
   */
  private boolean isOwn(@Nullable String source) {
    return source == null || source.equals("0") || source.equals(parts.ownParty());
  }

  private FatePermissions.Outcome outcome(FateJob job, FatePermissions permissions) {
    String source = job.sourceParty();
    if (isOwn(source) && FatePermissions.isExempt(job.role(), source, job.party())) {
      return new FatePermissions.Outcome(0, "success");
    }
    if (source == null) {
      return new FatePermissions.Outcome(1, "the request does not name its party");
    }
    try {
      return permissions.check(source, job.components(), job.datasets());
    } catch (IllegalArgumentException e) {
      throw FateJson.refused(e);
    }
  }

  private static RefusedException unauthenticated(String retmsg) {
    return new RefusedException(
        Refusal.UNAUTHENTICATED, retmsg, FateJson.failure(AUTHENTICATION_ERROR, retmsg));
  }

  private static JsonNode orNull(JsonNode node) {
    return node.isMissingNode() ? NullNode.getInstance() : node;
  }

  /** The header of that name, with hyphens or underscores; none if it is there twice. */
  static Optional<String> header(Headers headers, String name) {
    List<String> values =
        headers.fields().stream()
            .filter(field -> field.name().replace('-', '_').equalsIgnoreCase(name))
            .map(Headers.Field::value)
            .toList();
    return values.size() == 1 ? Optional.of(values.get(0)) : Optional.empty();
  }
}
