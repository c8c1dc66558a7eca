package dev.gatehouse.scheduler;

import static java.util.Objects.requireNonNull;

import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.LongConsumer;

/** Hints among those who have this object. Safe for use by multiple threads. */
final class LocalHints implements Hints {
  private final List<Ear> ears = new CopyOnWriteArrayList<>();

  /** One for each call, so that a listener may listen twice. */
  private record Ear(Object identity, LongConsumer listener) {}

  @Override
  public void announce(long dueMillis) {
    for (Ear ear : ears) {
      ear.listener().accept(dueMillis);
    }
  }

  @Override
  public Listening listen(LongConsumer listener) {
    Ear ear = new Ear(new Object(), requireNonNull(listener, "listener"));
    ears.add(ear);
    return () -> ears.remove(ear);
  }
}
