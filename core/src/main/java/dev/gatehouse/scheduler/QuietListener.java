package dev.gatehouse.scheduler;

import dev.gatehouse.observe.GatehouseListener;
import java.time.Duration;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Passes on what the scheduler has to tell; what the listener throws is logged and dropped. */
final class QuietListener implements GatehouseListener {
  private static final Logger LOGGER = LoggerFactory.getLogger(QuietListener.class);

  private final GatehouseListener listener;

  QuietListener(GatehouseListener listener) {
    this.listener = listener;
  }

  @Override
  public void attemptEnded(String kind, String outcome, Duration lateness, Duration duration) {
    quietly(() -> listener.attemptEnded(kind, outcome, lateness, duration));
  }

  @Override
  public void tasksRecovered(int count) {
    quietly(() -> listener.tasksRecovered(count));
  }

  @Override
  public void staleResults(int count) {
    quietly(() -> listener.staleResults(count));
  }

  @Override
  public void nodeFenced() {
    quietly(listener::nodeFenced);
  }

  private static void quietly(Runnable call) {
    try {
      call.run();
    } catch (RuntimeException | Error e) {
      LOGGER.warn("the listener threw", e);
    }
  }
}
