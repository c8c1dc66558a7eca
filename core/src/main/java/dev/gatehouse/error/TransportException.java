package dev.gatehouse.error;

import org.jspecify.annotations.Nullable;

/**
 * A message could not be sent, or no whole answer came back in time. The receiver may or may not
 * have acted on it.
 */
public class TransportException extends GatehouseException {
  private static final long serialVersionUID = 1L;

  /** An exception with a message that names the rule and the value, never a secret. */
  public TransportException(String message) {
    super(message);
  }

  /** An exception with a message and the failure behind it; the cause may be null. */
  public TransportException(String message, @Nullable Throwable cause) {
    super(message, cause);
  }
}
