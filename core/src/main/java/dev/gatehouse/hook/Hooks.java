package dev.gatehouse.hook;

import static java.util.Objects.requireNonNull;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.gatehouse.check.Check;
import dev.gatehouse.error.AuthenticationException.Reason;
import dev.gatehouse.json.Json;
import dev.gatehouse.permission.PermissionChecker;
import dev.gatehouse.registry.Application;
import dev.gatehouse.registry.Registry;
import dev.gatehouse.signing.Signer;
import dev.gatehouse.signing.Verifier;
import dev.gatehouse.transport.Request;
import dev.gatehouse.transport.Transport;
import java.time.Duration;

/**
 * The services of one server that sign, authenticate and permit in the host's stead, by FATE Flow's
 * contract for third parties: {@code signature}, {@code site_authentication}, {@code
 * client_authentication} and {@code permission}, registered under those names.
 *
 * <p>Each is asked once, without redirects or retries, within ten seconds unless set otherwise, at
 * the instance that the balancer chooses, and not while too many requests to it are under way or
 * its breaker is open. It passes only what it answers with status 200 and the integer {@code code}
 * 0. Whatever else happens, and also that it is not registered, or that a request to it would have
 * more than 1 MiB, refuses: hooks fail closed. For {@code signature} and {@code
 * site_authentication} the data that were registered for the service go into the body, where that
 * has no member of their name.
 *
 * <p>A host that wants no third party uses {@link Signer}, {@link Verifier} and {@link
 * PermissionChecker} over its own keys and grants in their place; they are the same interfaces.
 *
 * <p>Safe for use by multiple threads.
 */
public final class Hooks {
  /** How long a hook may take, unless set otherwise. */
  public static final Duration TIMEOUT = Duration.ofSeconds(10);

  private final HookClient client;
  private final Registry registry;
  private final String ownParty;

  private Hooks(HookClient client, Registry registry, String ownParty) {
    this.client = client;
    this.registry = registry;
    this.ownParty = ownParty;
  }

  /**
   * The hooks of a server.
   *
   * @param transport asks them; not the registry's
   * @param server the name under which the host registers it; it need not be yet. One that an
   *     application {@linkplain Registry#attachedBy attached} under that name is never asked
   * @param ownParty this site's party id, 1..100 characters
   */
  public static Hooks create(
      Registry registry, Transport transport, String server, String ownParty) {
    return create(registry, transport, server, ownParty, TIMEOUT);
  }

  /**
   * As {@link #create(Registry, Transport, String, String)}, with another timeout.
   *
   * @param timeout 1 ms to 10 min
   */
  public static Hooks create(
      Registry registry, Transport transport, String server, String ownParty, Duration timeout) {
    Check.text(ownParty, 1, 100, "ownParty");
    Check.range(timeout, Duration.ofMillis(1), Duration.ofMinutes(10), "timeout");
    return new Hooks(
        new HookClient(registry, transport, server, timeout),
        requireNonNull(registry, "registry"),
        ownParty);
  }

  /**
   * Signs what this site sends to others: adds {@code SITE-SIGNATURE}, and {@code SRC-PARTY-ID}
   * unless the request has it. It throws {@link HookException} if the hook gives no signature, so
   * that nothing is sent then.
   */
  public Signer signer() {
    return new RemoteSigner(client, ownParty);
  }

  /**
   * Asks whether another site sent the request; returns only if so.
   *
   * @return the party id that the request names; this site's own if it names none, or 0
   * @throws HookRefusedException if the hook refuses or fails, or header or body have not the form
   *     that they should
   */
  public String authenticateSite(Request request) {
    ObjectNode body = Json.object();
    String party;
    try {
      String stated = FateRequest.header(request, "src_party_id").orElse("");
      party = stated.isEmpty() || stated.equals("0") ? ownParty : stated;
      body.put("src_party_id", party);
      body.put("site_signature", FateRequest.header(request, "site_signature").orElse(null));
      body.set("body", FateRequest.json(request));
    } catch (IllegalArgumentException e) {
      throw HookRefusedException.unasked(Reason.MALFORMED, e);
    }
    requirePass(Hook.SITE_AUTHENTICATION, body);
    return party;
  }

  /**
   * Asks whether a client of the host may send the request; returns only if so. The hook is told
   * path and query, headers, form fields, the body as text, and, unless that is a form, as JSON: a
   * body of more than half a MiB is too large.
   *
   * @throws HookRefusedException if the hook refuses or fails, or the body is neither empty, a form
   *     nor JSON, or both of these, or repeats a field
   */
  public void authenticateClient(Request request) {
    ObjectNode body = Json.object();
    try {
      body.put("full_path", FateRequest.fullPath(request));
      body.set("headers", FateRequest.headers(request));
      body.set("form", FateRequest.form(request));
      body.put("data", FateRequest.text(request));
      body.set("json", FateRequest.isForm(request) ? null : FateRequest.json(request));
    } catch (IllegalArgumentException e) {
      throw HookRefusedException.unasked(Reason.MALFORMED, e);
    }
    requirePass(Hook.CLIENT_AUTHENTICATION, body);
  }

  /** Whether there is a hook for {@link #authenticateClient}; without one that refuses. */
  public boolean areClientsAsked() {
    return client.isRegistered(Hook.CLIENT_AUTHENTICATION);
  }

  private void requirePass(Hook hook, ObjectNode body) {
    HookAnswer answer;
    try {
      answer = client.ask(hook, body);
    } catch (HookException e) {
      throw HookRefusedException.unasked(Reason.UNVERIFIABLE, e);
    }
    if (!answer.passes()) {
      throw HookRefusedException.by(answer);
    }
  }

  /**
   * A verifier that asks {@link #authenticateSite}. The application is the one whose name is the
   * party id, exactly so: where there is none, or it is not enabled, it refuses, whatever the hook
   * says.
   */
  public Verifier siteVerifier() {
    return new RemoteVerifier(
        request -> {
          String party = authenticateSite(request);
          return registry.findApplication(party).filter(found -> found.name().equals(party));
        });
  }

  /**
   * A verifier that asks {@link #authenticateClient}. The hook does not say who the client is: all
   * that it passes counts as that application's, as it is registered then; not as another's that
   * has its name later.
   */
  public Verifier clientVerifier(Application application) {
    long id = application.id();
    return new RemoteVerifier(
        request -> {
          authenticateClient(request);
          return registry.findApplication(id);
        });
  }

  /**
   * Asks whether a job may run here. An answer without an integer code denies, with code 108.
   *
   * @return what it decided
   * @throws HookException if the hook is not registered or fails
   */
  public HookOutcome check(JobRequest job) {
    HookAnswer answer = client.ask(Hook.PERMISSION, requireNonNull(job, "job").json());
    return new HookOutcome(
        answer.code().orElse(RemotePermissionChecker.PERMISSION_ERROR),
        answer.message().orElse(null));
  }

  /**
   * A checker that asks {@link #check(JobRequest)} about one component or dataset at a time, for a
   * subject that is a {@link dev.gatehouse.permission.Subject#party} and the action {@code use};
   * all else it denies without asking.
   *
   * @param role the role that this party has
   */
  public PermissionChecker permissionChecker(String role) {
    return new RemotePermissionChecker(this, Check.text(role, 1, 100, "role"), ownParty);
  }
}
