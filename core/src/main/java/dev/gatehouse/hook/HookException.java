package dev.gatehouse.hook;

import dev.gatehouse.error.GatehouseException;
import org.jspecify.annotations.Nullable;

/**
 * A hook did not do what it is for: it is not registered, cannot be reached, or answered something
 * else than it should. Whatever it was asked is refused.
 */
public class HookException extends GatehouseException {
  private static final long serialVersionUID = 1L;

  /** What FATE Flow answers then. */
  public static final int RETCODE = 100;

  HookException(String message) {
    super(message);
  }

  HookException(String message, @Nullable Throwable cause) {
    super(message, cause);
  }
}
