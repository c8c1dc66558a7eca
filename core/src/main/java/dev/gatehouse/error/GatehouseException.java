package dev.gatehouse.error;

import org.jspecify.annotations.Nullable;

/**
 * The root of everything that Gatehouse throws and a caller may want to act on. Its children are
 * split by what the caller can do about them; a mistake in calling the library is an {@link
 * IllegalArgumentException}, {@link NullPointerException} or {@link IllegalStateException} instead.
 */
public class GatehouseException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  /** An exception with a message that names the rule and the value, never a secret. */
  public GatehouseException(String message) {
    super(message);
  }

  /** An exception with a message and the failure behind it; the cause may be null. */
  public GatehouseException(String message, @Nullable Throwable cause) {
    super(message, cause);
  }
}
