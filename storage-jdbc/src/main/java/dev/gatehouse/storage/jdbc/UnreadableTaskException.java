package dev.gatehouse.storage.jdbc;

import dev.gatehouse.error.StorageException;

/** A stored task is none that Gatehouse knows, as after somebody else changed its row. */
final class UnreadableTaskException extends StorageException {
  private static final long serialVersionUID = 1L;

  private final long id;

  UnreadableTaskException(long id, RuntimeException cause) {
    super("task " + id + " is stored in no known form: " + cause.getMessage(), cause);
    this.id = id;
  }

  long id() {
    return id;
  }
}
