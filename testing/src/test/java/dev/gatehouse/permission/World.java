package dev.gatehouse.permission;

import dev.gatehouse.audit.AuditContext;
import dev.gatehouse.audit.AuditCount;
import dev.gatehouse.audit.AuditLog;
import dev.gatehouse.audit.AuditPage;
import dev.gatehouse.audit.AuditQuery;
import dev.gatehouse.audit.AuditRecord;
import dev.gatehouse.error.StorageException;
import dev.gatehouse.observe.GatehouseListener;
import dev.gatehouse.storage.Storage;
import dev.gatehouse.storage.memory.MemoryStorage;
import dev.gatehouse.testing.fixture.ManualClock;
import dev.gatehouse.transaction.Transaction;
import java.io.OutputStream;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;

/** Permissions on one storage, whose time is stepped and whose storage can be away. */
final class World {
  static final Duration HISTORY = Duration.ofDays(90);

  final ManualClock clock = new ManualClock(Instant.parse("2030-01-01T00:00:00Z"));
  final AtomicBoolean down = new AtomicBoolean();

  final AtomicBoolean listenerThrows = new AtomicBoolean();

  /** Whether the next version that is asked for outside a transaction finds the storage away. */
  final AtomicBoolean downOnceCommitted = new AtomicBoolean();

  /** Whether the store forgets versions; else it fails to. */
  final AtomicBoolean forgetful = new AtomicBoolean(true);

  final AtomicInteger versionReads = new AtomicInteger();
  final AtomicInteger pages = new AtomicInteger();
  final List<String> heard = Collections.synchronizedList(new ArrayList<>());
  final Records audit = new Records();
  final Storage storage;
  private final AtomicLong nanos = new AtomicLong(Long.MAX_VALUE - 1_000_000);
  private final AtomicLong ids = new AtomicLong();

  World() {
    storage = MemoryStorage.create(clock);
  }

  /** An instance of its own over the same storage. */
  Permissions node() {
    return node(DecisionAudit.DENIALS);
  }

  Permissions node(DecisionAudit audited) {
    return node(storage, audited);
  }

  /** An instance over another storage. */
  Permissions node(Storage other) {
    return node(other, DecisionAudit.DENIALS);
  }

  private Permissions node(Storage other, DecisionAudit audited) {
    GatehouseListener listener =
        new GatehouseListener() {
          @Override
          public void permissionsChanged(long version, Duration latency) {
            heard.add(version + " after " + latency);
            if (listenerThrows.get()) {
              throw new IllegalStateException("a listener that throws");
            }
          }
        };
    return Permissions.create(
        other,
        watched(other.permissions()),
        audit,
        ids::incrementAndGet,
        new Permissions.Settings(
            clock,
            nanos::get,
            Duration.ofMillis(500),
            Duration.ofSeconds(30),
            listener,
            audited,
            HISTORY));
  }

  void pass(Duration duration) {
    clock.advance(duration);
    nanos.addAndGet(duration.toNanos());
  }

  /** The store, but unreachable while {@code down}. */
  private PermissionStore watched(PermissionStore store) {
    return (PermissionStore)
        Proxy.newProxyInstance(
            PermissionStore.class.getClassLoader(),
            new Class<?>[] {PermissionStore.class},
            (self, method, arguments) -> {
              versionReads.addAndGet(method.getName().equals("version") ? 1 : 0);
              if (method.getName().equals("version") && downOnceCommitted.getAndSet(false)) {
                down.set(true);
              }
              pages.addAndGet(method.getName().equals("grants") ? 1 : 0);
              if (down.get() && !method.getName().equals("joining")) {
                throw new StorageException("down on purpose");
              }
              if (!forgetful.get() && method.getName().equals("forget")) {
                throw new StorageException("forgets nothing on purpose");
              }
              try {
                Object result = method.invoke(store, arguments);
                return result instanceof PermissionStore joined ? watched(joined) : result;
              } catch (InvocationTargetException e) {
                throw e.getCause();
              }
            });
  }

  /** Keeps records in a list; joined, from the commit on. */
  static final class Records implements AuditLog {
    final List<AuditRecord> all;
    private final Transaction joined;
    private final AtomicBoolean failing;

    Records() {
      this(Collections.synchronizedList(new ArrayList<>()), null, new AtomicBoolean());
    }

    private Records(List<AuditRecord> all, Transaction joined, AtomicBoolean failing) {
      this.all = all;
      this.joined = joined;
      this.failing = failing;
    }

    void failing(boolean fails) {
      failing.set(fails);
    }

    List<String> contents() {
      return all.stream().map(AuditRecord::content).toList();
    }

    @Override
    public AuditRecord write(AuditRecord record) {
      if (failing.get()) {
        throw new StorageException("failing on purpose");
      }
      if (joined == null) {
        all.add(record);
      } else {
        joined.afterCommit(() -> all.add(record));
      }
      return record;
    }

    @Override
    public List<AuditRecord> writeAll(List<AuditRecord> records) {
      return records.stream().map(this::write).toList();
    }

    @Override
    public AuditLog within(AuditContext context) {
      return this;
    }

    @Override
    public long removeBefore(Instant before, long most) {
      throw new UnsupportedOperationException();
    }

    @Override
    public Optional<AuditRecord> erase(Set<Long> ids, Set<String> fields, String reason) {
      throw new UnsupportedOperationException();
    }

    @Override
    public Optional<AuditRecord> find(long id) {
      throw new UnsupportedOperationException();
    }

    @Override
    public AuditPage find(AuditQuery query) {
      throw new UnsupportedOperationException();
    }

    @Override
    public AuditCount count(AuditQuery query, int cap) {
      throw new UnsupportedOperationException();
    }

    @Override
    public long export(AuditQuery query, OutputStream out) {
      throw new UnsupportedOperationException();
    }

    @Override
    public AuditLog joining(Transaction transaction) {
      return new Records(all, transaction, failing);
    }
  }
}
