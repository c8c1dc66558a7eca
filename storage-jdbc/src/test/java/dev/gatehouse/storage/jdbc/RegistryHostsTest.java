package dev.gatehouse.storage.jdbc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.gatehouse.Gatehouse;
import dev.gatehouse.error.AuthenticationException;
import dev.gatehouse.error.DeniedException;
import dev.gatehouse.error.LimitException;
import dev.gatehouse.error.NotFoundException;
import dev.gatehouse.hook.SiteKeys;
import dev.gatehouse.registry.Application;
import dev.gatehouse.registry.Instance;
import dev.gatehouse.registry.Registry;
import dev.gatehouse.registry.RegistryStore.LeaseRenewal;
import dev.gatehouse.registry.Server;
import dev.gatehouse.registry.Service;
import dev.gatehouse.signing.KeyMaterial;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.time.Instant;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import javax.sql.DataSource;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * Registries of hosts whose transactions began before others changed what they decide by, at the
 * level that the database has by itself, and registries that several use at once.
 */
class RegistryHostsTest {
  private static final Duration LEASE = Duration.ofMinutes(1);

  abstract static class OnDatabase {
    private final ExecutorService others = Executors.newCachedThreadPool();
    private final DataSource dataSource = newDatabase();
    private final JdbcStorage storage = JdbcStorage.of(dataSource);
    private final Gatehouse gatehouse = Gatehouse.builder().storage(storage).build();
    private final Registry registry = gatehouse.registry();
    private Connection host;

    abstract DataSource newDatabase();

    @BeforeEach
    void begin() throws SQLException {
      storage.check();
      host = dataSource.getConnection();
      host.setAutoCommit(false);
      registry.register(Server.named("s").at("h1", 80));
    }

    @AfterEach
    void end() throws SQLException {
      others.shutdownNow();
      host.rollback();
      host.close();
      gatehouse.close();
    }

    private Registry hosts() {
      return gatehouse.joining(JdbcTransaction.of(host)).registry();
    }

    /** From here on the transaction may read as of now. */
    private void look() throws SQLException {
      try (Statement statement = host.createStatement()) {
        statement.execute("SELECT COUNT(*) FROM gh_server");
      }
    }

    private <T> T elsewhere(Callable<T> work) throws Exception {
      return others.submit(work).get(20, TimeUnit.SECONDS);
    }

    private void sql(String sql) throws SQLException {
      try (Connection connection = dataSource.getConnection();
          Statement statement = connection.createStatement()) {
        statement.execute(sql);
      }
    }

    private Instance leased(int port) {
      return Instance.on("s").at("a", port).lease(LEASE);
    }

    @Test
    void release_registeredAgainSince_successorStays() throws Exception {
      Instance old = registry.register(leased(1));
      look();
      Instance successor = elsewhere(() -> registry.register(leased(1)));

      hosts().release(old);
      host.commit();

      assertThat(storage.registry().findInstance("s", "a:1")).contains(successor);
    }

    @Test
    void register_serverMovedSince_movedBack() throws Exception {
      look();
      elsewhere(() -> registry.register(Server.named("s").at("h2", 80)));

      hosts().register(Server.named("s").at("h1", 80));
      host.commit();

      assertThat(storage.registry().findServer("s").orElseThrow().host()).isEqualTo("h1");
    }

    @Test
    void attachedRegister_takenByRivalSince_denied() throws Exception {
      Registry own = attached("billing");
      Registry rival = attached("rival");
      own.register(Server.named("t").at("h", 1));
      look();
      elsewhere(
          () -> {
            own.removeServer("t");
            return rival.register(Server.named("t").at("h", 1));
          });
      Registry joined = own.joining(JdbcTransaction.of(host));
      assertThatThrownBy(() -> joined.register(Server.named("t").at("evil", 1)))
          .isInstanceOf(DeniedException.class);
      host.commit();

      Server kept = storage.registry().findServer("t").orElseThrow();
      assertThat(kept.host()).isEqualTo("h");
      assertThat(kept.owner()).hasValue(registry.application("rival").id());
    }

    private Registry attached(String name) {
      Application application = registry.register(Application.named(name));
      return registry.attachedBy(application.appKey(), application.secret().orElseThrow());
    }

    @Test
    void attachedRegister_disabledSince_refused() throws Exception {
      Registry own = attached("billing");
      Application billing = registry.application("billing");
      look();
      elsewhere(() -> registry.register(billing.toDraft().status(Application.Status.DISABLED)));
      Registry joined = own.joining(JdbcTransaction.of(host));
      assertThatThrownBy(() -> joined.register(Server.named("t").at("evil", 1)))
          .isInstanceOf(AuthenticationException.class);
      host.commit();

      assertThat(storage.registry().findServer("t")).isEmpty();
    }

    @Test
    void removeApplication_serverAttachedSince_goesToo() throws Exception {
      Registry own = attached("billing");
      look();
      elsewhere(() -> own.register(Server.named("t").at("h", 1)));

      hosts().removeApplication("billing");
      host.commit();

      assertThat(storage.registry().findServer("t")).isEmpty();
    }

    @Test
    void removeInstance_removedSince_notFoundAndNoRecord() throws Exception {
      registry.register(Instance.on("s").at("a", 1));
      look();
      elsewhere(
          () -> {
            registry.removeInstance("s", "a:1");
            return "";
          });
      gatehouse.auditTree().sequence();

      assertThatThrownBy(() -> hosts().removeInstance("s", "a:1"))
          .isInstanceOf(NotFoundException.class);
      host.commit();

      assertThat(gatehouse.auditTree().sequence()).isZero();
    }

