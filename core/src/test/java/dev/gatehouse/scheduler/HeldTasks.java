package dev.gatehouse.scheduler;

/** Held tasks for tests of what holds them. */
final class HeldTasks {
  private final TestClock clock;
  private final EngineClock engineClock;
  private final Node node;
  private long ids;

  HeldTasks(TestClock clock) {
    this.clock = clock;
    engineClock = EngineClock.followingStore(clock, clock::nanoTime);
    node = new Node(1, "boot", clock.nanoTime() + Long.MAX_VALUE / 2);
  }

  EngineClock engineClock() {
    return engineClock;
  }

  /** One that is due so long after now. */
  HeldTask dueIn(long millis) {
    return held(clock.millis() + millis, 60_000);
  }

  /** One that has begun and may take so long. */
  HeldTask begun(int timeoutMillis) {
    HeldTask held = held(clock.millis(), timeoutMillis);
    held.begin();
    return held;
  }

  /** One that is due, of that priority and application. */
  HeldTask due(Priority priority, long applicationId) {
    long now = clock.millis();
    return held(
        new TaskRow(
            ++ids, applicationId, "work", null, "", "{}", 60_000, "linear:0:0", 0, now, priority));
  }

  private HeldTask held(long dueMillis, int timeoutMillis) {
    return held(
        new TaskRow(++ids, 0, "work", null, "", "{}", timeoutMillis, "linear:0:0", 0, dueMillis));
  }

  private HeldTask held(TaskRow row) {
    return new HeldTask(new ClaimedTask(row, row.runtimeMillis(), 1, 0, 1), node, engineClock);
  }
}
