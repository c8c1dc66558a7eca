package dev.gatehouse.transport.http.api;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.gatehouse.Gatehouse;
import dev.gatehouse.check.Check;
import dev.gatehouse.error.AuthenticationException;
import dev.gatehouse.hook.HookException;
import dev.gatehouse.hook.HookOutcome;
import dev.gatehouse.hook.HookRefusedException;
import dev.gatehouse.hook.Hooks;
import dev.gatehouse.hook.SiteKeys;
import dev.gatehouse.permission.FatePermissions;
import dev.gatehouse.signing.Verifier;
import dev.gatehouse.transport.Headers;
import dev.gatehouse.transport.Request;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
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
      SiteKeys keys,
      @Nullable Verifier client,
      @Nullable Verifier site,
      @Nullable FatePermissions permissions,
      @Nullable Hooks hooks) {}

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
  String administrator(Call call) {
    return parts.hooks() == null || parts.hooks().areClientsAsked() ? client(call) : "";
  }

  /** Lets a client's request pass, or throws; who sent it, if that shows here. */
  String client(Call call) {
    if (parts.client() == null || call.isOfNamedAdministrator()) {
      return "";
    }
    if (parts.hooks() != null) {
      ask(parts.hooks()::authenticateClient, call);
      return "";
    }
    for (String name : CLIENT_HEADERS) {
      if (header(call.headers(), name).isEmpty()) {
        throw unauthenticated(
            "requirement headers parameters: ['TIMESTAMP', 'NONCE', 'APP_KEY', 'SIGNATURE']");
      }
    }
    try {
      return "application " + parts.client().verify(call.request()).application().name();
    } catch (AuthenticationException e) {
      if (e.reason() == AuthenticationException.Reason.QUOTA) {
        throw new RefusedException(Refusal.TOO_MANY_REQUESTS, e.reason().name());
      }
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
   * Lets a site's request pass, or throws; who sent it, if that shows here. Other than {@link
   * dev.gatehouse.hook.FateSite#admit}, this site's own pass as well, and whatever their
   * destination: a site of FATE calls its own routes, as initiator of a job that it takes part in.
   */
  String site(Call call) {
    if (parts.site() == null) {
      return "";
    }
    String party = "party " + stated(call.headers());
    if (parts.hooks() != null) {
      ask(parts.hooks()::authenticateSite, call);
      return party;
    }
    requireWhatProves(call.headers());
    try {
      parts.site().verify(call.request());
      return party;
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
    if (!parts.keys().isKnown(party)) {
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

  /** Lets what the hook lets pass, or throws: with the hook's own answer if there is one. */
  private static void ask(Consumer<Request> hook, Call call) {
    try {
      hook.accept(call.request());
    } catch (HookRefusedException e) {
      if (e.retcode() == HookException.RETCODE) {
        throw FateJson.refused("Exception", String.valueOf(e.getMessage()));
      }
      throw new RefusedException(
          Refusal.UNAUTHENTICATED,
          "a hook does not let it pass",
          FateJson.answer(200, e.retcode(), e.said().orElse(null), null));
    }
  }

  /** Lets a job pass, or throws. */
  void job(FateJob job) {
    if (parts.permissions() == null) {
      return;
    }
    HookOutcome outcome =
        parts.hooks() == null ? outcome(job, parts.permissions()) : outcome(job, parts.hooks());
    if (!outcome.isPermitted()) {
      ObjectNode data = FateJson.object().put("code", outcome.code());
      if (outcome.message() != null) {
        data.put("message", outcome.message());
      }
      throw new RefusedException(
          Refusal.FORBIDDEN,
          "permission check failed",
          FateJson.answer(200, PERMISSION_ERROR, "permission check failed", data));
    }
  }

  private static HookOutcome outcome(FateJob job, Hooks hooks) {
    try {
      return hooks.check(job.told());
    } catch (HookException e) {
      throw FateJson.refused("Exception", String.valueOf(e.getMessage()));
    }
  }

  /**
   * Whether a request is this site's own, as far as it says. Another's is never exempt, whichever
   * party or role it writes into the path.
   */
  private boolean isOwn(@Nullable String source) {
    return source == null || source.equals("0") || source.equals(parts.ownParty());
  }

  private HookOutcome outcome(FateJob job, FatePermissions permissions) {
    String source = job.sourceParty();
    if (isOwn(source) && FatePermissions.isExempt(job.role(), source, job.party())) {
      return new HookOutcome(0, "success");
    }
    if (source == null) {
      return new HookOutcome(1, "the request does not name its party");
    }
    try {
      FatePermissions.Outcome outcome = permissions.check(source, job.components(), job.datasets());
      return new HookOutcome(outcome.code(), outcome.message());
    } catch (IllegalArgumentException e) {
      throw FateJson.refused(e);
    }
  }

  private static RefusedException unauthenticated(String retmsg) {
    return new RefusedException(
        Refusal.UNAUTHENTICATED, retmsg, FateJson.failure(AUTHENTICATION_ERROR, retmsg));
  }

  /** The header of that name, with hyphens or underscores; none if it is there twice. */
  static Optional<String> header(Headers headers, String name) {
    List<String> values = headers.allAlike(name);
    return values.size() == 1 ? Optional.of(values.get(0)) : Optional.empty();
  }
}
