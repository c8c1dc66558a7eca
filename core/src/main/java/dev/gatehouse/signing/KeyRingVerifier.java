package dev.gatehouse.signing;

import static java.util.Objects.requireNonNull;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.gatehouse.audit.AuditRecord.Operation;
import dev.gatehouse.error.AuthenticationException;
import dev.gatehouse.error.AuthenticationException.Reason;
import dev.gatehouse.error.GatehouseException;
import dev.gatehouse.error.StorageException;
import dev.gatehouse.json.Json;
import dev.gatehouse.refusal.RefusalLog;
import dev.gatehouse.registry.Application;
import dev.gatehouse.signing.NonceStore.Outcome;
import dev.gatehouse.transport.Request;
import java.time.Instant;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Verifies with the keys of a key ring. */
final class KeyRingVerifier implements Verifier {
  private static final Logger LOG = LoggerFactory.getLogger(Verifier.class);
  private static final RefusalLog.Kind REQUESTS =
      new RefusalLog.Kind("signing", Operation.AUTHENTICATE, "Requests");

  private final Configuration parts;
  private final Scheme scheme;
  private final StoredKeyRing keys;
  private final RefusalLog<Reason> refusals;

  private final @Nullable Application from;

  KeyRingVerifier(Configuration parts) {
    this(parts, new RefusalLog<>(Reason.class, REQUESTS, parts.audit(), parts.clock()), null);
  }

  private KeyRingVerifier(
      Configuration parts, RefusalLog<Reason> refusals, @Nullable Application from) {
    this.parts = parts;
    this.scheme = from == null ? parts.scheme() : parts.scheme().forOnly(from);
    this.refusals = refusals;
    this.from = from;
    keys = (StoredKeyRing) parts.keys();
  }

  @Override
  public Verifier from(Application application) {
    return new KeyRingVerifier(parts, refusals, requireNonNull(application, "application"));
  }

  @Override
  public Verified verify(Request request) {
    requireNonNull(request, "request");
    if (from == null && !scheme.namesParty()) {
      throw new IllegalStateException(
          scheme + " does not tell who signed: verify with from(application)");
    }
    Instant now = parts.clock().instant();
    refusals.settle();
    @Nullable Claim claim = null;
    try {
      claim = scheme.read(request);
      return new Verified(prove(claim, request, now), request);
    } catch (AuthenticationException e) {
      refused(e.reason(), e, claim);
      throw e;
    } catch (StorageException e) {
      refused(Reason.UNVERIFIABLE, e, claim);
      throw e;
    }
  }

  /** Tells of a refusal. The party is as claimed, and well-formed. */
  private void refused(Reason reason, GatehouseException why, @Nullable Claim claim) {
    try {
      parts.listener().signatureRefused(reason.name());
    } catch (RuntimeException e) {
      LOG.warn("The listener failed", e);
    }
    String party = claim == null ? "" : claim.party();
    ObjectNode ext = Json.object().put("appKey", party);
    String request = party.isEmpty() ? "Request" : "Request by app key " + party;
    refusals.add(reason, request + " refused: " + why.getMessage(), ext);
  }

  /**
   * Keys are tried whether the application is enabled or not, and of a stranger there are none to
   * try: trials with keys that nobody has make up for it.
   */
  private Application prove(Claim claim, Request request, Instant now) {
    Optional<Application> application = signer(claim);
    Trials trials = from == null ? keys.trials() : Trials.NONE;
    KeySet candidates = application.map(known -> keys.keysOf(known.id())).orElse(KeySet.NONE);
    if (!scheme.isTimely(claim, now)) {
      throw new AuthenticationException(
          Reason.EXPIRED, "the timestamp lies outside the time that the scheme allows");
    }
    boolean proven = candidates.proves(claim, scheme, now, trials);
    boolean enabled =
        application.filter(found -> found.status() == Application.Status.ENABLED).isPresent();
    if (!proven || !enabled) {
      throw new AuthenticationException(
          Reason.SIGNATURE, "the key is unknown or the signature does not match");
    }
    if (!scheme.covers(claim, request)) {
      throw new AuthenticationException(
          Reason.SIGNATURE, "the signed payload is not a digest of the request's content");
    }
    claimNonce(application.get(), claim, now);
    return application.get();
  }

  private Optional<Application> signer(Claim claim) {
    return from == null
        ? scheme.application(claim, parts.registry())
        : parts.registry().findApplication(from.id());
  }

  private void claimNonce(Application application, Claim claim, Instant now) {
    Optional<Instant> expiry = scheme.remembersUntil(claim, now);
    if (expiry.isEmpty()) {
      return;
    }
    Instant since = parts.nonces().remembersSince().truncatedTo(scheme.precision());
    if (claim.signedAt() != null && claim.signedAt().isBefore(since)) {
      throw new AuthenticationException(
          Reason.UNVERIFIABLE, "signed before the time since which nonces are remembered");
    }
    Outcome outcome =
        parts
            .nonces()
            .claim(
                application.id(),
                claim.nonce(),
                expiry.get().toEpochMilli(),
                now.toEpochMilli(),
                parts.nonceQuota());
    if (outcome == Outcome.REPLAYED) {
      throw new AuthenticationException(Reason.REPLAYED, "the nonce was used before");
    }
    if (outcome == Outcome.FULL) {
      throw new AuthenticationException(
          Reason.QUOTA,
          "application "
              + application.id()
              + " has used up its quota of nonces, or all have the room for them, for now");
    }
  }
}
