package dev.gatehouse.scheduler;

import dev.gatehouse.error.StorageException;

/** A stored task is none that Gatehouse knows, as after somebody else changed its row. */
public class UnreadableTaskException extends StorageException {
  private static final long serialVersionUID = 1L;

  private final long id;

  /**
   * An exception that names the task and what is wrong with it.
   *
   * @param id the task
   * @param cause the rule and the value that breaks it
   */
  public UnreadableTaskException(long id, RuntimeException cause) {
    super("task " + id + " is stored in no known form: " + cause.getMessage(), cause);
    this.id = id;
  }

  /** The task. */
  public long id() {
    return id;
  }
}
