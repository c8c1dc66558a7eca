package dev.gatehouse.storage.jdbc;

import java.util.concurrent.atomic.AtomicInteger;
import javax.sql.DataSource;
import org.awaitility.Awaitility;
import org.jdbi.v3.core.Jdbi;
import org.postgresql.ds.PGSimpleDataSource;

/** A database of a server to which harm is done, and who of its users has sessions. */
abstract class FaultyServer {
  private final DataSource dataSource;
  private final Jdbi jdbi;

  private FaultyServer(DataSource dataSource) {
    this.dataSource = dataSource;
    jdbi = Jdbi.create(dataSource);
  }

  /** An empty database of the tests' MariaDB, which cannot crash. */
  static FaultyServer mariaDb() {
    return new OnMariaDb(MariaDb.server());
  }

  /** An empty database of a MariaDB of its own, which keeps what it has committed. */
  static FaultyServer ownMariaDb() {
    return new OnMariaDb(MariaDbServer.start("--innodb-flush-log-at-trx-commit=2"));
  }

  /** An empty database of the tests' MySQL, which cannot crash. */
  static FaultyServer mySql() {
    return new OnMySql(MySql.server());
  }

  /** An empty database of a MySQL of its own, which keeps what it has committed. */
  static FaultyServer ownMySql() {
    return new OnMySql(MySqlServer.start("--innodb-flush-log-at-trx-commit=2"));
  }

  /** An empty schema of the tests' PostgreSQL, where a commit outlives the server's process. */
  static FaultyServer postgres() {
    PGSimpleDataSource direct = Postgres.unpooledDataSource();
    direct.setOptions("-c synchronous_commit=on");
    return new OnPostgres(direct);
  }

  /** New connections, each straight to the server. */
  final DataSource dataSource() {
    return dataSource;
  }

  abstract int port();

  /** The URL for connections of that user to another port. */
  abstract String url(int port, String user);

  /** The URL for connections of that user to the server. */
  final String url(String user) {
    return url(port(), user);
  }

  /** The query for the sessions of a user, which is its argument. */
  abstract String sessions();

  /** The statement that ends a session. */
  abstract String end(long session);

  /** The query for how many sessions of a user are in a transaction. */
  abstract String transactions();

  /**
   * Ends all sessions, as the server's process ends without notice, and waits for it to be back.
   */
  abstract void crash();

  final void endSessions(String user) {
    jdbi.useHandle(
        handle -> {
          for (long session :
              handle.createQuery(sessions()).bind(0, user).mapTo(Long.class).list()) {
            handle.execute(end(session));
          }
        });
  }

  /** What the server shows may be a tenth of a second old. */
  final long openTransactions(String user) throws InterruptedException {
    Thread.sleep(150);
    return jdbi.withHandle(
        handle -> handle.createQuery(transactions()).bind(0, user).mapTo(Long.class).one());
  }

  private static final class OnMariaDb extends FaultyServer {
    private static final AtomicInteger DATABASES = new AtomicInteger();
    private final MariaDbServer server;
    private final String database;

    OnMariaDb(MariaDbServer server) {
      this(server, "faults" + DATABASES.incrementAndGet());
    }

    private OnMariaDb(MariaDbServer server, String database) {
      super(made(server, database));
      this.server = server;
      this.database = database;
    }

    private static DataSource made(MariaDbServer server, String database) {
      Jdbi.create(server.dataSource("mysql", ""))
          .useHandle(handle -> handle.execute("CREATE DATABASE " + database));
      return server.dataSource(database, "");
    }

    @Override
    int port() {
      return server.port();
    }

    /** It is started without passwords, and takes any name of a user. */
    @Override
    String url(int port, String user) {
      return "jdbc:mariadb://127.0.0.1:%d/%s?user=%s".formatted(port, database, user);
    }

    @Override
    String sessions() {
      return "SELECT id FROM information_schema.processlist WHERE user = ?";
    }

    @Override
    String end(long session) {
      return "KILL HARD CONNECTION " + session;
    }

    @Override
    String transactions() {
      return "SELECT COUNT(*) FROM information_schema.innodb_trx"
          + " JOIN information_schema.processlist ON id = trx_mysql_thread_id WHERE user = ?";
    }

    @Override
    void crash() {
      server.crash();
    }

    @Override
    public String toString() {
      return "MariaDB";
    }
  }

  private static final class OnMySql extends FaultyServer {
    private static final AtomicInteger DATABASES = new AtomicInteger();
    private final MySqlServer server;
    private final String database;

    OnMySql(MySqlServer server) {
      this(server, "faults" + DATABASES.incrementAndGet());
    }

    private OnMySql(MySqlServer server, String database) {
      super(made(server, database));
      this.server = server;
      this.database = database;
    }

    private static DataSource made(MySqlServer server, String database) {
      Jdbi.create(server.dataSource("mysql", ""))
          .useHandle(handle -> handle.execute("CREATE DATABASE " + database));
      return server.dataSource(database, "");
    }

    @Override
    int port() {
      return server.port();
    }

    /** Each user may do all, without a password. */
    @Override
    String url(int port, String user) {
      Jdbi.create(dataSource())
          .useHandle(
              handle -> {
                handle.execute("CREATE USER IF NOT EXISTS '" + user + "'@'localhost'");
                handle.execute("GRANT ALL ON *.* TO '" + user + "'@'localhost'");
              });
      return "jdbc:mysql://127.0.0.1:%d/%s?user=%s".formatted(port, database, user);
    }

    @Override
    String sessions() {
      return "SELECT id FROM information_schema.processlist WHERE user = ?";
    }

    @Override
    String end(long session) {
      return "KILL CONNECTION " + session;
    }

    @Override
    String transactions() {
      return "SELECT COUNT(*) FROM information_schema.innodb_trx"
          + " JOIN information_schema.processlist ON id = trx_mysql_thread_id WHERE user = ?";
    }

    @Override
    void crash() {
      server.crash();
    }

    @Override
    public String toString() {
      return "MySQL";
    }
  }

  private static final class OnPostgres extends FaultyServer {
    private final PGSimpleDataSource direct;

    OnPostgres(PGSimpleDataSource direct) {
      super(direct);
      this.direct = direct;
    }

    @Override
    int port() {
      return direct.getPortNumbers()[0];
    }

    @Override
    String url(int port, String user) {
      return Postgres.url(direct, user).replace(":" + port() + "/", ":" + port + "/")
          + "&options=-c%20synchronous_commit=on";
    }

    @Override
    String sessions() {
      return "SELECT pid FROM pg_stat_activity WHERE application_name = ?";
    }

    @Override
    String end(long session) {
      return "SELECT pg_terminate_backend(" + session + ")";
    }

    @Override
    String transactions() {
      return "SELECT COUNT(*) FROM pg_stat_activity"
          + " WHERE application_name = ? AND (state = 'active' OR state LIKE 'idle in%')";
    }

    /** When one of its processes is killed, the server ends all sessions and recovers. */
    @Override
    void crash() {
      Jdbi jdbi = Jdbi.create(dataSource());
      jdbi.useHandle(
          handle ->
              handle
                  .createQuery("SELECT pg_backend_pid()")
                  .mapTo(Long.class)
                  .findOne()
                  .flatMap(ProcessHandle::of)
                  .ifPresent(ProcessHandle::destroyForcibly));
      Awaitility.await()
          .ignoreExceptions()
          .until(() -> jdbi.withHandle(handle -> handle.execute("SELECT 1") <= 1));
    }

    @Override
    public String toString() {
      return "PostgreSQL";
    }
  }
}
