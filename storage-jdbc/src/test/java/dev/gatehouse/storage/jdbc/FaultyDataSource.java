package dev.gatehouse.storage.jdbc;

import static org.mockito.Mockito.mock;
import static org.mockito.Mockito.when;

import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.concurrent.atomic.AtomicInteger;
import javax.sql.DataSource;
import org.jdbi.v3.core.Jdbi;
import org.postgresql.ds.PGSimpleDataSource;

/** New connections to PostgreSQL of one application name, that can be refused, cut and spoiled. */
final class FaultyDataSource {
  private static final String LOST = "08006";

  private final PGSimpleDataSource sound;
  private final String application;
  private final Jdbi jdbi;
  private final AtomicInteger commits = new AtomicInteger();
  private volatile boolean away;
  private volatile boolean spoilsCommits;
  private final AtomicInteger cutBefore = new AtomicInteger();
  private final AtomicInteger cutAfter = new AtomicInteger();

  /** Opens connections as the given one does, under that application name. */
  FaultyDataSource(PGSimpleDataSource sound, String application) {
    this.sound = sound;
    this.application = application;
    jdbi = Jdbi.create(sound);
  }

  DataSource dataSource() throws SQLException {
    DataSource dataSource = mock(DataSource.class);
    when(dataSource.getConnection()).thenAnswer(call -> open());
    return dataSource;
  }

  private Connection open() throws SQLException {
    if (away) {
      throw new SQLException("connection refused", "08001");
    }
    Connection connection = sound.getConnection();
    connection.setClientInfo("ApplicationName", application);
    return (Connection)
        Proxy.newProxyInstance(
            Connection.class.getClassLoader(),
            new Class<?>[] {Connection.class},
            (proxy, method, arguments) -> {
              if (method.getName().equals("commit") && spoilsCommits) {
                commit(connection);
                return null;
              }
              try {
                return method.invoke(connection, arguments);
              } catch (InvocationTargetException e) {
                throw e.getCause();
              }
            });
  }

  /** Of eight commits one is cut off before it takes place, and one before it is answered. */
  private void commit(Connection connection) throws SQLException {
    int turn = commits.incrementAndGet() % 8;
    if (turn == 3) {
      cutBefore.incrementAndGet();
      connection.abort(Runnable::run);
    }
    connection.commit();
    if (turn == 6) {
      cutAfter.incrementAndGet();
      connection.abort(Runnable::run);
      throw new SQLException("the answer to a commit was lost", LOST);
    }
  }

  /** From now on commits fail now and then, with or without effect. */
  void spoilCommits(boolean value) {
    spoilsCommits = value;
  }

  int cutBefore() {
    return cutBefore.get();
  }

  int cutAfter() {
    return cutAfter.get();
  }

  /** From now on there are no new connections; those that are open are cut. */
  void goAway() {
    away = true;
    cut();
  }

  /** Ends the sessions of all connections. */
  int cut() {
    return jdbi.withHandle(
        handle ->
            handle
                .createQuery(
                    "SELECT COUNT(pg_terminate_backend(pid)) FROM pg_stat_activity"
                        + " WHERE application_name = ?")
                .bind(0, application)
                .mapTo(Integer.class)
                .one());
  }

  void comeBack() {
    away = false;
  }
}
