package dev.gatehouse.transport.http.api;

import org.jspecify.annotations.Nullable;

/**
 * A head that a server of the JDK's reads on the current thread, which is interrupted if it does
 * not come in time: a channel whose reader is interrupted is closed. Safe for use by multiple
 * threads.
 */
final class TimedHead {
  private enum State {
    READING,
    CAME,
    LATE
  }

  private static final ThreadLocal<@Nullable TimedHead> CURRENT = new ThreadLocal<>();

  private final Thread reader = Thread.currentThread();
  private State state = State.READING;

  private TimedHead() {}

  /** Runs what reads a head, and goes on when that {@link #came}. */
  static void run(Runnable task, Deadlines deadlines, long nanos) {
    TimedHead head = new TimedHead();
    Deadlines.Deadline late = deadlines.in(nanos, head::giveUp);
    CURRENT.set(head);
    try {
      task.run();
    } finally {
      CURRENT.remove();
      late.callOff();
      head.end();
    }
  }

  /** The head that is read on this thread has come: nobody interrupts from now on. */
  static void came() {
    TimedHead head = CURRENT.get();
    if (head != null) {
      head.end();
    }
  }

  /** Within the lock, so that no interrupt hits what the thread does next. */
  private synchronized void giveUp() {
    if (state == State.READING) {
      state = State.LATE;
      reader.interrupt();
    }
  }

  private synchronized void end() {
    if (state == State.LATE) {
      // It was meant for the reading, which is over.
      boolean unused = Thread.interrupted();
    }
    state = State.CAME;
  }
}
