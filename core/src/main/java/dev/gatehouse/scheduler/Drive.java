package dev.gatehouse.scheduler;

import java.time.Duration;

/** Who makes an engine go: its own threads, or a caller's. */
sealed interface Drive permits EngineThreads, VirtualStepper {
  Engine engine();

  /** Ends it; attempts under way have so long to end by themselves. Called once. */
  void close(Duration timeout);
}
