package dev.gatehouse.storage.memory;

import dev.gatehouse.check.Check;
import dev.gatehouse.transaction.AfterCommit;
import dev.gatehouse.transaction.Transaction;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * The one lock of a memory storage and the undo log of whoever holds it. A store makes each change
 * under the lock and leaves the step that takes it back; a transaction holds the lock from begin to
 * end, so that transactions are serial, and on failure the steps run in reverse.
 */
final class Journal {
  private final ReentrantLock lock = new ReentrantLock();
  private final Deque<Runnable> undo = new ArrayDeque<>();
  private @Nullable MemoryTransaction open;

  /** Runs one operation of a store: whole or not at all, also within a transaction. */
  <T extends @Nullable Object> T run(Supplier<T> operation) {
    lock.lock();
    int mark = undo.size();
    boolean done = false;
    try {
      T result = operation.get();
      done = true;
      return result;
    } finally {
      if (!done) {
        rollBackTo(mark);
      }
      if (open == null) {
        undo.clear();
      }
      lock.unlock();
    }
  }

  /** To be called under the lock, right after a change: how to take it back. */
  void undo(Runnable step) {
    undo.push(step);
  }

  <T extends @Nullable Object> T call(Function<Transaction, T> work) {
    MemoryTransaction transaction = new MemoryTransaction(this);
    T result;
    lock.lock();
    try {
      if (open != null) {
        throw new IllegalStateException(
            "a transaction is open already on this thread: join it instead");
      }
      open = transaction;
      boolean done = false;
      try {
        result = work.apply(transaction);
        done = true;
      } finally {
        open = null;
        if (!done) {
          rollBackTo(0);
        }
        undo.clear();
      }
    } finally {
      lock.unlock();
    }
    transaction.afterCommit.run();
    return result;
  }

  /** To be called under the lock: the transaction that is open, on this thread then. */
  @Nullable Transaction open() {
    return open;
  }

  /** Throws unless the transaction is the one that is open here, on this thread. */
  void requireOpen(Transaction transaction) {
    Check.that(
        transaction instanceof MemoryTransaction memory && memory.journal == this,
        "transaction belongs to another storage: " + transaction.getClass().getName());
    if (!lock.isHeldByCurrentThread() || open != transaction) {
      throw new IllegalStateException("transaction has ended, or is another thread's");
    }
  }

  private void rollBackTo(int mark) {
    while (undo.size() > mark) {
      undo.pop().run();
    }
  }

  /** A transaction of this storage. */
  static final class MemoryTransaction implements Transaction {
    private final Journal journal;
    private final AfterCommit afterCommit = new AfterCommit();

    MemoryTransaction(Journal journal) {
      this.journal = journal;
    }

    @Override
    public void afterCommit(Runnable action) {
      journal.requireOpen(this);
      afterCommit.add(action);
    }
  }
}
