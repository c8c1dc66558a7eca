package dev.gatehouse.registry;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.gatehouse.audit.AuditRecord;
import dev.gatehouse.error.NotFoundException;
import dev.gatehouse.storage.memory.MemoryStorage;
import dev.gatehouse.transport.Headers;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.IntStream;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;

/** What registering, listing and removing do to the storage. */
final class StoredRegistryTest {
  private static final Server FEATURES = Server.named("Features").at("10.0.0.3", 8080);
  private static final Service UPLOAD = Service.named("Upload").on("features").uri("/v1/upload");

  private final MemoryStorage storage = MemoryStorage.create();
  private final Node node = new Node(storage);
  private final Registry registry = node.registry;

  @Test
  void register_newApplication_hasIdKeyAndSecret() {
    Application billing =
        registry.register(Application.named("Billing").callback("http://h/").remark("r"));
    assertThat(billing.appKey()).matches("[A-Za-z0-9]{16}");
    assertThat(billing.secret().orElseThrow().reveal())
        .isEqualTo("secret-of-application-" + billing.id());
    assertThat(billing.createdAt()).isEqualTo(Instant.parse("2030-01-01T00:00:00.123Z"));
    assertThat(billing.remark()).isEqualTo("r");
    assertThat(storage.registry().findApplication("billing")).contains(billing);
  }

  @Test
  void register_sameName_changesAllButIdentityAndShowsNoSecret() {
    Application first = registry.register(Application.named("Billing").remark("r"));
    node.clock.advance(Duration.ofDays(1));
    Application second =
        registry.register(Application.named("BILLING").status(Application.Status.DISABLED));
    assertThat(second.id()).isEqualTo(first.id());
    assertThat(second.appKey()).isEqualTo(first.appKey());
    assertThat(second.createdAt()).isEqualTo(first.createdAt());
    assertThat(second.secret()).isEmpty();
    assertThat(second.name()).isEqualTo("BILLING");
    assertThat(second.remark()).isEmpty();
    assertThat(registry.application("billing")).isEqualTo(second);
    assertThat(registry.application("billing").secret()).isEmpty();
    assertThat(registry.applications("", 10)).containsExactly(second);
  }

  @Test
  void register_appKeyTaken_drawsAnother() {
    Deque<String> keys = new ArrayDeque<>(List.of("taken", "taken", "taken", "free"));
    Registry drawing = drawing(keys);
    assertThat(drawing.register(Application.named("one")).appKey()).isEqualTo("taken");
    assertThat(drawing.register(Application.named("two")).appKey()).isEqualTo("free");
  }

  @Test
  void register_appKeysAlwaysTaken_failsAndLeavesNothing() {
    Registry drawing = drawing(new ArrayDeque<>(java.util.Collections.nCopies(11, "taken")));
    drawing.register(Application.named("one"));
    assertThatThrownBy(() -> drawing.register(Application.named("two")))
        .isInstanceOf(IllegalStateException.class)
        .hasMessage("10 random app keys in a row were taken");
    assertThat(storage.registry().version()).isEqualTo(1);
  }

  private Registry drawing(Deque<String> keys) {
    return new StoredRegistry(
        storage.registry(),
        storage,
        new StoredRegistry.Writing(node.audit.log(), node, node.options(), keys::remove));
  }

  @Test
  void register_keyRefused_leavesNothing() {
    node.refusingKeys = true;
    assertThatThrownBy(() -> registry.register(Application.named("billing")))
        .hasMessage("no key, as told");
    assertThat(registry.findApplication("billing")).isEmpty();
    leftNothing(0, 0);
  }

  @Test
  void register_sameNewNameByManyThreads_oneSecretOneId() throws Exception {
    Callable<Application> register = () -> registry.register(Application.named("same"));
    ExecutorService executor = Executors.newFixedThreadPool(8);
    try {
      List<Future<Application>> all =
          executor.invokeAll(IntStream.range(0, 16).mapToObj(i -> register).toList());
      int secrets = 0;
      for (Future<Application> one : all) {
        assertThat(one.get()).isEqualTo(registry.application("same"));
        secrets += one.get().secret().isPresent() ? 1 : 0;
      }
      assertThat(secrets).isEqualTo(1);
    } finally {
      executor.shutdownNow();
    }
  }

