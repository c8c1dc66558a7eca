package dev.gatehouse.error;

import org.jspecify.annotations.Nullable;

/**
 * The request contradicts what is stored: a name is taken, a version has moved on, a state does not
 * allow the change. Reading again and deciding anew may help.
 */
public class ConflictException extends GatehouseException {
  private static final long serialVersionUID = 1L;

  /** An exception with a message that names the rule and the value, never a secret. */
  public ConflictException(String message) {
    super(message);
  }

  /** An exception with a message and the failure behind it; the cause may be null. */
  public ConflictException(String message, @Nullable Throwable cause) {
    super(message, cause);
  }
}
