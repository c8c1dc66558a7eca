package dev.gatehouse.scheduler;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.function.LongSupplier;

/** A node whose engine does the steps it is told to, one by one, on the test's thread. */
final class SteppedNode {
  static final long WINDOW_MILLIS = 1_000;

  final Deque<Runnable> workers = new ArrayDeque<>();
  final Engine engine;

  SteppedNode(SchedulerFixture fixture) {
    this(fixture, fixture.clock::nanoTime);
  }

  /** One whose monotonic clock is that one. */
  SteppedNode(SchedulerFixture fixture, LongSupplier nanoTime) {
    engine =
        new Engine(
            fixture.parts(),
            EngineClock.followingStore(fixture.clock, nanoTime),
            workers::add,
            Waker.NONE);
    engine.membership().keep();
  }

  void claim() {
    claimAhead(WINDOW_MILLIS);
  }

  void claimAhead(long windowMillis) {
    engine.claimer().claim(windowMillis, 100);
  }

  void fire() {
    engine.firing().fire();
  }

  /** Does what workers have been given. */
  void work() {
    while (!workers.isEmpty()) {
      workers.remove().run();
    }
  }

  void settle() {
    engine.settler().flush();
  }

  /** Begins what is due, and writes nothing of its end. */
  void begin() {
    claim();
    fire();
    work();
    if (engine.suspects().flush() > 0) {
      fire();
      work();
    }
  }

  void round() {
    begin();
    settle();
  }
}