  @Test
  void registerTogether_sameNewNamesByManyThreads_oneRowEach() throws Exception {
    Registration registration =
        new Registration(
            List.of(FEATURES),
            List.of(Instance.on("features").at("a", 1).lease(Duration.ofMinutes(1))),
            List.of(UPLOAD));
    Callable<Registration> register = () -> registry.register(registration);
    ExecutorService executor = Executors.newFixedThreadPool(8);
    try {
      List<Future<Registration>> all =
          executor.invokeAll(IntStream.range(0, 16).mapToObj(i -> register).toList());
      for (Future<Registration> one : all) {
        assertThat(one.get().services()).containsExactly(registry.service("features", "upload"));
      }
    } finally {
      executor.shutdownNow();
    }
    assertThat(registry.servers("", 10)).hasSize(1);
    assertThat(registry.instances("features")).hasSize(2);
    assertThat(registry.services("features", "", 10)).hasSize(1);
    assertThat(node.audit.contents()).filteredOn(text -> text.endsWith("registered")).hasSize(3);
  }

  @Test
  void register_serverAgain_replacedWholeAndServicesMoveAlong() {
    Server first = registry.register(FEATURES.protocol("https"));
    registry.register(UPLOAD);
    node.clock.advance(Duration.ofSeconds(1));
    Server second = registry.register(Server.named("FEATURES").at("10.0.0.4", 1));
    assertThat(second.protocol()).isEqualTo("http");
    assertThat(second.createdAt()).isEqualTo(first.createdAt());
    assertThat(second.updatedAt()).contains(Instant.parse("2030-01-01T00:00:01.123Z"));
    assertThat(registry.resolve("features", "upload").uri())
        .hasToString("http://10.0.0.4:1/v1/upload");
    assertThat(registry.servers("", 10)).containsExactly(second);
  }

  @Test
  void register_serviceAgain_optionsBackToDefaults() {
    registry.register(FEATURES);
    Service first = registry.register(UPLOAD.method("GET").data("{\"a\":1}"));
    node.clock.advance(Duration.ofSeconds(1));
    Service second = registry.register(Service.named("UPLOAD").on("FEATURES").uri("/v2"));
    assertThat(second.createdAt()).isEqualTo(first.createdAt());
    assertThat(second.updatedAt()).isNotEqualTo(first.updatedAt());
    assertThat(registry.resolve("features", "upload"))
        .isEqualTo(Endpoint.of(FEATURES, Service.named("UPLOAD").on("FEATURES").uri("/v2")));
    assertThat(registry.services("features", "", 10)).containsExactly(second);
  }

  @Test
  void register_serviceOnUnknownServer_refusedAndLeavesNothing() {
    notFound(() -> registry.register(UPLOAD), "no server 'features' is registered");
    leftNothing(0, 0);
  }

  @Test
  void register_refusedInHostsTransaction_leavesNothingThere() {
    storage.run(
        transaction -> {
          Registry joined = registry.joining(transaction);
          notFound(() -> joined.register(UPLOAD), "no server 'features' is registered");
          notFound(() -> joined.removeServer("s"), "no server 's' is registered");
          notFound(() -> joined.removeApplication("a"), "no application 'a' is registered");
          notFound(() -> joined.removeService("s", "n"), "no server 's' is registered");
        });
    leftNothing(0, 0);
  }

