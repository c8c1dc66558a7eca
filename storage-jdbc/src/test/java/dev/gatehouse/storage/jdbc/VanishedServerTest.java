package dev.gatehouse.storage.jdbc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.awaitility.Awaitility.await;

import com.mysql.cj.jdbc.MysqlDataSource;
import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import dev.gatehouse.Gatehouse;
import dev.gatehouse.error.StorageException;
import dev.gatehouse.observe.GatehouseListener;
import dev.gatehouse.scheduler.SchedulerOptions;
import dev.gatehouse.scheduler.Task;
import dev.gatehouse.scheduler.TaskResult;
import java.io.IOException;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.Collections;
import java.util.LinkedHashSet;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import javax.sql.DataSource;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.mariadb.jdbc.MariaDbDataSource;
import org.postgresql.ds.PGSimpleDataSource;

/**
 * A server that is gone without having closed a connection, as when its machine loses its power,
 * and a host that has set no timeout of the driver's: whoever waits for an answer would for ever.
 */
@Timeout(180)
class VanishedServerTest {
  private static final Duration SOON = Duration.ofSeconds(90);
  private static final Duration LEASE = Duration.ofSeconds(3);

  abstract static class OverDatabase {
    private final AtomicInteger fenced = new AtomicInteger();
    private final Set<String> done = ConcurrentHashMap.newKeySet();

    abstract int port();

    /** Of a database of its own, on that port. */
    abstract DataSource through(int port);

    /** As {@link #through}, with what a driver needs to give up a server that does not greet it. */
    DataSource bounded(int port) {
      return through(port);
    }

    private static HikariDataSource pool(DataSource dataSource) {
      HikariConfig config = new HikariConfig();
      config.setDataSource(dataSource);
      config.setMaximumPoolSize(16);
      config.setConnectionTimeout(1_000);
      config.setValidationTimeout(250);
      return new HikariDataSource(config);
    }

    private Gatehouse node(JdbcStorage storage) {
      Gatehouse gatehouse =
          Gatehouse.builder()
              .storage(storage)
              .scheduler(SchedulerOptions.builder().lease(LEASE).build())
              .listener(
                  new GatehouseListener() {
                    @Override
                    public void nodeFenced() {
                      fenced.incrementAndGet();
                    }
                  })
              .handler(
                  "work",
                  context -> {
                    done.add(context.content());
                    return TaskResult.done();
                  })
              .build();
      gatehouse.start();
      return gatehouse;
    }

    private void assertRuns(Gatehouse gatehouse, String content) {
      await()
          .atMost(SOON)
          .ignoreExceptionsInstanceOf(StorageException.class)
          .until(
              () -> {
                gatehouse.scheduler().schedule(Task.of(content).handler("work").content(content));
                return true;
              });
      await().atMost(SOON).until(() -> done.contains(content));
    }

    @Test
    void server_vanishesAndAnotherTakesItsPlace_nodeJoinsAgainAndGoesOn() throws IOException {
      try (TcpProxy proxy = new TcpProxy(port());
          HikariDataSource pool = pool(bounded(proxy.port()));
          JdbcStorage storage = JdbcStorage.of(pool).withNetworkTimeout(Duration.ofSeconds(2))) {
        Gatehouse gatehouse = node(storage);
        try {
          assertRuns(gatehouse, "1");
          gatehouse
              .scheduler()
              .schedule(Task.of("later").handler("work").content("2").in(LEASE.plus(LEASE)));
          proxy.vanish();
          await().atMost(SOON).until(() -> fenced.get() > 0);
          assertThat(done).doesNotContain("2");
          proxy.comeBack();
          await().atMost(SOON).until(() -> done.contains("2"));
          assertRuns(gatehouse, "3");
        } finally {
          gatehouse.close();
        }
      }
    }

    @Test
    void call_serverVanishesMeanwhile_failsWithinTheTimeoutAndTheNextOneWorks() throws IOException {
      try (TcpProxy proxy = new TcpProxy(port());
          HikariDataSource pool = pool(bounded(proxy.port()));
          JdbcStorage storage = JdbcStorage.of(pool).withNetworkTimeout(Duration.ofSeconds(1))) {
        storage.check();
        long begin = System.nanoTime();
        assertThatExceptionOfType(StorageException.class)
            .isThrownBy(
                () ->
                    storage.run(
                        transaction -> {
                          storage.keys().joining(transaction).advance();
                          proxy.vanish();
                          storage.keys().joining(transaction).advance();
                        }));
        assertThat(Duration.ofNanos(System.nanoTime() - begin)).isLessThan(SOON);
        proxy.comeBack();
        await()
            .atMost(SOON)
            .ignoreExceptionsInstanceOf(StorageException.class)
            .until(() -> checked(storage));
        assertThat(storage.keys().version()).isZero();
      }
    }