    @Test
    void register_newOnesByTwoHosts_secondWaitsAndNeitherFails() throws Exception {
      look();
      try (Connection other = dataSource.getConnection()) {
        other.setAutoCommit(false);
        Registry second = gatehouse.joining(JdbcTransaction.of(other)).registry();
        hosts().register(Server.named("t").at("h", 1));
        Future<Server> waiting = others.submit(() -> second.register(Server.named("u").at("h", 1)));
        hosts().register(Service.named("n").on("t").uri("/"));
        hosts().register(Instance.on("t").at("a", 1));
        host.commit();
        waiting.get(20, TimeUnit.SECONDS);
        other.commit();
      }
      assertThat(storage.registry().servers("", 10)).hasSize(3);
    }

    @Test
    void removeLapsed_hostHoldsTheRegistry_doesNotWaitAndRemovesLater() throws Exception {
      registry.register(leased(1));
      sql("UPDATE gh_instance SET expires_at = 1");
      hosts().register(Server.named("t").at("h", 1));

      assertThat(elsewhere(registry::removeLapsed)).isEmpty();
      assertThat(elsewhere(() -> storage.registry().renew(leasedNever())))
          .as("renewals do not wait either")
          .isEqualTo(LeaseRenewal.REFUSED);
      host.commit();
      assertThat(registry.removeLapsed()).hasSize(1);
    }

    private Instance leasedNever() {
      return leased(9).registered(1, Instant.EPOCH, Instant.EPOCH);
    }

    @Test
    void removeLapsed_byManyAtOnce_oneVersionForAServer() throws Exception {
      for (int port = 1; port <= 20; port++) {
        registry.register(leased(port));
      }
      sql("UPDATE gh_instance SET expires_at = 1");
      long before = storage.registry().version();
      List<Future<List<Instance>>> sweeps =
          others.invokeAll(Collections.nCopies(6, registry::removeLapsed));
      int removed = 0;
      for (Future<List<Instance>> sweep : sweeps) {
        removed += sweep.get().size();
      }
      assertThat(removed).isEqualTo(20);
      assertThat(storage.registry().version()).isEqualTo(before + 1);
    }

    @Test
    void registerInstance_lastPlaceTakenMeanwhile_refused() throws Exception {
      storage.run(
          transaction -> {
            for (int port = 1; port < Instance.MAX_INSTANCES; port++) {
              storage
                  .registry()
                  .joining(transaction)
                  .put(Instance.on("s").at("b", port).registered(1, Instant.EPOCH, Instant.EPOCH));
            }
          });
      hosts().register(Instance.on("s").at("last", 1));
      Future<Instance> waiting =
          others.submit(() -> registry.register(Instance.on("s").at("late", 1)));
      TimeUnit.MILLISECONDS.sleep(300);
      host.commit();

      assertThatThrownBy(() -> waiting.get(20, TimeUnit.SECONDS))
          .hasCauseInstanceOf(LimitException.class);
      assertThat(storage.registry().countInstances("s")).isEqualTo(1_000);
    }

    @Test
    void ownSiteKey_madeByTwoNodesAtOnce_theSame() throws Exception {
      registry.register(Application.named("9999"));
      SiteKeys keys = SiteKeys.create(storage, registry, gatehouse.keys(), "9999");
      List<Future<KeyMaterial>> made = others.invokeAll(Collections.nCopies(2, keys::own));
      String only = made.get(0).get().toPem();
      for (Future<KeyMaterial> one : made) {
        assertThat(one.get().toPem()).isEqualTo(only);
      }
      assertThat(keys.find("9999").map(KeyMaterial::toPem)).contains(only);
    }

    @Test
    void snapshot_rowsOfALaterVersion_leftOutAndTheRestServes() throws Exception {
      Application billing = registry.register(Application.named("billing"));
      registry.register(Application.named("later"));
      registry.register(Service.named("n").on("s").uri("/"));
      sql("UPDATE gh_application SET status = 'DORMANT' WHERE name_key = 'later'");
      try (Gatehouse node = Gatehouse.builder().storage(JdbcStorage.of(dataSource)).build()) {
        assertThat(node.registry().findApplication("later")).isEmpty();
        assertThat(node.registry().findApplication(billing.id())).isPresent();
        assertThat(node.registry().resolve("s", "n").uri()).hasToString("http://h1:80/");
        assertThat(node.registry().applications("", 1))
            .extracting(Application::name)
            .containsExactly("billing");
        assertThat(node.registry().applications("billing", 1)).isEmpty();
        sql("UPDATE gh_registry_change SET subject = 'PLANET'");
        node.registry().register(Server.named("t").at("h", 1));
        assertThat(node.registry().findServer("t")).isPresent();
      }
    }
  }

  @Nested
  class OnH2 extends OnDatabase {
    @Override
    DataSource newDatabase() {
      return H2.emptied();
    }
  }

  @Nested
  class OnPostgres extends OnDatabase {
    @Override
    DataSource newDatabase() {
      return Postgres.emptied();
    }
  }

  @Nested
  @Tag("mariadb")
  class OnMariaDb extends OnDatabase {
    @Override
    DataSource newDatabase() {
      return MariaDb.emptied();
    }
  }
}