  @Test
  void register_nameReservedByHost_refused() {
    Registry reserving =
        Registry.create(
            storage.registry(),
            storage,
            node.audit.log(),
            node,
            node.options().reservedServerNames(Set.of("Title")));
    assertThatThrownBy(() -> reserving.register(Server.named("TITLE").at("h", 1)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("server name must not be reserved, was 'TITLE'");
    assertThat(reserving.register(Server.named("T\u0130TLE").at("h", 1)).port()).isEqualTo(1);
    leftNothing(1, 1);
  }

  @Test
  void removeApplication_existing_revokesKeysAndFreesTheNameForAnother() {
    Application first = registry.register(Application.named("billing"));
    registry.removeApplication("BILLING");
    assertThat(node.revoked).containsExactly(first.id());
    assertThat(registry.findApplication("billing")).isEmpty();
    assertThat(registry.findApplication(first.id())).isEmpty();
    assertThat(registry.findApplicationByKey(first.appKey())).isEmpty();
    Application second = registry.register(Application.named("billing"));
    assertThat(second.id()).isNotEqualTo(first.id());
    assertThat(second.appKey()).isNotEqualTo(first.appKey());
    assertThat(second.secret()).isPresent();
  }

  @Test
  void remove_unknown_namesWhatIsMissing() {
    registry.register(FEATURES);
    notFound(() -> registry.removeApplication("a\n"), "no application 'a?' is registered");
    notFound(() -> registry.removeServer("s"), "no server 's' is registered");
    notFound(() -> registry.removeService("s", "n"), "no server 's' is registered");
    notFound(
        () -> registry.removeService("features", "n"),
        "no service 'n' is registered on server 'features'");
    leftNothing(1, 1);
  }

  @Test
  void removeServer_withServices_allGone() {
    registry.register(FEATURES);
    registry.register(UPLOAD);
    registry.removeServer("FEATURES");
    assertThat(registry.findServer("features")).isEmpty();
    assertThat(registry.findService("features", "upload")).isEmpty();
    notFound(() -> registry.resolve("features", "upload"), "no server 'features' is registered");
    registry.register(FEATURES);
    notFound(
        () -> registry.resolve("features", "upload"),
        "no service 'upload' is registered on server 'features'");
  }

  @Test
  void removeService_existing_serverStays() {
    registry.register(FEATURES);
    registry.register(UPLOAD);
    registry.removeService("FEATURES", "UPLOAD");
    assertThat(registry.findService("features", "upload")).isEmpty();
    assertThat(registry.findServer("features")).isPresent();
  }

  /** A host that registers at every start must not fill the log and wake every other node. */
  @Test
  void register_exactlySoAlready_leavesNoVersionAndNoRecord() {
    Application.Draft draft = Application.named("Billing").callback("http://h/").remark("r");
    Service upload = UPLOAD.data("{\"a\": 1}").headers(Headers.of("x", "y"));
    Application billing = registry.register(draft);
    Server server = registry.register(FEATURES);
    Service service = registry.register(upload);
    node.clock.advance(Duration.ofDays(1));
    assertThat(registry.register(draft)).isEqualTo(billing);
    assertThat(registry.register(draft).secret()).isEmpty();
    assertThat(registry.register(FEATURES)).isEqualTo(server);
    assertThat(registry.register(upload)).isEqualTo(service);
    assertThat(registry.register(service)).as("its times do not count").isEqualTo(service);
    leftNothing(3, 3);
    registry.register(Application.named("BILLING").callback("http://h/").remark("r"));
    registry.register(FEATURES.protocol("https"));
    registry.register(upload.data("{\"a\":1}"));
    leftNothing(6, 6);
  }

  @Test
  void everyChange_writesOneAuditRecordWithoutSecrets() {
    Application billing = registry.register(Application.named("billing"));
    registry.register(Application.named("billing").remark("x"));
    registry.register(FEATURES);
    registry.register(FEATURES.protocol("https"));
    registry.register(UPLOAD.data("{\"password\":\"s3cret\"}"));
    registry.register(UPLOAD);
    registry.removeService("features", "upload");
    registry.removeServer("features");
    registry.removeApplication("billing");
    assertThat(node.audit.contents())
        .containsExactly(
            "Application 'billing' registered",
            "Application 'billing' changed",
            "Server 'Features' registered",
            "Server 'Features' changed",
            "Service 'Upload' on server 'features' registered",
            "Service 'Upload' on server 'features' changed",
            "Service 'Upload' on server 'features' removed",
            "Server 'Features' removed with its services",
            "Application 'billing' removed");
    assertThat(node.audit.records())
        .extracting(AuditRecord::operationType)
        .containsExactly(1, 2, 1, 2, 1, 2, 3, 3, 3);
    assertThat(node.audit.records())
        .allSatisfy(
            record -> {
              assertThat(record.service()).contains("registry");
              assertThat(record.namespace()).isEqualTo("gatehouse");
              assertThat(record.ext().orElseThrow()).doesNotContain("s3cret", billing.appKey());
            });
    assertThat(node.audit.records().get(0).ext())
        .contains(
            "{\"applicationId\":\""
                + billing.id()
                + "\",\"after\":{\"retryPolicy\":\"linear:5:5\",\"status\":\"ENABLED\"}}");
    assertThat(node.audit.records().get(2).ext())
        .contains(
            "{\"server\":\"Features\",\"after\":{\"host\":\"10.0.0.3\",\"port\":\"8080\","
                + "\"protocol\":\"http\",\"weight\":\"100\"}}");
    assertThat(node.audit.records().get(1).ext().orElseThrow())
        .endsWith("\"changed\":[\"remark\"],\"before\":{},\"after\":{}}");
    assertThat(node.audit.records().get(5).ext())
        .contains(
            "{\"server\":\"features\",\"service\":\"Upload\",\"changed\":[\"data\"],"
                + "\"before\":{},\"after\":{}}");
  }

  @Test
  void lists_pagesAndLimits() {
    for (String name : List.of("b", "C", "a")) {
      registry.register(Application.named(name));
      registry.register(Server.named(name).at("h", 1));
      registry.register(Service.named(name).on("b".equals(name) ? "b" : name).uri("/"));
    }
    assertThat(registry.applications("", 2))
        .extracting(Application::name)
        .containsExactly("a", "b");
    assertThat(registry.applications("B", 2)).extracting(Application::name).containsExactly("C");
    assertThat(registry.servers("A", 1)).extracting(Server::name).containsExactly("b");
    assertThat(registry.services("C", "", 1)).extracting(Service::name).containsExactly("C");
    assertThat(registry.services("C", "c", 1)).isEmpty();
    assertThat(registry.services("nowhere", "", 1)).isEmpty();
    for (int limit : new int[] {0, 1001}) {
      limited(() -> registry.applications("", limit), limit);
      limited(() -> registry.servers("", limit), limit);
      limited(() -> registry.services("a", "", limit), limit);
    }
  }

  @Test
  void joining_committed_seenInsideAtOnceAndOutsideAfterwards() {
    assertThat(registry.findApplication("billing")).isEmpty();
    Optional<Application> inside =
        storage.call(
            transaction -> {
              Registry joined = registry.joining(transaction);
              joined.register(Application.named("billing"));
              joined.register(FEATURES);
              joined.register(UPLOAD);
              assertThat(joined.resolve("features", "upload").method()).isEqualTo("POST");
              assertThat(registry.findApplication("billing")).isEmpty();
              return joined.findApplication("billing");
            });
    assertThat(inside).isPresent();
    assertThat(registry.findApplication("billing")).isEqualTo(inside);
    assertThat(registry.resolve("features", "upload").method()).isEqualTo("POST");
  }

  @Test
  void joining_rolledBack_leavesNothing() {
    assertThatThrownBy(
            () ->
                storage.run(
                    transaction -> {
                      Registry joined = registry.joining(transaction);
                      joined.register(Application.named("billing"));
                      joined.register(FEATURES);
                      throw new IllegalStateException("stop");
                    }))
        .hasMessage("stop");
    assertThat(registry.findApplication("billing")).isEmpty();
    leftNothing(0, 0);
  }

  @Test
  void anyCall_null_refused() {
    assertThatThrownBy(() -> registry.register((Server) null))
        .isInstanceOf(NullPointerException.class)
        .hasMessage("server");
    assertThatThrownBy(() -> registry.findApplication((String) null)).hasMessage("name");
    assertThatThrownBy(() -> registry.resolve("s", null)).hasMessage("service");
  }

  private void leftNothing(int changes, int records) {
    assertThat(storage.registry().version()).isEqualTo(changes);
    assertThat(storage.registry().changes(0, 1000)).hasSize(changes);
    assertThat(node.audit.records()).hasSize(records);
  }

  private static void notFound(ThrowingCallable call, String message) {
    assertThatThrownBy(call).isInstanceOf(NotFoundException.class).hasMessage(message);
  }

  private static void limited(ThrowingCallable call, int limit) {
    assertThatThrownBy(call)
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("limit must be in 1..1000, was " + limit);
  }
}
