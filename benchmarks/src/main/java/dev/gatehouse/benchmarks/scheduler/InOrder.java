package dev.gatehouse.benchmarks.scheduler;

import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.IntConsumer;

/**
 * Proves that tasks ran in the order of their indexes, one after the other: another is not counted
 * as run. Safe for use by multiple threads.
 */
final class InOrder implements IntConsumer {
  private final IntConsumer ran;
  private final AtomicInteger next = new AtomicInteger();

  private InOrder(IntConsumer ran) {
    this.ran = ran;
  }

  /** Sides whose tasks must run in order. */
  static Side.Opener of(Side.Opener sides) {
    return setting ->
        sides.open(
            new Side.Setting(
                setting.database(),
                setting.nodes(),
                setting.payload(),
                new InOrder(setting.ran())));
  }

  @Override
  public void accept(int index) {
    if (!next.compareAndSet(index, index + 1)) {
      throw new IllegalStateException("task " + index + " ran as number " + next.get());
    }
    ran.accept(index);
  }
}
