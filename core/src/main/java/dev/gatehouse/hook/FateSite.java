package dev.gatehouse.hook;

import static java.util.Objects.requireNonNull;

import dev.gatehouse.check.Check;
import dev.gatehouse.error.AuthenticationException;
import dev.gatehouse.error.AuthenticationException.Reason;
import dev.gatehouse.registry.Application;
import dev.gatehouse.registry.ServiceCall;
import dev.gatehouse.signing.Signer;
import dev.gatehouse.signing.Verified;
import dev.gatehouse.signing.Verifier;
import dev.gatehouse.transport.Request;
import java.nio.charset.StandardCharsets;
import java.time.Duration;

/**
 * This site among other sites of FATE: what it sends them has the headers by which sites know each
 * other, and its signature; what they send it is let in if it has theirs.
 *
 * <pre>{@code
 * FateSite site = gatehouse.site("9999");
 * registry.call("partner", "create", site.call("10000", "guest", json));     // outbound
 * FateSite.Caller caller = site.admit(request);                              // inbound
 * }</pre>
 *
 * Who signs and who verifies is whoever it is given: the keys of {@link SiteKeys}, or the hooks
 * {@link Hooks#signer} and {@link Hooks#siteVerifier}. What is signed is the body alone: see {@link
 * dev.gatehouse.signing.FateSiteScheme}. Safe for use by multiple threads.
 */
public final class FateSite {
  /** The version of FATE Flow that is spoken. */
  public static final String VERSION = "1.11.2";

  /** How long a call to another site may take, unless set otherwise. */
  public static final Duration TIMEOUT = Duration.ofSeconds(30);

  private final String ownParty;
  private final Signer signer;
  private final Verifier verifier;
  private final boolean admitsOwn;

  private FateSite(String ownParty, Signer signer, Verifier verifier, boolean admitsOwn) {
    this.ownParty = Check.ascii(ownParty, Application.MAX_NAME, "ownParty");
    Check.that(!ownParty.equals("0"), "ownParty must not be 0, which stands for every site itself");
    this.signer = requireNonNull(signer, "signer");
    this.verifier = requireNonNull(verifier, "verifier");
    this.admitsOwn = admitsOwn;
  }

  /**
   * A site.
   *
   * @param ownParty its party id, 1..100 printable ASCII characters, not {@code 0}
   */
  public static FateSite create(String ownParty, Signer signer, Verifier verifier) {
    return new FateSite(ownParty, signer, verifier, false);
  }

  /**
   * This site, which {@linkplain #admit lets in} its own requests, too, and those that name no
   * destination, as FATE Flow does. What is signed names neither sender nor destination: so whoever
   * received a request of this site's can send it back and is let in as this site, and what was for
   * another site can be handed on to this one. For a site whose server nobody else reaches.
   */
  public FateSite admittingOwn() {
    return new FateSite(ownParty, signer, verifier, true);
  }

  /**
   * Who sent a request.
   *
   * @param party the party id that is proven
   * @param role the role that it says it has, which is not signed and proves nothing; empty if it
   *     says none
   * @param version the version of FATE Flow that it says it speaks; empty if it says none
   * @param verified the request, to take its body from
   */
  public record Caller(String party, String role, String version, Verified verified) {
    /** Checks that nothing is missing. */
    public Caller {
      requireNonNull(party, "party");
      requireNonNull(role, "role");
      requireNonNull(version, "version");
      requireNonNull(verified, "verified");
    }
  }

  /** This site's party id. */
  public String ownParty() {
    return ownParty;
  }

  /**
   * A call of a service on another site's server: POST, or the service's method, with a JSON body,
   * within thirty seconds, once, or as the call is changed; each attempt is signed anew. The server
   * must be the host's own, as hooks' must.
   *
   * @param party whom it is for
   * @param role the role that this site has towards it, such as {@code guest}; may be empty
   * @param json the body, which is sent as it is
   */
  public ServiceCall call(String party, String role, String json) {
    requireNonNull(json, "json");
    return ServiceCall.by(
            endpoint ->
                outbound(
                    Request.of(endpoint.method(), endpoint.uri())
                        .headers(endpoint.headers())
                        .onlyHeader("Content-Type", "application/json")
                        .body(json.getBytes(StandardCharsets.UTF_8)),
                    party,
                    role))
        .within(TIMEOUT)
        .ofHost();
  }

  /**
   * The request with the headers between sites and this site's signature, for whatever sends it.
   *
   * @param request not signed; what it has of the other headers is replaced, and its body is empty
   *     or JSON
   * @param party whom it is for
   * @param role the role that this site has towards it; may be empty
   * @throws HookException if a hook signs, and does not: then nothing may be sent
   * @throws dev.gatehouse.error.NotFoundException if this site has no key
   * @throws IllegalArgumentException if the body is no JSON, or the request is signed already
   */
  public Request outbound(Request request, String party, String role) {
    Check.ascii(party, Application.MAX_NAME, "party");
    Request named = named(request, ownParty, party, role);
    return signer.sign(named).addTo(named);
  }

  /** The request with the headers by which sites know each other, and no signature. */
  public static Request named(Request request, String ownParty, String party, String role) {
    return request
        .onlyHeader("SERVICE", "fateflow")
        .onlyHeader("SRC-FATE-VER", VERSION)
        .onlyHeader("SRC-PARTY-ID", ownParty)
        .onlyHeader("DEST-PARTY-ID", party)
        .onlyHeader("SRC-ROLE", role)
        .onlyHeader("User-Agent", "fateflow/" + VERSION);
  }

  /**
   * Lets a request in, or throws. One that names another destination than this site, or none, is
   * refused, for it went astray; and one that is this site's own, which is whoever names no party
   * or {@code 0}, for it was sent back: unless this is {@link #admittingOwn}.
   *
   * @throws AuthenticationException if it is not proven, not for this site, or by this site
   */
  public Caller admit(Request request) {
    String destination = header(request, "dest_party_id");
    if (!destination.equals(ownParty) && !(admitsOwn && destination.isEmpty())) {
      throw malformed(
          "dest_party_id must be " + ownParty + ", was '" + Check.shown(destination) + "'");
    }
    String stated = header(request, "src_role");
    String role = stated.isEmpty() ? header(request, "scr_role") : stated;
    Verified verified = verifier.verify(request);
    String party = verified.application().name();
    if (!admitsOwn && party.equals(ownParty)) {
      throw malformed("src_party_id must be another site's, was this site's own, " + ownParty);
    }
    return new Caller(party, role, header(request, "src_fate_ver"), verified);
  }

  /** With either separator; FATE Flow itself reads the role under a name that nobody sends. */
  private static String header(Request request, String name) {
    try {
      return FateRequest.header(request, name).orElse("");
    } catch (IllegalArgumentException e) {
      throw malformed(String.valueOf(e.getMessage()));
    }
  }

  private static AuthenticationException malformed(String message) {
    return new AuthenticationException(Reason.MALFORMED, message);
  }
}
