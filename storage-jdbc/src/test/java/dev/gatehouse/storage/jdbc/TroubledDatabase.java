package dev.gatehouse.storage.jdbc;

import com.mysql.cj.jdbc.MysqlDataSource;
import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.locks.ReadWriteLock;
import java.util.concurrent.locks.ReentrantReadWriteLock;
import java.util.function.Supplier;
import java.util.regex.Pattern;
import javax.sql.DataSource;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.Jdbi;
import org.jspecify.annotations.Nullable;
import org.mariadb.jdbc.MariaDbDataSource;
import org.postgresql.ds.PGSimpleDataSource;

/** A database with a small pool, that gets into trouble and out of it again. */
abstract class TroubledDatabase implements AutoCloseable {
  private static final int CONNECTIONS = 8;
  private static final int PATIENCE_MILLIS = 250;

  /** What may happen, and what a host is told of it. */
  enum Trouble {
    EXHAUSTED_POOL("no connection is to be had: the pool gave none in time"),
    READ_ONLY("it takes no writes, as it is read-only"),
    FULL_DISK("it cannot write its files, as when the disk is full");

    private final String says;

    Trouble(String says) {
      this.says = says;
    }

    String says() {
      return says;
    }
  }

  private final DataSource sound;
  private final HikariDataSource pool;
  private final List<Connection> taken = new ArrayList<>();

  private TroubledDatabase(DataSource sound, DataSource pooled) {
    this.sound = sound;
    HikariConfig config = new HikariConfig();
    config.setDataSource(pooled);
    config.setMaximumPoolSize(CONNECTIONS);
    config.setConnectionTimeout(PATIENCE_MILLIS);
    pool = new HikariDataSource(config);
  }

  static TroubledDatabase h2() {
    return new OnH2();
  }

  static TroubledDatabase postgres() {
    return new OnPostgres(Postgres.unpooledDataSource());
  }

  static TroubledDatabase mariaDb() {
    MariaDbDataSource sound = MariaDb.unpooledDataSource("");
    return new OnMariaDb(sound, MariaDb.asUser(OnMariaDb.USER, sound));
  }

  static TroubledDatabase mySql() {
    MysqlDataSource sound = MySql.unpooledDataSource("");
    return new OnMariaDb(sound, MySql.asUser(OnMariaDb.USER, sound));
  }

  /** What Gatehouse and its host share. */
  final DataSource dataSource() {
    return pool;
  }

  /** Connections that know of no trouble. */
  final Jdbi sound() {
    return Jdbi.create(sound);
  }

  /** To be called once, when the tables are there. */
  final void prepare() {
    sound().useHandle(this::prepare);
  }

  abstract void prepare(Handle handle);

  /** All statements that write fail so from now on, or, if it is null, no more. */
  abstract void refuseWrites(@Nullable Trouble trouble);

  final void begin(Trouble trouble) {
    if (trouble == Trouble.EXHAUSTED_POOL) {
      take(CONNECTIONS - 1);
    } else {
      refuseWrites(trouble);
    }
  }

  /**
   * Leaves one connection to be had beside that of the node's lease, as a host that takes them and
   * does not give them back.
   */
  final void leak() {
    take(CONNECTIONS - 2);
  }

  /** The node's lease has one for good. */
  private void take(int connections) {
    while (taken.size() < connections) {
      try {
        taken.add(pool.getConnection());
      } catch (SQLException e) {
        // Somebody else has one for a moment.
      }
    }
  }

  final void end() throws SQLException {
    for (Connection connection : taken) {
      connection.close();
    }
    taken.clear();
    refuseWrites(null);
  }

  @Override
  public final void close() throws SQLException {
    end();
    pool.close();
  }

  /** Those of Gatehouse's. */
  static List<String> tables(Handle handle, String query) {
    return handle.createQuery(query).mapTo(String.class).list().stream()
        .map(name -> name.toLowerCase(Locale.ROOT))
        .filter(name -> name.startsWith("gh_"))
        .toList();
  }

  /** H2 in the process has no server, and its files are the process's: its connections pretend. */
  private static final class OnH2 extends TroubledDatabase {
    private final Refusal refusal;

    OnH2() {
      this(H2.memoryDataSource(), new Refusal());
    }

    private OnH2(DataSource sound, Refusal refusal) {
      super(sound, refusal.before(sound));
      this.refusal = refusal;
    }

    @Override
    void prepare(Handle handle) {
      // Connections do it.
    }

    @Override
    void refuseWrites(@Nullable Trouble trouble) {
      refusal.failure =
          trouble == null
              ? null
              : trouble == Trouble.READ_ONLY
                  ? () -> new SQLException("The database is read only", "90097", 90097)
                  : () -> new SQLException("IO Exception: no space left", "90031", 90031);
    }
  }

  /** Refuses to prepare what writes. */
  private static final class Refusal {
    private static final Pattern WRITES = Pattern.compile("\\b(INSERT|UPDATE|DELETE|MERGE) ");
    private volatile @Nullable Supplier<SQLException> failure;

