package dev.gatehouse.benchmarks.permission;

import com.zaxxer.hikari.HikariDataSource;
import dev.gatehouse.benchmarks.Measurement;
import dev.gatehouse.benchmarks.Metric;
import dev.gatehouse.benchmarks.database.Database;
import dev.gatehouse.benchmarks.database.Databases;
import dev.gatehouse.permission.Decision;
import dev.gatehouse.permission.Grant;
import dev.gatehouse.permission.Permissions;
import dev.gatehouse.permission.Resource;
import dev.gatehouse.permission.Subject;
import dev.gatehouse.storage.Storage;
import dev.gatehouse.storage.jdbc.JdbcStorage;
import dev.gatehouse.storage.memory.MemoryStorage;
import java.sql.SQLException;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

/**
 * How fast rows are written in batches; how long the first check takes, which reads all that the
 * store holds; what that takes of the heap beyond the store's own; and how long a grant takes with
 * the check after it that sees it.
 */
final class Loading {
  /** Where the rules are loaded to: a storage that is there while the work is done. */
  @FunctionalInterface
  interface Place {
    void with(Consumer<Storage> work) throws SQLException;
  }

  private static final int CONNECTIONS = 4;
  private static final int GRANTS = 200;
  private static final double SECOND = TimeUnit.SECONDS.toNanos(1);

  private final Rules rules;
  private final Metric bulk;
  private final Metric load;
  private final Metric heap;
  private final Metric visible;

  Loading(String name, Rules rules) {
    this.rules = rules;
    bulk = bulk(name);
    load = load(name);
    heap = heap(name);
    visible = visible(name);
  }

  /** What is measured under that name. */
  static List<Metric> metrics(String name) {
    return List.of(bulk(name), load(name), heap(name), visible(name));
  }

  private static Metric bulk(String name) {
    return new Metric("bulk load rows/s " + name, "1/s");
  }

  private static Metric load(String name) {
    return new Metric("load s " + name, "s");
  }

  private static Metric heap(String name) {
    return new Metric("heap MiB " + name, "MiB");
  }

  private static Metric visible(String name) {
    return new Metric("grant visible us " + name, "us");
  }

  static void inMemory(Consumer<Storage> work) {
    work.accept(MemoryStorage.create());
  }

  /** In one of those databases. */
  static Place in(Databases databases) {
    return work -> {
      try (Database database = databases.create();
          HikariDataSource pool = database.pool(CONNECTIONS)) {
        work.accept(JdbcStorage.of(pool));
      }
    };
  }

  Measurement measure(Place place) throws SQLException {
    Measurement measurement = new Measurement();
    place.with(storage -> measure(storage, measurement));
    return measurement;
  }

  private void measure(Storage storage, Measurement measurement) {
    long start = System.nanoTime();
    try (LoadedPermissions loaded = LoadedPermissions.in(storage, rules)) {
      measurement.with(bulk, loaded.rows() * SECOND / (System.nanoTime() - start));
      firstCheck(loaded.another());
      long before = usedHeap();
      long begin = System.nanoTime();
      // Not those that wrote: they hold what they wrote.
      Permissions permissions = loaded.another();
      firstCheck(permissions);
      double seconds = (System.nanoTime() - begin) / SECOND;
      measurement.with(load, seconds);
      measurement.with(heap, (usedHeap() - before) / (double) (1 << 20));
      measurement.with(visible, grants(permissions));
    }
  }

  private static void firstCheck(Permissions permissions) {
    Decision decision =
        permissions.check(
            Subject.user("nobody"),
            LoadedPermissions.ACTION,
            Resource.of(LoadedPermissions.TYPE, Rules.resource(0)));
    if (decision.reason() != Decision.Reason.UNKNOWN_SUBJECT) {
      throw new IllegalStateException("a wrong answer: " + decision);
    }
  }

  /** Microseconds of half of the grants at most, each with the check that follows. */
  private static double grants(Permissions permissions) {
    long[] nanos = new long[GRANTS];
    for (int i = 0; i < GRANTS; i++) {
      Subject user = Subject.user("late" + i);
      Resource resource = Resource.of(LoadedPermissions.TYPE, Rules.resource(i));
      long begin = System.nanoTime();
      permissions.grant(Grant.allow(user, LoadedPermissions.ACTION, resource));
      boolean allowed = permissions.check(user, LoadedPermissions.ACTION, resource).allowed();
      nanos[i] = System.nanoTime() - begin;
      if (!allowed) {
        throw new IllegalStateException("a grant was not seen by the next check");
      }
    }
    Arrays.sort(nanos);
    return nanos[GRANTS / 2] / 1_000.0;
  }

  private static long usedHeap() {
    Runtime runtime = Runtime.getRuntime();
    for (int i = 0; i < 3; i++) {
      System.gc();
    }
    return runtime.totalMemory() - runtime.freeMemory();
  }
}
