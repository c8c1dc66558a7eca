package dev.gatehouse.storage.jdbc;

import dev.gatehouse.check.Check;
import dev.gatehouse.error.StorageException;
import dev.gatehouse.signing.KeyRing;
import dev.gatehouse.signing.NonceStore;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.statement.PreparedBatch;
import org.slf4j.LoggerFactory;

/**
 * The NonceStore of a {@link JdbcStorage}. The primary key decides between claims of one nonce;
 * each is a statement that commits itself. The key is a number, the first 64 bits of SHA-256 over
 * application and nonce, as a database keeps a table by a number with far less work than by two
 * columns. Should a nonce have the number of one of a million that are remembered, a chance of one
 * in 10^13, a request is refused that need not have been; nobody can aim at a nonce that he does
 * not know.
 *
 * <p>Rows are deleted as claims come in: those of the application that claims, twice as many at a
 * time as it can have claimed since the last time, and whatever else a walk through the table comes
 * upon, for there are applications that claim no more. They are once they have expired by the clock
 * of any node: clocks may differ by {@link KeyRing#SKEW}, and one that is further ahead of the
 * database's deletes no more for it.
 */
final class JdbcNonceStore implements NonceStore {
  private static final int CLAIMS_PER_PURGE = 256;
  private static final int ROWS_PER_PURGE = 2 * CLAIMS_PER_PURGE;

  /** When the rooms of so many applications are known, all are forgotten: they are counted anew. */
  private static final int MAX_ROOMS = 16_384;

  private static final String INSERT =
      "INSERT INTO gh_nonce(id, application_id, expires_at) VALUES (?, ?, ?)";

  private final Database database;
  private final ConcurrentHashMap<Long, Room> rooms = new ConcurrentHashMap<>();
  private final AtomicInteger claims = new AtomicInteger();

