package dev.gatehouse.benchmarks.signing;

import com.zaxxer.hikari.HikariDataSource;
import dev.gatehouse.benchmarks.Measurement;
import dev.gatehouse.benchmarks.Metric;
import dev.gatehouse.benchmarks.Plan;
import dev.gatehouse.benchmarks.Writers;
import dev.gatehouse.benchmarks.database.Database;
import dev.gatehouse.benchmarks.database.Databases;
import dev.gatehouse.signing.NonceStore;
import dev.gatehouse.storage.jdbc.JdbcStorage;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.util.List;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.function.IntFunction;

/**
 * How many nonces eight threads claim in a second over a database, each claim with a commit of its
 * own. The raw side inserts the same rows into the same table, and knows no quota.
 */
final class StoredNonceClaims {
  private static final int THREADS = 8;
  private static final long APPLICATION = 7;
  private static final int QUOTA = 10_000_000;
  private static final long LIFE_MILLIS = TimeUnit.HOURS.toMillis(1);
  private static final IntFunction<String> NONCE = "nonce%011d"::formatted;

  private final Databases databases;
  private final Plan plan;
  private final Metric metric;

  StoredNonceClaims(Plan plan, String product, Databases databases) {
    this.plan = plan;
    this.databases = databases;
    metric = new Metric("nonce claims/s " + product, "1/s");
  }

  List<Metric> metrics() {
    return List.of(metric);
  }

  /** Claims a nonce; false if it was claimed before. */
  private interface Claim {
    boolean of(String nonce) throws SQLException;
  }

  Measurement gatehouse() throws SQLException, InterruptedException {
    try (Database database = databases.create();
        HikariDataSource pool = database.pool(THREADS)) {
      NonceStore nonces = JdbcStorage.of(pool).nonces();
      return measure(
          nonce -> {
            long now = System.currentTimeMillis();
            return nonces.claim(APPLICATION, nonce, now + LIFE_MILLIS, now, QUOTA)
                == NonceStore.Outcome.CLAIMED;
          });
    }
  }

  Measurement raw() throws SQLException, InterruptedException {
    try (Database database = databases.create();
        HikariDataSource pool = database.pool(THREADS)) {
      JdbcStorage.of(pool).check();
      return measure(
          nonce -> {
            try (Connection connection = pool.getConnection()) {
              return insert(connection);
            }
          });
    }
  }

  private static boolean insert(Connection connection) throws SQLException {
    try (PreparedStatement insert =
        connection.prepareStatement(
            "INSERT INTO gh_nonce(id, application_id, expires_at) VALUES (?, ?, ?)")) {
      insert.setLong(1, ThreadLocalRandom.current().nextLong());
      insert.setLong(2, APPLICATION);
      insert.setLong(3, System.currentTimeMillis() + LIFE_MILLIS);
      return insert.executeUpdate() == 1;
    }
  }

  private Measurement measure(Claim claim) throws InterruptedException {
    int count = plan.pick(2_000, 40_000);
    claim(claim, 0, count / 2);
    long begin = System.nanoTime();
    claim(claim, count, count);
    double seconds = (System.nanoTime() - begin) / (double) TimeUnit.SECONDS.toNanos(1);
    return new Measurement().with(metric, count / seconds);
  }

  private static void claim(Claim claim, int from, int count) throws InterruptedException {
    Writers.run(
        THREADS,
        count,
        number -> {
          if (!claim.of(NONCE.apply(from + number))) {
            throw new IllegalStateException("a fresh nonce was refused");
          }
        });
  }
}
