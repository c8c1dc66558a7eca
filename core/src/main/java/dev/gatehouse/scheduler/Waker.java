package dev.gatehouse.scheduler;

/** Rouses the engine's threads before their time. Neither blocks nor throws. */
@FunctionalInterface
interface Waker {
  /** What a thread of the engine is there for. */
  enum Role {
    /** Leases due tasks: asks the store. */
    CLAIMER,
    /** Starts them and ends those out of time: memory only. */
    TIMER,
    /** Writes what became of them. */
    SETTLER,
    /** Lets limited tasks through their gates, and those that crashed before begin. */
    GATEKEEPER,
    /** Keeps the node's lease. */
    LEASE,
    /** Frees what dead nodes held, hears of cancelled tasks; waits for nobody. */
    KEEPER,
    /** Lets schedules recur, goes on with workflows, purges. */
    SWEEPER,
    /** Clears away what deleted tasks leave in the store. */
    TIDIER
  }

  /** Rouses nobody: for where one thread does all. */
  Waker NONE = role -> {};

  /** Lets the thread look at once, or once more if it is looking. */
  void wake(Role role);
}