  /** How far the walk through the table has come. */
  private final AtomicLong walked = new AtomicLong(Long.MIN_VALUE);

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
    long before = room.admitted();
    if (!room.admits()
        && !room.admitsAfterCount(
            before, count(applicationId, nowMillis, quota), quota, nowMillis)) {
      return Outcome.FULL;
    }
    long id = id(applicationId, nonce);
    boolean claimed =
        insert(id, applicationId, expiresAtMillis)
            || renew(id, applicationId, expiresAtMillis, nowMillis);
    if (claims.incrementAndGet() % CLAIMS_PER_PURGE == 0) {
      purge(applicationId, nowMillis);
    }
    if (room.wantsCount()) {
      countAhead(room, applicationId, nowMillis, quota);
    }
    return claimed ? Outcome.CLAIMED : Outcome.REPLAYED;
  }

  private static long id(long applicationId, String nonce) {
    ByteBuffer bytes = ByteBuffer.allocate(Long.BYTES + nonce.length());
    bytes.putLong(applicationId).put(nonce.getBytes(StandardCharsets.US_ASCII));
    try {
      byte[] digest = MessageDigest.getInstance("SHA-256").digest(bytes.array());
      return ByteBuffer.wrap(digest).getLong();
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every JDK knows SHA-256", e);
    }
  }

  private boolean insert(long id, long applicationId, long expiresAt) {
    return database.insertAlone(
        INSERT + database.dialect().orNothing(),
        insert -> {
          insert.setLong(1, id);
          insert.setLong(2, applicationId);
          insert.setLong(3, expiresAt);
          return insert.executeUpdate();
        });
  }

  /** Takes over a row that has expired but was not deleted yet. */
  private boolean renew(long id, long applicationId, long expiresAt, long now) {
    return database.use(
            handle ->
                handle.execute(
                    "UPDATE gh_nonce SET application_id = ?, expires_at = ?"
                        + " WHERE id = ? AND expires_at <= ?",
                    applicationId,
                    expiresAt,
                    id,
                    now))
        == 1;
  }

  /** What the claim was to do is done: if this fails, whoever has no allowance left counts. */
  private void countAhead(Room room, long applicationId, long now, int quota) {
    long before = room.admitted();
    try {
      room.counted(before, count(applicationId, now, quota), quota, now);
    } catch (StorageException e) {
      LoggerFactory.getLogger(JdbcNonceStore.class)
          .warn("Nonces could not be counted, which will be tried again", e);
    }
  }

  private int count(long applicationId, long now, int quota) {
    return database.read(
        "SELECT COUNT(*) FROM (SELECT 1 AS one FROM gh_nonce"
            + " WHERE application_id = ? AND expires_at > ? LIMIT ?) AS nonces",
        query -> {
          query.setLong(1, applicationId);
          query.setLong(2, now);
          query.setInt(3, quota);
          return Sql.rows(query, row -> row.getInt(1)).get(0);
        });
  }

  /** By the database's clock where the caller's is ahead of it, by however much. */
  private void purge(long applicationId, long callersNow) {
    try {
      database.use(
          handle -> {
            long now = Math.min(callersNow, database.now(handle)) - KeyRing.SKEW.toMillis();
            // Nodes that delete in one order do not wait for each other in a circle.
            SortedSet<Long> expired = new TreeSet<>(expired(handle, applicationId, now));
            expired.addAll(walk(handle, now));
            if (expired.isEmpty()) {
              return 0;
            }
            PreparedBatch batch =
                handle.prepareBatch("DELETE FROM gh_nonce WHERE id = ? AND expires_at <= ?");
            expired.forEach(id -> batch.add(id, now));
            return batch.execute().length;
          });
    } catch (StorageException e) {
      LoggerFactory.getLogger(JdbcNonceStore.class)
          .warn("Expired nonces could not be deleted, which will be tried again", e);
    }
  }

  private static List<Long> expired(Handle handle, long applicationId, long now) {
    return Sql.use(
        handle,
        "SELECT id FROM gh_nonce WHERE application_id = ? AND expires_at <= ?"
            + " ORDER BY expires_at LIMIT ?",
        query -> {
          query.setLong(1, applicationId);
          query.setLong(2, now);
          query.setInt(3, ROWS_PER_PURGE);
          return Sql.rows(query, row -> row.getLong(1));
        });
  }

  /** The expired ones of the rows that are next. */
  private List<Long> walk(Handle handle, long now) {
    List<Long> expired = new ArrayList<>();
    long last =
        Sql.use(
            handle,
            "SELECT id, expires_at FROM gh_nonce WHERE id > ? ORDER BY id LIMIT ?",
            query -> {
              query.setLong(1, walked.get());
              query.setInt(2, CLAIMS_PER_PURGE);
              return walk(query, now, expired);
            });
    walked.set(last);
    return expired;
  }

  private static long walk(PreparedStatement query, long now, List<Long> expired)
      throws SQLException {
    int rows = 0;
    long last = Long.MIN_VALUE;
    try (ResultSet results = query.executeQuery()) {
      for (; results.next(); rows++) {
        last = results.getLong(1);
        if (results.getLong(2) <= now) {
          expired.add(last);
        }
      }
    }
    return rows < CLAIMS_PER_PURGE ? Long.MIN_VALUE : last;
  }

  @Override
  public Instant remembersSince() {
    return Instant.EPOCH;
  }

  /**
   * How many claims an application may make before its nonces are counted again: a sixteenth of the
   * room that was left, so that counting costs little while there is room, and at least a
   * thousandth of the quota, so that it does not cost much when there is none. When an eighth of
   * those are left, one of them counts, so that the others need not wait for a count of a million
   * rows, nor each make one. Once found full, it counts as full for a second.
   */
  private static final class Room {
    private static final long FULL_MILLIS = 1_000;

    private int allowance;

    /** At or below this allowance somebody is to count; -1 if somebody does, or did in vain. */
    private int low = -1;

    /** How many claims went ahead. */
    private long admitted;

    private long fullAt = Long.MIN_VALUE;

    /** To be asked before counting. */
    synchronized long admitted() {
      return admitted;
    }

    /** Whether a claim need not even be tried. */
    synchronized boolean isFull(long now) {
      return fullAt != Long.MIN_VALUE && Math.abs(now - fullAt) < FULL_MILLIS;
    }

    /** Whether a claim may go ahead without counting. */
    synchronized boolean admits() {
      if (allowance == 0) {
        return false;
      }
      allowance--;
      admitted++;
      return true;
    }

    /** Whether the asker is to count for those who come. */
    synchronized boolean wantsCount() {
      boolean wanted = allowance <= low;
      low = wanted ? -1 : low;
      return wanted;
    }

    /** Whether a claim may go ahead after counting. */
    synchronized boolean admitsAfterCount(long before, int count, int quota, long now) {
      boolean room = counted(before, count, quota, now);
      if (room) {
        allowance = Math.max(0, allowance - 1);
        admitted++;
      }
      return room;
    }

    /**
     * Whether a count found room. What went ahead since before the count it may have missed, so
     * that is taken off what it allows.
     */
    synchronized boolean counted(long before, int count, int quota, long now) {
      int left = quota - count;
      if (left <= 0) {
        fullAt = now;
        allowance = 0;
        low = -1;
        return false;
      }
      int allowed = Math.max(left / 16, quota / 1024);
      allowance = (int) Math.max(0, allowed - (admitted - before));
      low = allowed / 8 - 1;
      return true;
    }
  }
}
