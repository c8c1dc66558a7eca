package dev.gatehouse.error;

import org.jspecify.annotations.Nullable;

/**
 * The storage could not be reached or refused a statement; whatever the call was to write is not
 * written, unless the failure hit the commit itself.
 */
public class StorageException extends GatehouseException {
  private static final long serialVersionUID = 1L;

  /** An exception with a message that names the rule and the value, never a secret. */
  public StorageException(String message) {
    super(message);
  }

  /** An exception with a message and the failure behind it; the cause may be null. */
  public StorageException(String message, @Nullable Throwable cause) {
    super(message, cause);
  }
}
