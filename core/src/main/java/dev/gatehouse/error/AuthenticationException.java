package dev.gatehouse.error;

import static java.util.Objects.requireNonNull;

/**
 * A request is not proven to come from whom it claims. The reason is for the host's log and audit;
 * a remote caller should learn no more than that authentication failed.
 */
public class AuthenticationException extends GatehouseException {
  private static final long serialVersionUID = 1L;

  /** Why a request was refused. */
  public enum Reason {
    /** A signature header is missing, repeated, or not of the form that the scheme demands. */
    MALFORMED,
    /** The timestamp lies outside the window that the scheme allows. */
    EXPIRED,
    /** The key is unknown or unusable, or the signature does not match: deliberately one reason. */
    SIGNATURE,
    /** The signature is right but was used before. */
    REPLAYED,
    /** The application has used up its quota of nonces, or all have the room for them, for now. */
    QUOTA,
    /**
     * Nobody can tell: the nonce cannot be remembered, so that a replay would not be seen, or, in
     * the log of refusals, a key or the storage cannot be read. Refused to be safe.
     */
    UNVERIFIABLE
  }

  private final Reason reason;

  /** A refusal for the given reason, with a message that carries no secret. */
  public AuthenticationException(Reason reason, String message) {
    super(message);
    this.reason = requireNonNull(reason, "reason");
  }

  /** Why the request was refused. */
  public Reason reason() {
    return reason;
  }
}
