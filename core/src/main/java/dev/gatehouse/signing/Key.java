package dev.gatehouse.signing;

import static java.util.Objects.requireNonNull;

import dev.gatehouse.check.Check;
import java.time.Instant;
import java.time.temporal.ChronoUnit;

/**
 * What is known of a key but its secret. What a key may do follows from the key alone, never from a
 * message: a request cannot choose the algorithm by which it is judged. Immutable.
 *
 * @param id 1 or more; of two keys the one with the greater id is the newer
 * @param applicationId whose key it is, 1 or more
 * @param algorithm by which it signs
 * @param purpose for which it serves
 * @param state what it may do while in its time
 * @param notBefore its time begins here, to the millisecond
 * @param notAfter its time ends before this, to the millisecond; {@link #FOREVER} if it does not
 */
public record Key(
    long id,
    long applicationId,
    Algorithm algorithm,
    Purpose purpose,
    State state,
    Instant notBefore,
    Instant notAfter) {

  /** The end of the time of a key that does not expire. */
  public static final Instant FOREVER = Instant.ofEpochMilli(Long.MAX_VALUE);

  /** By what a key signs. */
  public enum Algorithm {
    /** HMAC with SHA-256, RFC 2104 and FIPS 180-4, over a shared secret; 32 bytes. */
    HMAC_SHA256,
    /** HMAC with SHA-1, RFC 2104: for FATE clients, which know nothing else; 20 bytes. */
    HMAC_SHA1,
    /** HMAC with SM3, GB/T 15852.2 and GB/T 32905, over a shared secret; 32 bytes. */
    HMAC_SM3,
    /** RSASSA-PKCS1-v1_5 with SHA-256, RFC 8017 section 8.2; as long as the modulus. */
    RSA_PKCS1_SHA256,
    /**
     * RSASSA-PSS with SHA-256, MGF1 with SHA-256 and 32 bytes of salt unless the {@linkplain
     * KeyMaterial#saltLength key says otherwise}, RFC 8017 section 8.1; as long as the modulus.
     */
    RSA_PSS_SHA256,
    /**
     * RSASSA-PSS with SHA-512, MGF1 with SHA-512 and 64 bytes of salt, RFC 8017 section 8.1; as
     * long as the modulus.
     */
    RSA_PSS_SHA512,
    /** Ed25519 in its pure form, RFC 8032 section 5.1; 64 bytes. */
    ED25519,
    /** ECDSA on the curve P-256 with SHA-256, FIPS 186-5; two numbers of 32 bytes each. */
    ECDSA_P256_SHA256,
    /** SM2 with SM3, GB/T 32918.2 and GB/T 32905; two numbers of 32 bytes each. */
    SM2_SM3
  }

  /** For what a key serves. A key never serves two purposes. */
  public enum Purpose {
    /** To sign requests: those of the application, and those to it. */
    REQUEST,
    /** To sign what one FATE site sends to another. */
    SITE,
    /**
     * To sign webhooks that we send to the application, of whatever style. Styles do not tell
     * themselves apart: let the keys of one application be of one style.
     */
    OUTGOING_WEBHOOK,
    /**
     * To verify webhooks that the application sends. Nothing in a webhook tells who sent it to
     * whom, so that no key serves both directions: what we signed would come back as theirs. That
     * holds for one application; do not give two of them the same secret.
     */
    INCOMING_WEBHOOK,
    /** To sign the heads of the audit log. */
    AUDIT_HEAD
  }

  /** What a key may do while in its time. */
  public enum State {
    /** Signs, if it is the newest such key, and verifies. */
    ENABLED,
    /** Verifies what it signed before it was replaced. */
    VERIFY_ONLY,
    /** Does nothing. */
    DISABLED,
    /** Does nothing, and never will: its secret is gone. */
    DESTROYED
  }

  /** Checks the ids and cuts the times to milliseconds. */
  public Key {
    Check.range(id, 1, Long.MAX_VALUE, "id");
    Check.range(applicationId, 1, Long.MAX_VALUE, "applicationId");
    requireNonNull(algorithm, "algorithm");
    requireNonNull(purpose, "purpose");
    requireNonNull(state, "state");
    notBefore = notBefore.truncatedTo(ChronoUnit.MILLIS);
    notAfter = notAfter.truncatedTo(ChronoUnit.MILLIS);
  }

  /** Whether the key verifies at that instant. */
  public boolean verifiesAt(Instant instant) {
    return (state == State.ENABLED || state == State.VERIFY_ONLY)
        && !instant.isBefore(notBefore)
        && instant.isBefore(notAfter);
  }

  /**
   * Whether the key may sign at that instant; the newest of those that may is the one that does.
   */
  public boolean signsAt(Instant instant) {
    return state == State.ENABLED && verifiesAt(instant);
  }

  /** This key in another state. */
  Key in(State newState) {
    return new Key(id, applicationId, algorithm, purpose, newState, notBefore, notAfter);
  }

  /** This key with its time ending at that instant, unless it ends sooner. */
  Key until(Instant end) {
    Instant sooner = end.isBefore(notAfter) ? end : notAfter;
    return new Key(id, applicationId, algorithm, purpose, state, notBefore, sooner);
  }
}
