package dev.gatehouse.storage.jdbc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.gatehouse.Gatehouse;
import dev.gatehouse.error.ConflictException;
import dev.gatehouse.error.NotFoundException;
import dev.gatehouse.observe.GatehouseListener;
import dev.gatehouse.registry.Instance;
import dev.gatehouse.registry.Registry;
import dev.gatehouse.registry.Server;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import javax.sql.DataSource;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Leases that a node keeps while a host's transaction is open, and ends at any point of that. */
class LeaseHostsTest {
  private static final Duration LEASE = Duration.ofMinutes(1);

  /** What a host does meanwhile. */
  private interface Deed {
    void run() throws SQLException;
  }

  abstract static class OnDatabase {
    private final ExecutorService others = Executors.newCachedThreadPool();
    private final DataSource dataSource = newDatabase();
    private final JdbcStorage storage = JdbcStorage.of(dataSource);
    private final Gatehouse gatehouse = Gatehouse.builder().storage(storage).build();
    private final AtomicLong nanos = new AtomicLong();
    private final List<String> lost = new CopyOnWriteArrayList<>();
    private final AtomicInteger statementsLeft = new AtomicInteger();
    private volatile Deed deed = () -> {};
    private Gatehouse node;
    private Connection host;

    abstract DataSource newDatabase();

    @BeforeEach
    void begin() throws SQLException {
      storage.check();
      host = dataSource.getConnection();
      host.setAutoCommit(false);
      gatehouse.registry().register(Server.named("s").at("h1", 80));
      node =
          Gatehouse.builder()
              .storage(JdbcStorage.of(watched()))
              .nanoTime(nanos::get)
              .listener(
                  new GatehouseListener() {
                    @Override
                    public void leaseLost(String server, String address) {
                      lost.add(address);
                    }
                  })
              .build();
    }

    @AfterEach
    void end() throws SQLException {
      others.shutdownNow();
      host.rollback();
      host.close();
      node.close();
      gatehouse.close();
    }

    /** The node's way to the database, on which the host may do something meanwhile. */
    private DataSource watched() {
      return JdbcProxy.of(
          DataSource.class,
          (method, arguments) -> {
            Object answer = JdbcProxy.invoke(dataSource, method, arguments);
            return answer instanceof Connection connection ? watched(connection) : answer;
          });
    }

    private Connection watched(Connection connection) {
      return JdbcProxy.of(
          Connection.class,
          (method, arguments) -> {
            if (method.getName().equals("prepareStatement")
                && statementsLeft.decrementAndGet() == 0) {
              deed.run();
            }
            return JdbcProxy.invoke(connection, method, arguments);
          });
    }

    /**
     * Steps, and does that before the statement of that number; false if there were not as many.
     */
    boolean stepWith(int statement, Deed one) throws Exception {
      deed = one;
      statementsLeft.set(statement);
      elsewhere(this::step);
      boolean wasDone = statementsLeft.getAndSet(0) <= 0;
      if (!wasDone) {
        one.run();
      }
      return wasDone;
    }

    Registry hosts() {
      return gatehouse.joining(JdbcTransaction.of(host)).registry();
    }

    Connection host() {
      return host;
    }

    Instance keep(int port) {
      return node.upkeep().keep(Instance.on("s").at("a", port).lease(LEASE));
    }

    void release(Instance instance) {
      node.upkeep().release(instance);
    }

    <T> T elsewhere(Callable<T> work) throws Exception {
      return others.submit(work).get(20, TimeUnit.SECONDS);
    }

    void sql(String sql) throws SQLException {
      try (Connection connection = dataSource.getConnection();
          Statement statement = connection.createStatement()) {
        statement.execute(sql);
      }
    }

    String step() {
      node.upkeep().step();
      return "";
    }

    void pass(Duration time) {
      nanos.addAndGet(time.toNanos());
    }

    Instance renewed(Instance instance) {
      gatehouse.registry().renew(instance);
      return instance;
    }

    Server written() {
      return gatehouse.registry().register(Server.named("t").at("h", 1));
    }

    Instance stored(Instance instance) {
      return storage.registry().findInstance("s", instance.address()).orElse(null);
    }

    private long end(String address) throws SQLException {
      try (Connection connection = dataSource.getConnection();
          Statement statement = connection.createStatement();
          ResultSet row =
              statement.executeQuery(
                  "SELECT expires_at FROM gh_instance WHERE address_key = '" + address + "'")) {
        row.next();
        return row.getLong(1);
      }
    }

    /** Who waited for the host would renew nothing else meanwhile. */
    @Test
    void keptLeaseEnded_hostHoldsTheRegistry_othersAreRenewedAndItIsTakenAnewLater()
        throws Exception {
      Instance ended = keep(1);
      keep(2);
      sql("UPDATE gh_instance SET expires_at = 1 WHERE address_key = 'a:1'");
      sql("UPDATE gh_instance SET expires_at = expires_at - 30000 WHERE address_key = 'a:2'");
      long before = end("a:2");
      hosts().register(Server.named("t").at("h", 1));
      pass(LEASE.dividedBy(2));
      elsewhere(this::step);
      assertThat(end("a:2")).isGreaterThan(before);
      host.commit();
      pass(LEASE.dividedBy(10));
      elsewhere(this::step);
      assertThat(stored(ended).epoch()).isGreaterThan(ended.epoch());
    }

