package dev.gatehouse.storage.jdbc;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.extension.AfterAllCallback;
import org.junit.jupiter.api.extension.BeforeAllCallback;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.extension.ExtensionContext.Namespace;

/** Fails a class of tests over a {@link StormyDataSource} in which there was no storm. */
final class Storms implements BeforeAllCallback, AfterAllCallback {
  private static final AtomicLong SEED =
      new AtomicLong(Long.getLong("gatehouse.seed", System.nanoTime()));

  private static final Namespace NAMESPACE = Namespace.create(Storms.class);

  /** The next storm's, which is printed. */
  static long seed() {
    long seed = SEED.getAndIncrement();
    System.out.println("gatehouse.seed=" + seed);
    return seed;
  }

  @Override
  public void beforeAll(ExtensionContext context) {
    context.getStore(NAMESPACE).put("before", StormyDataSource.failures());
  }

  @Override
  public void afterAll(ExtensionContext context) {
    int before = context.getStore(NAMESPACE).get("before", Integer.class);
    assertThat(StormyDataSource.failures()).as("failures injected").isGreaterThan(before);
  }
}
