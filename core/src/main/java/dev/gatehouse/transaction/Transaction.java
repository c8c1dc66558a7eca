package dev.gatehouse.transaction;

/**
 * A transaction of one storage, opened by the host or by the storage itself. Whatever a part or a
 * store does after {@code joining(transaction)} becomes visible with the transaction's commit and
 * leaves nothing when it is rolled back. Gatehouse neither commits nor rolls back a transaction
 * that the host opened.
 *
 * <p>A transaction belongs to the storage that made it; another storage refuses it with an {@link
 * IllegalArgumentException}. Not safe: confine to one thread.
 */
public interface Transaction {
  /**
   * Runs the action after the commit, if this transaction learns of it, and never after a rollback.
   * A transaction over a host's connection learns of its commit only if the host tells it; so this
   * may only carry hints, such as waking a poller, and nothing may depend on it. The action must
   * not block, and what it throws is logged only.
   */
  void afterCommit(Runnable action);
}
