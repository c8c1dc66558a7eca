package dev.gatehouse.error;

import org.jspecify.annotations.Nullable;

/**
 * What was asked for does not exist, or belongs to another application, which is the same to a
 * caller.
 */
public class NotFoundException extends GatehouseException {
  private static final long serialVersionUID = 1L;

  /** An exception with a message that names the rule and the value, never a secret. */
  public NotFoundException(String message) {
    super(message);
  }

  /** An exception with a message and the failure behind it; the cause may be null. */
  public NotFoundException(String message, @Nullable Throwable cause) {
    super(message, cause);
  }
}
