package dev.gatehouse.storage.jdbc;

import dev.gatehouse.check.Check;
import dev.gatehouse.error.StorageException;
import dev.gatehouse.signing.KeyRing;
import dev.gatehouse.signing.NonceStore;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Collectors;
import org.jdbi.v3.core.statement.PreparedBatch;
import org.slf4j.LoggerFactory;

/**
 * The NonceStore of a {@link JdbcStorage}. The primary key decides between claims of one nonce;
 * each is a statement that commits itself. Rows are deleted as claims come in, twice as many at a
 * time as can have come in since the last time, once they have expired by the clock of any node:
 * clocks may differ by {@link KeyRing#SKEW}, and one that is further ahead of the database's
 * deletes no more for it.
 */
final class JdbcNonceStore implements NonceStore {
  private static final int CLAIMS_PER_PURGE = 256;
  private static final int ROWS_PER_PURGE = 2 * CLAIMS_PER_PURGE;

  /** When the rooms of so many applications are known, all are forgotten: they are counted anew. */
  private static final int MAX_ROOMS = 16_384;

  private static final String INSERT =
      "INSERT INTO gh_nonce(application_id, nonce, expires_at) VALUES (?, ?, ?)";

  private final Database database;
  private final ConcurrentHashMap<Long, Room> rooms = new ConcurrentHashMap<>();
  private final AtomicInteger claims = new AtomicInteger();

  JdbcNonceStore(Database database) {
    this.database = database;
  }

  @Override
  public Outcome claim(
      long applicationId, String nonce, long expiresAtMillis, long nowMillis, int quota) {
    Check.ascii(nonce, MAX_NONCE, "nonce");
    Check.range(quota, 1, Integer.MAX_VALUE, "quota");
    if (rooms.size() >= MAX_ROOMS) {
      rooms.clear();
    }
    Room room = rooms.computeIfAbsent(applicationId, id -> new Room());
    if (room.isFull(nowMillis)) {
      return Outcome.FULL;
    }
    int counted = room.counted();
    if (!room.admits()
        && !room.admitsAfterCount(
            counted, count(applicationId, nowMillis, quota), quota, nowMillis)) {
      return Outcome.FULL;
    }
    byte[] bytes = nonce.getBytes(StandardCharsets.US_ASCII);
    boolean claimed =
        insert(applicationId, bytes, expiresAtMillis)
            || renew(applicationId, bytes, expiresAtMillis, nowMillis);
    if (claims.incrementAndGet() % CLAIMS_PER_PURGE == 0) {
      purge(nowMillis);
    }
    return claimed ? Outcome.CLAIMED : Outcome.REPLAYED;
  }

  private boolean insert(long applicationId, byte[] nonce, long expiresAt) {
    return database.insertAlone(
        INSERT + database.dialect().orNothing(),
        insert -> {
          insert.setLong(1, applicationId);
          insert.setBytes(2, nonce);
          insert.setLong(3, expiresAt);
          return insert.executeUpdate();
        });
  }

  /** Takes over a row that has expired but was not deleted yet. */
  private boolean renew(long applicationId, byte[] nonce, long expiresAt, long now) {
    return database.use(
            handle ->
                handle.execute(
                    "UPDATE gh_nonce SET expires_at = ?"
                        + " WHERE application_id = ? AND nonce = ? AND expires_at <= ?",
                    expiresAt,
                    applicationId,
                    nonce,
                    now))
        == 1;
  }

  private int count(long applicationId, long now, int quota) {
    return database.use(
        handle ->
            handle
                .createQuery(
                    "SELECT COUNT(*) FROM (SELECT 1 AS one FROM gh_nonce"
                        + " WHERE application_id = :id AND expires_at > :now LIMIT :quota) AS nonces")
                .bind("id", applicationId)
                .bind("now", now)
                .bind("quota", quota)
                .mapTo(Integer.class)
                .one());
  }

  /** By the database's clock where the caller's is ahead of it, by however much. */
  private void purge(long callersNow) {
    try {
      database.use(
          handle -> {
            long now = Math.min(callersNow, database.now(handle)) - KeyRing.SKEW.toMillis();
            List<Row> expired =
                handle
                    .createQuery(
                        "SELECT application_id, nonce FROM gh_nonce WHERE expires_at <= :now"
                            + " ORDER BY expires_at LIMIT :limit")
                    .bind("now", now)
                    .bind("limit", ROWS_PER_PURGE)
                    .map((row, context) -> new Row(row.getLong(1), row.getBytes(2)))
                    .collect(Collectors.toCollection(ArrayList::new));
            if (expired.isEmpty()) {
              return 0;
            }
            expired.sort(Row.ORDER);
            PreparedBatch batch =
                handle.prepareBatch(
                    "DELETE FROM gh_nonce WHERE application_id = ? AND nonce = ?"
                        + " AND expires_at <= ?");
            expired.forEach(row -> batch.add(row.applicationId, row.nonce, now));
            return batch.execute().length;
          });
    } catch (StorageException e) {
      LoggerFactory.getLogger(JdbcNonceStore.class)
          .warn("Expired nonces could not be deleted, which will be tried again", e);
    }
  }

  @Override
  public Instant remembersSince() {
    return Instant.EPOCH;
  }

  /** The key of a row. Nodes that delete in one order do not wait for each other in a circle. */
  private static final class Row {
    private static final Comparator<Row> ORDER =
        Comparator.<Row>comparingLong(row -> row.applicationId)
            .thenComparing(row -> row.nonce, Arrays::compare);

    private final long applicationId;
    private final byte[] nonce;

    Row(long applicationId, byte[] nonce) {
      this.applicationId = applicationId;
      this.nonce = nonce;
    }
  }

  /**
   * How many claims an application may make before its nonces are counted again: a sixteenth of the
   * room that was left, so that counting costs little while there is room, and at least a
   * thousandth of the quota, so that it does not cost much when there is none. Once found full, it
   * counts as full for a second.
   */
  private static final class Room {
    private static final long FULL_MILLIS = 1_000;

    private int allowance;

    /** How many counts have given an allowance. */
    private int counted;

    private long fullAt = Long.MIN_VALUE;

    /** To be asked before counting. */
    synchronized int counted() {
      return counted;
    }

    /** Whether a claim need not even be tried. */
    synchronized boolean isFull(long now) {
      return fullAt != Long.MIN_VALUE && Math.abs(now - fullAt) < FULL_MILLIS;
    }

    /** Whether a claim may go ahead without counting. */
    synchronized boolean admits() {
      if (allowance > 0) {
        allowance--;
        return true;
      }
      return false;
    }

    /**
     * Whether a claim may go ahead after counting. A count that another overtook gives no
     * allowance: it may have missed as many claims as that one allowed.
     */
    synchronized boolean admitsAfterCount(int before, int count, int quota, long now) {
      int left = quota - count;
      if (left <= 0) {
        fullAt = now;
        return false;
      }
      if (before == counted) {
        counted++;
        allowance = Math.max(0, Math.max(left / 16, quota / 1024) - 1);
      }
      return true;
    }
  }
}
