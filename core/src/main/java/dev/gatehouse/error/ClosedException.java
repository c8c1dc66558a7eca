package dev.gatehouse.error;

import org.jspecify.annotations.Nullable;

/** The instance has been closed, or is closing and takes no new work. */
public class ClosedException extends GatehouseException {
  private static final long serialVersionUID = 1L;

  /** An exception with a message that names the rule and the value, never a secret. */
  public ClosedException(String message) {
    super(message);
  }

  /** An exception with a message and the failure behind it; the cause may be null. */
  public ClosedException(String message, @Nullable Throwable cause) {
    super(message, cause);
  }
}