    /** A host that removes an instance, and has not made up its mind. */
    @Test
    void renewal_hostRemovesTheInstance_othersAreRenewedAndNothingIsLost() throws Exception {
      Instance undecided = keep(1);
      goesOnBeside(undecided, () -> hosts().removeInstance("s", "a:1"));
    }

    /** A host that renews has its row's lock and not the registry's: to wait for it is as bad. */
    @Test
    void renewal_hostRenewsTheInstance_othersAreRenewedAndNothingIsLost() throws Exception {
      Instance renewed = keep(1);
      goesOnBeside(renewed, () -> hosts().renew(renewed));
    }

    private void goesOnBeside(Instance instance, Deed begun) throws Exception {
      keep(2);
      sql("UPDATE gh_instance SET expires_at = expires_at - 30000");
      long before = end("a:2");
      begun.run();
      pass(LEASE.dividedBy(2));
      elsewhere(this::step);
      assertThat(end("a:2")).isGreaterThan(before);
      assertThatThrownBy(() -> elsewhere(() -> renewed(instance)))
          .hasCauseInstanceOf(ConflictException.class);
      host.rollback();
      pass(LEASE.dividedBy(10));
      elsewhere(this::step);
      assertThat(end("a:1")).isGreaterThan(before);
      assertThat(stored(instance)).isEqualTo(instance);
      assertThat(lost).isEmpty();
    }

    /** An instance that a host had removed came back where the node had looked before. */
    @Test
    void renewal_hostCommitsARemovalMeanwhile_staysRemoved() throws Exception {
      int statement = 0;
      boolean meanwhile;
      do {
        statement++;
        Instance removed = keep(statement);
        hosts().removeInstance("s", removed.address());
        pass(LEASE.dividedBy(2));
        meanwhile = stepWith(statement, host::commit);
        pass(LEASE.dividedBy(10));
        elsewhere(this::step);
        assertThat(stored(removed)).as("statement %d", statement).isNull();
        assertThat(lost).as("statement %d", statement).containsOnlyOnce(removed.address());
      } while (meanwhile);
      assertThat(statement).isGreaterThan(3);
    }

    /** One whose removal was rolled back was lost. */
    @Test
    void renewal_hostRollsARemovalBackMeanwhile_goesOnAsItWas() throws Exception {
      int statement = 0;
      boolean meanwhile;
      do {
        statement++;
        Instance kept = keep(statement);
        hosts().removeInstance("s", kept.address());
        pass(LEASE.dividedBy(2));
        meanwhile = stepWith(statement, host::rollback);
        pass(LEASE.dividedBy(10));
        elsewhere(this::step);
        assertThat(stored(kept)).as("statement %d", statement).isEqualTo(kept);
        assertThat(lost).as("statement %d", statement).isEmpty();
        release(kept);
      } while (meanwhile);
      assertThat(statement).isGreaterThan(3);
    }
  }

  /** Where a host's transaction takes the registry's lock only to write. */
  abstract static class ReadingLatest extends OnDatabase {
    @Test
    void renew_refusedInHostsTransaction_anotherWritesAtOnce() throws Exception {
      Instance ended = keep(1);
      sql("UPDATE gh_instance SET expires_at = 1");
      assertThatThrownBy(() -> hosts().renew(ended)).isInstanceOf(NotFoundException.class);
      assertThat(elsewhere(this::written).name()).isEqualTo("t");
    }

    /** It looks at the instance, which it cannot renew, and keeps its row. */
    @Test
    void takenAnew_hostLooksAtTheInstanceMeanwhile_doesNotWaitAndComesBack() throws Exception {
      int statement = 0;
      boolean meanwhile;
      do {
        statement++;
        Instance ended = keep(statement);
        sql("UPDATE gh_instance SET expires_at = 1");
        pass(LEASE.dividedBy(2));
        meanwhile =
            stepWith(
                statement,
                () ->
                    assertThatThrownBy(() -> hosts().renew(ended))
                        .isInstanceOfAny(ConflictException.class, NotFoundException.class));
        host().rollback();
        pass(LEASE.dividedBy(10));
        elsewhere(this::step);
        assertThat(stored(ended).epoch())
            .as("statement %d", statement)
            .isGreaterThan(ended.epoch());
        release(ended);
      } while (meanwhile);
      assertThat(statement).isGreaterThan(8);
    }
  }

  @Nested
  class OnH2 extends ReadingLatest {
    @Override
    DataSource newDatabase() {
      return H2.memoryDataSource();
    }
  }

  @Nested
  class OnPostgres extends ReadingLatest {
    @Override
    DataSource newDatabase() {
      return Postgres.dataSource();
    }
  }

  @Nested
  @Tag("mariadb")
  class OnMariaDb extends OnDatabase {
    @Override
    DataSource newDatabase() {
      return MariaDb.dataSource();
    }
  }
}
