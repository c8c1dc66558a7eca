package dev.gatehouse.error;

import org.jspecify.annotations.Nullable;

/**
 * A documented limit was reached: a size, a rate, a quota or the capacity of a queue. Nothing was
 * stored.
 */
public class LimitException extends GatehouseException {
  private static final long serialVersionUID = 1L;

  /** An exception with a message that names the rule and the value, never a secret. */
  public LimitException(String message) {
    super(message);
  }

  /** An exception with a message and the failure behind it; the cause may be null. */
  public LimitException(String message, @Nullable Throwable cause) {
    super(message, cause);
  }
}
