package dev.gatehouse.storage.jdbc;

import static org.assertj.core.api.Assertions.assertThat;

import dev.gatehouse.audit.AuditLog;
import dev.gatehouse.registry.Application;
import dev.gatehouse.registry.Instance;
import dev.gatehouse.registry.Registration;
import dev.gatehouse.registry.Registry;
import dev.gatehouse.registry.RegistryOptions;
import dev.gatehouse.registry.Secret;
import dev.gatehouse.registry.Server;
import dev.gatehouse.registry.Service;
import dev.gatehouse.storage.Storage;
import java.lang.reflect.Proxy;
import java.nio.file.Path;
import java.sql.Connection;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.IntStream;
import javax.sql.DataSource;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Registries of several nodes over one database. */
final class JdbcRegistryTest {
  private static final Duration STALENESS = Duration.ofSeconds(1);

  abstract static class OverDatabase {
    private final AtomicLong ids = new AtomicLong();
    private final AtomicLong nanos = new AtomicLong();

    abstract DataSource database();

    private Registry node(DataSource database) {
      Storage storage = JdbcStorage.of(database);
      return Registry.create(
          storage.registry(),
          storage,
          unheard(),
          (transaction, id, appKey) -> Secret.of("secret-of-application-" + id),
          RegistryOptions.of(InstantSource.system(), ids::incrementAndGet)
              .staleness(STALENESS)
              .nanoTime(nanos::get));
    }

    @Test
    void register_inHostsTransaction_seenByAllNodesAtTheBoundAfterCommit() throws Exception {
      DataSource database = database();
      Registry here = node(database);
      Registry there = node(database);
      assertThat(here.findServer("features")).isEmpty();
      assertThat(there.findServer("features")).isEmpty();
      try (Connection connection = database.getConnection()) {
        connection.setAutoCommit(false);
        Registry joined = here.joining(JdbcTransaction.of(connection));
        joined.register(Server.named("Features").at("10.0.0.3", 8080));
        joined.register(Service.named("upload").on("features").uri("/v1/upload"));
        assertThat(joined.resolve("FEATURES", "UPLOAD").uri())
            .hasToString("http://10.0.0.3:8080/v1/upload");
        nanos.addAndGet(STALENESS.toNanos());
        assertThat(here.findServer("features")).isEmpty();
        connection.commit();
      }
      nanos.addAndGet(STALENESS.toNanos());
      for (Registry node : List.of(here, there)) {
        assertThat(node.resolve("features", "upload").uri())
            .hasToString("http://10.0.0.3:8080/v1/upload");
      }
    }

    @Test
    void register_exactlySoAlready_leavesNoVersion() {
      DataSource database = database();
      Registry here = node(database);
      Application.Draft draft = Application.named("Billing").callback("http://h/").remark("r");
      Server features = Server.named("Features").at("10.0.0.3", 8080);
      Service upload = Service.named("Upload").on("features").uri("/v1").data("{\"a\": 1}");
      Application billing = here.register(draft);
      Server server = here.register(features);
      Service service = here.register(upload);
      assertThat(here.register(draft)).isEqualTo(billing);
      assertThat(here.register(features)).isEqualTo(server);
      assertThat(node(database).register(upload)).isEqualTo(service);
      assertThat(JdbcStorage.of(database).registry().version()).isEqualTo(3);
      here.register(upload.data("{\"a\":1}"));
      assertThat(JdbcStorage.of(database).registry().version()).isEqualTo(4);
    }

    @Test
    void register_rolledBackByHost_leavesNothing() throws Exception {
      DataSource database = database();
      Registry here = node(database);
      here.register(Application.named("stays"));
      try (Connection connection = database.getConnection()) {
        connection.setAutoCommit(false);
        Registry joined = here.joining(JdbcTransaction.of(connection));
        joined.register(Application.named("gone"));
        joined.removeApplication("stays");
        connection.rollback();
      }
      nanos.addAndGet(STALENESS.toNanos());
      assertThat(here.findApplication("stays")).isPresent();
      assertThat(here.applications("", 10)).extracting(Application::name).containsExactly("stays");
      assertThat(JdbcStorage.of(database).registry().version()).isEqualTo(1);
    }

    @Test
    void register_sameNewNameOnTwoNodes_oneSecretOneId() throws Exception {
      DataSource database = database();
      List<Registry> nodes = List.of(node(database), node(database));
      ExecutorService executor = Executors.newFixedThreadPool(4);
      try {
        List<Callable<Application>> calls =
            IntStream.range(0, 12)
                .mapToObj(
                    i ->
                        (Callable<Application>)
                            () -> nodes.get(i % 2).register(Application.named("same")))
                .toList();
        int secrets = 0;
        for (Future<Application> registered : executor.invokeAll(calls)) {
          assertThat(registered.get()).isEqualTo(nodes.get(0).application("same"));
          secrets += registered.get().secret().isPresent() ? 1 : 0;
        }
        assertThat(secrets).isEqualTo(1);
        assertThat(nodes.get(0).applications("", 10)).hasSize(1);
      } finally {
        executor.shutdownNow();
      }
    }

    /** FATE's upsert, a select and then an insert, makes two rows of two first registrations. */
    @Test
    void registerTogether_sameNewNamesOnTwoNodes_oneRowEach() throws Exception {
      DataSource database = database();
      List<Registry> nodes = List.of(node(database), node(database));
      Registration registration =
          new Registration(
              List.of(Server.named("s").at("h", 1)),
              List.of(Instance.on("S").at("a", 1).lease(Duration.ofMinutes(1))),
              List.of(Service.named("n").on("s").uri("/")));
      ExecutorService executor = Executors.newFixedThreadPool(4);
      try {
        List<Callable<Registration>> calls =
            IntStream.range(0, 8)
                .mapToObj(
                    i -> (Callable<Registration>) () -> nodes.get(i % 2).register(registration))
                .toList();
        for (Future<Registration> registered : executor.invokeAll(calls)) {
          assertThat(registered.get().servers())
              .extracting(Server::createdAt)
              .containsExactly(nodes.get(0).server("s").createdAt());
        }
      } finally {
        executor.shutdownNow();
      }
      Registry node = nodes.get(1);
      assertThat(node.servers("", 10)).hasSize(1);
      assertThat(node.services("s", "", 10)).hasSize(1);
      assertThat(node.instances("s")).extracting(Instance::address).containsExactly("h:1", "a:1");
    }

    /** The log of audit is not the subject here. */
    private static AuditLog unheard() {
      return (AuditLog)
          Proxy.newProxyInstance(
              AuditLog.class.getClassLoader(),
              new Class<?>[] {AuditLog.class},
              (proxy, method, arguments) ->
                  method.getName().equals("joining") ? proxy : arguments[0]);
    }
  }

  @Nested
  class H2InMemory extends OverDatabase {
    @Override
    DataSource database() {
      return H2.emptied();
    }
  }

  @Nested
  @Tag("h2file")
  class H2InFile extends OverDatabase {
    @TempDir Path directory;

    @Override
    DataSource database() {
      return H2.fileDataSource(directory);
    }
  }

  @Nested
  class OnPostgres extends OverDatabase {
    @Override
    DataSource database() {
      return Postgres.emptied();
    }
  }

  @Nested
  @Tag("mariadb")
  class OnMariaDb extends OverDatabase {
    @Override
    DataSource database() {
      return MariaDb.emptied();
    }
  }

  @Nested
  @Tag("mysql")
  class OnMySql extends OverDatabase {
    @Override
    DataSource database() {
      return MySql.emptied();
    }
  }
}
