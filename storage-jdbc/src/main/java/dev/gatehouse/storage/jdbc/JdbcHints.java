package dev.gatehouse.storage.jdbc;

import dev.gatehouse.error.StorageException;
import dev.gatehouse.scheduler.Hints;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.LongConsumer;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;

/**
 * Hints of a {@link JdbcStorage}. Whoever listens at the same storage hears at once; nodes with
 * other storages on the same tables of a PostgreSQL hear by {@code NOTIFY}, which is sent from a
 * connection of the library's own, never within a transaction of the host's. The channel has the
 * name of the table's number, so that it is one for all who share the table, and for nobody else.
 * Where the server refuses that, nothing more is sent. Safe for use by multiple threads.
 */
final class JdbcHints implements Hints, AutoCloseable {
  /** The channel's name, an SQL expression. */
  static final String CHANNEL = "'gatehouse_' || CAST(CAST('gh_task' AS regclass) AS oid)";

  /** A commit that carries nothing but a hint need not wait for the disk. */
  private static final String NOTIFY =
      "SELECT set_config('synchronous_commit', 'off', true), pg_notify(" + CHANNEL + ", ?)";

  private final DataSource dataSource;
  private final Database database;
  private final Hints local = Hints.inProcess();
  private final String origin = UUID.randomUUID().toString();
  private final HintSender sender = new HintSender(this::send);
  private volatile boolean unheard; // as the server knows no NOTIFY
  private int listeners; // under the monitor
  private @Nullable HintReceiver receiver; // under the monitor; while there are listeners

  JdbcHints(DataSource dataSource, Database database) {
    this.dataSource = dataSource;
    this.database = database;
  }

  @Override
  public void announce(long dueMillis) {
    local.announce(dueMillis);
    if (!unheard && database.isKnown(Dialect.POSTGRESQL)) {
      sender.add(dueMillis);
    }
  }

  private void send(long dueMillis) {
    try {
      database.<@Nullable Object>use(
          handle ->
              handle
                  .createQuery(NOTIFY)
                  .bind(0, dueMillis + " " + origin)
                  .map((results, context) -> true)
                  .one());
    } catch (StorageException e) {
      unheard = Thrown.isRefused(e);
      throw e;
    }
  }

  @Override
  public Listening listen(LongConsumer listener) {
    Listening listening = local.listen(listener);
    retain();
    AtomicBoolean closed = new AtomicBoolean();
    return () -> {
      if (!closed.getAndSet(true)) {
        listening.close();
        release();
      }
    };
  }

  private synchronized void retain() {
    if (listeners++ == 0) {
      HintReceiver started = new HintReceiver(dataSource, database, this::hear);
      receiver = started;
      started.start();
    }
  }

  private void release() {
    HintReceiver last = forgetLast();
    if (last != null) {
      last.close();
    }
  }

  private synchronized @Nullable HintReceiver forgetLast() {
    HintReceiver last = --listeners == 0 ? receiver : null;
    if (last != null) {
      receiver = null;
    }
    return last;
  }

  /** Passes on what others said. Anybody may have: what is no hint is dropped. */
  void hear(String payload) {
    int space = payload.indexOf(' ');
    if (space < 1 || payload.substring(space + 1).equals(origin)) {
      return;
    }
    long dueMillis;
    try {
      dueMillis = Long.parseLong(payload, 0, space, 10);
    } catch (NumberFormatException e) {
      return;
    }
    local.announce(dueMillis);
  }

  /** Sends no more; who listens hears on until that is closed. */
  @Override
  public void close() {
    sender.close();
  }
}