    DataSource before(DataSource sound) {
      return JdbcProxy.of(
          DataSource.class,
          (method, arguments) -> {
            Object result = JdbcProxy.invoke(sound, method, arguments);
            return result instanceof Connection connection ? before(connection) : result;
          });
    }

    private Connection before(Connection connection) {
      return JdbcProxy.of(
          Connection.class,
          (method, arguments) -> {
            Supplier<SQLException> refusing = failure;
            if (refusing != null
                && method.getName().equals("prepareStatement")
                && WRITES.matcher((String) arguments[0]).find()) {
              throw refusing.get();
            }
            return JdbcProxy.invoke(connection, method, arguments);
          });
    }
  }

  private static final class OnPostgres extends TroubledDatabase {
    private final Switch server;

    OnPostgres(PGSimpleDataSource sound) {
      this(sound, new Switch(sound));
    }

    private OnPostgres(PGSimpleDataSource sound, Switch server) {
      super(sound, server.dataSource());
      this.server = server;
    }

    @Override
    void prepare(Handle handle) {
      handle.execute("CREATE TABLE trouble(code VARCHAR(5))");
      handle.execute(
          "CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN"
              + " IF EXISTS (SELECT 1 FROM trouble) THEN"
              + " RAISE EXCEPTION 'could not extend file: No space left on device'"
              + " USING ERRCODE = '53100'; END IF; RETURN NULL; END $$");
      for (String table :
          tables(handle, "SELECT tablename FROM pg_tables WHERE schemaname = current_schema()")) {
        handle.execute(
            "CREATE TRIGGER refuse BEFORE INSERT OR UPDATE OR DELETE ON "
                + table
                + " EXECUTE FUNCTION refuse()");
      }
    }

    @Override
    void refuseWrites(@Nullable Trouble trouble) {
      server.set(trouble == Trouble.READ_ONLY);
      sound()
          .useHandle(
              handle -> {
                handle.execute("DELETE FROM trouble");
                if (trouble == Trouble.FULL_DISK) {
                  handle.execute("INSERT INTO trouble VALUES ('53100')");
                }
              });
    }
  }

  /** A server that becomes read-only, or another one, has none of the sessions that were open. */
  private static final class Switch {
    private final PGSimpleDataSource pooled = new PGSimpleDataSource();
    private final Jdbi sound;
    private final ReadWriteLock lock = new ReentrantReadWriteLock();
    private boolean readOnly;

    Switch(PGSimpleDataSource sound) {
      this.sound = Jdbi.create(sound);
      pooled.setUrl(sound.getURL());
      pooled.setUser(sound.getUser());
      pooled.setApplicationName(sound.getCurrentSchema());
    }

    DataSource dataSource() {
      return JdbcProxy.of(
          DataSource.class,
          (method, arguments) -> {
            lock.readLock().lock();
            try {
              return JdbcProxy.invoke(pooled, method, arguments);
            } finally {
              lock.readLock().unlock();
            }
          });
    }

    /** While no connection is being opened, which would be one of before. */
    void set(boolean value) {
      lock.writeLock().lock();
      try {
        if (value != readOnly) {
          readOnly = value;
          pooled.setOptions(value ? "-c default_transaction_read_only=on" : null);
          sound.useHandle(
              handle ->
                  handle.execute(
                      "SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity"
                          + " WHERE application_name = ?",
                      pooled.getApplicationName()));
        }
      } finally {
        lock.writeLock().unlock();
      }
    }
  }

  /**
   * Of MySQL too: a user without the right to write to a server that is read-only, which root has.
   * A full disk's error comes from triggers.
   */
  private static final class OnMariaDb extends TroubledDatabase {
    private static final String USER = "limited";

    OnMariaDb(DataSource sound, DataSource limited) {
      super(sound, limited);
    }

    @Override
    void prepare(Handle handle) {
      handle.execute("CREATE TABLE trouble(code INT NOT NULL PRIMARY KEY)");
      for (String table :
          tables(
              handle,
              "SELECT table_name FROM information_schema.tables"
                  + " WHERE table_schema = DATABASE()")) {
        for (String change : List.of("INSERT", "UPDATE", "DELETE")) {
          handle.execute(
              "CREATE TRIGGER "
                  + table
                  + "_"
                  + change
                  + " BEFORE "
                  + change
                  + " ON "
                  + table
                  + " FOR EACH ROW BEGIN DECLARE c INT DEFAULT (SELECT MAX(code) FROM trouble);"
                  + " IF c > 0 THEN SIGNAL SQLSTATE 'HY000' SET MYSQL_ERRNO = c; END IF; END");
        }
      }
    }

    @Override
    void refuseWrites(@Nullable Trouble trouble) {
      sound()
          .useHandle(
              handle -> {
                handle.execute("SET GLOBAL read_only = " + (trouble == Trouble.READ_ONLY));
                handle.execute("DELETE FROM trouble");
                if (trouble == Trouble.FULL_DISK) {
                  handle.execute("INSERT INTO trouble VALUES (1021)");
                }
              });
    }
  }
}
