package dev.gatehouse.signing;

import java.util.concurrent.atomic.AtomicReferenceArray;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Spare objects that are dear to make and that one thread at a time may use. Nothing waits: what is
 * not there is made, and what finds no room is dropped. Safe for use by multiple threads.
 */
final class Pool<T> {
  /** Slots lie a cache line apart, so that threads do not slow each other down. */
  private static final int STRIDE = 16;

  private static final int MAX_SLOTS = 16;
  private static final int SLOTS = slots(Runtime.getRuntime().availableProcessors());

  private final AtomicReferenceArray<@Nullable T> spares;
  private final Supplier<T> maker;

  Pool(Supplier<T> maker) {
    this.maker = maker;
    spares = new AtomicReferenceArray<>(SLOTS * STRIDE);
  }

  /** A power of two. */
  private static int slots(int processors) {
    int least = Math.min(Math.max(processors, 2), MAX_SLOTS);
    return Integer.highestOneBit(2 * least - 1);
  }

  /** One that nobody else has until it is given back. */
  T take() {
    int first = (int) Thread.currentThread().getId();
    for (int i = 0; i < SLOTS; i++) {
      int slot = slot(first + i);
      if (spares.getPlain(slot) != null) {
        @Nullable T spare = spares.getAndSet(slot, null);
        if (spare != null) {
          return spare;
        }
      }
    }
    return maker.get();
  }

  /** Gives back what was taken, in the state in which it was made. */
  void give(T spare) {
    int first = (int) Thread.currentThread().getId();
    for (int i = 0; i < SLOTS; i++) {
      int slot = slot(first + i);
      if (spares.getPlain(slot) == null && spares.compareAndSet(slot, null, spare)) {
        return;
      }
    }
  }

  private static int slot(int number) {
    return (number & (SLOTS - 1)) * STRIDE;
  }
}
