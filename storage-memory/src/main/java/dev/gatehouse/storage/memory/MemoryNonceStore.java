package dev.gatehouse.storage.memory;

import dev.gatehouse.check.Check;
import dev.gatehouse.hash.Fingerprint;
import dev.gatehouse.signing.NonceStore;
import java.time.Instant;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.BiFunction;
import java.util.function.BiPredicate;
import org.jspecify.annotations.Nullable;

/**
 * The NonceStore of a {@link MemoryStorage}. A claim is no part of any transaction, so it takes not
 * the journal's lock but only that of the application's own entry in the map.
 */
final class MemoryNonceStore implements NonceStore {
  /** After so many claims, applications all of whose nonces have expired are dropped. */
  private static final int CLAIMS_PER_SWEEP = 4096;

  private static final long MILLIS_PER_SWEEP = 1_000;

  private final Instant since;
  private final NonceTable.Room room;
  private final ConcurrentHashMap<Long, Nonces> applications = new ConcurrentHashMap<>();
  private final AtomicInteger claims = new AtomicInteger();
  private final AtomicLong roomMadeAt = new AtomicLong();

  /** A store that takes about a quarter of the heap at most, and then is full for everyone. */
  MemoryNonceStore(Instant since) {
    this(since, Runtime.getRuntime().maxMemory() / 4);
  }

  MemoryNonceStore(Instant since, long bytes) {
    this.since = since;
    room = new NonceTable.Room(bytes);
  }

  @Override
  public Outcome claim(
      long applicationId, String nonce, long expiresAtMillis, long nowMillis, int quota) {
    Check.ascii(nonce, MAX_NONCE, "nonce");
    Check.range(quota, 1, Integer.MAX_VALUE, "quota");
    Claim claim = new Claim(Fingerprint.of(nonce), expiresAtMillis, nowMillis, quota);
    applications.compute(applicationId, claim);
    if (claims.incrementAndGet() % CLAIMS_PER_SWEEP == 0) {
      sweep(nowMillis, Nonces::closeIfAllExpired);
    }
    if (claim.lacksRoom && isTimeToMakeRoom(nowMillis)) {
      sweep(nowMillis, Nonces::closeOrShrink);
      applications.compute(applicationId, claim);
    }
    return claim.outcome;
  }

  private void sweep(long nowMillis, BiPredicate<Nonces, Long> isClosed) {
    for (Long id : applications.keySet()) {
      applications.computeIfPresent(
          id, (key, nonces) -> isClosed.test(nonces, nowMillis) ? null : nonces);
    }
  }

  /** To look at the nonces of all is work, so only one claim in a second does. */
  private boolean isTimeToMakeRoom(long nowMillis) {
    long last = roomMadeAt.get();
    return Math.abs(nowMillis - last) >= MILLIS_PER_SWEEP
        && roomMadeAt.compareAndSet(last, nowMillis);
  }

  @Override
  public Instant remembersSince() {
    return since;
  }

  /** One claim, run while the map holds the application's entry. */
  private final class Claim implements BiFunction<Long, @Nullable Nonces, Nonces> {
    private final Fingerprint nonce;
    private final long expiresAt;
    private final long now;
    private final int quota;
    private Outcome outcome = Outcome.FULL;
    private boolean lacksRoom;

    Claim(Fingerprint nonce, long expiresAt, long now, int quota) {
      this.nonce = nonce;
      this.expiresAt = expiresAt;
      this.now = now;
      this.quota = Math.min(quota, NonceTable.MAX_SIZE);
    }

    @Override
    public Nonces apply(Long applicationId, @Nullable Nonces present) {
      Nonces nonces = present == null ? new Nonces(room) : present;
      outcome = nonces.claim(nonce, expiresAt, now, quota);
      lacksRoom = outcome == Outcome.FULL && nonces.size() < quota;
      return nonces;
    }
  }

  /** So that an application over its quota keeps a node busy for a small part of the time only. */
  private static final int NONCES_LOOKED_AT_A_MILLI = 1_000;

  /**
   * The nonces of one application, with their expiry, in two tables. New ones go into the younger;
   * when the older holds none that is unexpired it is dropped whole and the younger takes its
   * place. With one lifetime for all, no nonce stays longer than two of them.
   */
  private static final class Nonces {
    private final NonceTable.Room room;
    private NonceTable younger;
    private NonceTable older;

    /** Before then, looking for expired nonces would free nothing, or cost too much. */
    private long nothingExpiresBefore = Long.MIN_VALUE;

    Nonces(NonceTable.Room room) {
      this.room = room;
      younger = new NonceTable(room);
      older = new NonceTable(room);
    }

    Outcome claim(Fingerprint nonce, long expiresAt, long now, int quota) {
      if (older.isExpired(now)) {
        NonceTable empty = new NonceTable(room);
        older.close();
        older = younger;
        younger = empty;
      }
      if (younger.remembers(nonce, now) || older.remembers(nonce, now)) {
        return Outcome.REPLAYED;
      }
      if (put(nonce, expiresAt, quota)) {
        return Outcome.CLAIMED;
      }
      if (now < nothingExpiresBefore) {
        return Outcome.FULL;
      }
      long earliest = Math.min(younger.dropExpired(now), older.dropExpired(now));
      nothingExpiresBefore = Math.max(earliest, now + size() / NONCES_LOOKED_AT_A_MILLI);
      return put(nonce, expiresAt, quota) ? Outcome.CLAIMED : Outcome.FULL;
    }

    private boolean put(Fingerprint nonce, long expiresAt, int quota) {
      if (size() >= quota || !younger.put(nonce, expiresAt)) {
        return false;
      }
      nothingExpiresBefore = Math.min(nothingExpiresBefore, expiresAt);
      return true;
    }

    private int size() {
      return younger.size() + older.size();
    }

    boolean closeOrShrink(long now) {
      if (closeIfAllExpired(now)) {
        return true;
      }
      younger.dropExpired(now);
      older.dropExpired(now);
      return false;
    }

    boolean closeIfAllExpired(long now) {
      if (!younger.isExpired(now) || !older.isExpired(now)) {
        return false;
      }
      younger.close();
      older.close();
      return true;
    }
  }
}
