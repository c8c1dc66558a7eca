package dev.gatehouse.transaction;

import static java.util.Objects.requireNonNull;

import java.util.function.Consumer;
import java.util.function.Function;

/**
 * Runs work in a transaction. Safe for use by multiple threads, but for what {@link #joining}
 * returns.
 */
@FunctionalInterface
public interface Transactions {
  /**
   * Runs the work in a transaction: commits when it returns, rolls back and rethrows when it
   * throws. The work may run again after a conflict with another transaction, so it must have no
   * effect but through the transaction. Blocks until the end is known.
   *
   * <p>Work that calls again instead of joining opens a second transaction, which stands or falls
   * by itself; a storage whose transactions are serial refuses it with an {@link
   * IllegalStateException}.
   *
   * @throws dev.gatehouse.error.StorageException if the storage fails
   */
  <T extends @org.jspecify.annotations.Nullable Object> T call(Function<Transaction, T> work);

  /** As {@link #call}, for work without a result. */
  default void run(Consumer<Transaction> work) {
    requireNonNull(work, "work");
    this.<@org.jspecify.annotations.Nullable Object>call(
        transaction -> {
          work.accept(transaction);
          return null;
        });
  }

  /**
   * Runs every work inside the given transaction, whose end is its owner's: nothing is committed,
   * nothing rolled back, nothing repeated.
   */
  static Transactions joining(Transaction transaction) {
    requireNonNull(transaction, "transaction");
    return new Transactions() {
      @Override
      public <T extends @org.jspecify.annotations.Nullable Object> T call(
          Function<Transaction, T> work) {
        return work.apply(transaction);
      }
    };
  }
}
