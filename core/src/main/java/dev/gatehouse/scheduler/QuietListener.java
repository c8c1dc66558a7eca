package dev.gatehouse.scheduler;

import dev.gatehouse.observe.GatehouseListener;
import java.time.Duration;
import java.util.concurrent.atomic.LongAdder;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Passes on what the scheduler has to tell, and counts the seldom; what the listener throws is
 * logged and dropped. Safe for use by multiple threads.
 */
final class QuietListener implements GatehouseListener {
  private static final Logger LOGGER = LoggerFactory.getLogger(QuietListener.class);

  private final GatehouseListener listener;
  private final LongAdder recovered = new LongAdder();
  private final LongAdder stale = new LongAdder();
  private final LongAdder fenced = new LongAdder();

  QuietListener(GatehouseListener listener) {
    this.listener = listener;
  }

  @Override
  public void attemptEnded(String kind, String outcome, Duration lateness, Duration duration) {
    quietly(() -> listener.attemptEnded(kind, outcome, lateness, duration));
  }

  @Override
  public void tasksRecovered(int count) {
    recovered.add(count);
    quietly(() -> listener.tasksRecovered(count));
  }

  @Override
  public void staleResults(int count) {
    stale.add(count);
    quietly(() -> listener.staleResults(count));
  }

  @Override
  public void nodeFenced() {
    fenced.increment();
    quietly(listener::nodeFenced);
  }

  long recovered() {
    return recovered.sum();
  }

  long stale() {
    return stale.sum();
  }

  long fenced() {
    return fenced.sum();
  }

  private static void quietly(Runnable call) {
    try {
      call.run();
    } catch (RuntimeException | Error e) {
      LOGGER.warn("the listener threw", e);
    }
  }
}