    private static boolean checked(JdbcStorage storage) {
      storage.check();
      return true;
    }

    @Test
    void connections_withoutATimeout_haveOneWhileInUseOnly() {
      assertThat(timeouts(0)).containsExactly("use 60000", "close 0");
    }

    @Test
    void connections_withTheHostsTimeout_keepThat() {
      assertThat(timeouts(77_000)).containsExactly("use 77000", "close 77000");
    }

    /** Those of a connection that comes with one: when a statement is made, and when it closes. */
    private Set<String> timeouts(int own) {
      Set<String> seen = Collections.synchronizedSet(new LinkedHashSet<>());
      DataSource sound = through(port());
      JdbcStorage.of(sound).check();
      JdbcStorage storage =
          JdbcStorage.of(
              JdbcProxy.of(
                  DataSource.class,
                  (method, arguments) -> {
                    Connection connection = (Connection) JdbcProxy.invoke(sound, method, arguments);
                    connection.setNetworkTimeout(Runnable::run, own);
                    return watched(connection, seen);
                  }));
      storage.check();
      seen.clear();
      storage.run(transaction -> storage.keys().joining(transaction).advance());
      storage.nonces().claim(1, "n", 9, 1, 9);
      return seen;
    }

    private static Connection watched(Connection connection, Set<String> seen) {
      return JdbcProxy.of(
          Connection.class,
          (method, arguments) -> {
            if (method.getName().equals("close")) {
              seen.add("close " + connection.getNetworkTimeout());
            } else if (method.getName().equals("prepareStatement")) {
              seen.add("use " + connection.getNetworkTimeout());
            }
            return JdbcProxy.invoke(connection, method, arguments);
          });
    }
  }

  @Test
  void withNetworkTimeout_outOfRange_isRefused() {
    JdbcStorage storage = JdbcStorage.of(H2.memoryDataSource());
    assertThatIllegalArgumentException()
        .isThrownBy(() -> storage.withNetworkTimeout(Duration.ofMillis(-1)))
        .withMessageContaining("timeout must be in");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> storage.withNetworkTimeout(Duration.ofDays(1).plusMillis(1)))
        .withMessageContaining("timeout must be in");
    storage.withNetworkTimeout(Duration.ZERO).check();
    storage.withNetworkTimeout(Duration.ofNanos(1)).check();
  }

  @Nested
  class OnPostgres extends OverDatabase {
    private final PGSimpleDataSource direct = Postgres.unpooledDataSource();

    @Override
    int port() {
      return direct.getPortNumbers()[0];
    }

    @Override
    DataSource through(int port) {
      PGSimpleDataSource through = new PGSimpleDataSource();
      through.setUrl(direct.getURL());
      through.setUser(direct.getUser());
      through.setServerNames(new String[] {"127.0.0.1"});
      through.setPortNumbers(new int[] {port});
      return through;
    }
  }

  @Nested
  @Tag("mariadb")
  class OnMariaDb extends OverDatabase {
    private final String database = "vanished" + Long.toString(System.nanoTime(), 36);

    @Override
    int port() {
      return MariaDb.server().port();
    }

    @Override
    DataSource through(int port) {
      MariaDb.use(handle -> handle.execute("CREATE DATABASE IF NOT EXISTS " + database));
      try {
        return new MariaDbDataSource(
            "jdbc:mariadb://127.0.0.1:%d/%s?user=root".formatted(port, database));
      } catch (SQLException e) {
        throw new IllegalStateException(e);
      }
    }
  }

  @Nested
  @Tag("mysql")
  class OnMySql extends OverDatabase {
    private final MysqlDataSource direct = MySql.unpooledDataSource("");

    @Override
    int port() {
      return MySql.server().port();
    }

    @Override
    DataSource through(int port) {
      MysqlDataSource through = new MysqlDataSource();
      through.setUrl(direct.getUrl().replace(":" + port() + "/", ":" + port + "/"));
      through.setUser(direct.getUser());
      return through;
    }

    @Override
    DataSource bounded(int port) {
      MysqlDataSource bounded = new MysqlDataSource();
      bounded.setUrl(
          direct.getUrl().replace(":" + port() + "/", ":" + port + "/")
              + "connectTimeout=2000&socketTimeout=2000");
      bounded.setUser(direct.getUser());
      return bounded;
    }
  }
}
