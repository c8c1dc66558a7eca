package dev.gatehouse.scheduler;

import java.util.function.LongConsumer;

/**
 * SPI: word among the nodes of one storage that a task is due soon, so that an idle node need not
 * find out by itself. A hint may come late, twice, or never, and of a task that is gone; so nothing
 * but time may depend on it. Safe for use by multiple threads.
 */
public interface Hints {
  /** Nobody hears anything. */
  Hints NONE =
      new Hints() {
        @Override
        public void announce(long dueMillis) {}

        @Override
        public Listening listen(LongConsumer listener) {
          return () -> {};
        }
      };

  /** Hints that reach those who listen at this object, on the thread of whoever announces. */
  static Hints inProcess() {
    return new LocalHints();
  }

  /**
   * Tells all who listen, the caller included, that a task may be due at that time. To be called
   * after the commit that made it ready. Neither blocks nor throws.
   *
   * @param dueMillis epoch milliseconds
   */
  void announce(long dueMillis);

  /**
   * Has the listener hear what is announced, until that is closed. Returns at once.
   *
   * @param listener takes due times in epoch milliseconds, from many threads; must neither block
   *     nor throw
   */
  Listening listen(LongConsumer listener);

  /** That somebody listens. Safe for use by multiple threads. */
  interface Listening extends AutoCloseable {
    /** Ends it. Idempotent. */
    @Override
    void close();
  }
}
