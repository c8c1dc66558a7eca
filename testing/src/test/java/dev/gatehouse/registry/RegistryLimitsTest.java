package dev.gatehouse.registry;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.gatehouse.Gatehouse;
import dev.gatehouse.audit.AuditRecord;
import dev.gatehouse.error.LimitException;
import dev.gatehouse.storage.memory.MemoryStorage;
import dev.gatehouse.transaction.Transaction;
import java.time.Instant;
import java.util.List;
import java.util.stream.IntStream;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** How much the host and applications may register, and that it is recorded who did. */
final class RegistryLimitsTest {
  private static final Instant NOW = Instant.EPOCH;

  private final MemoryStorage storage = MemoryStorage.create();
  private final Gatehouse gatehouse = Gatehouse.builder().storage(storage).build();
  private final Registry registry = gatehouse.registry();
  private final Application billing = registry.register(Application.named("billing"));
  private final RegistryStore rows = storage.registry();

  @AfterEach
  void close() {
    gatehouse.close();
  }

  private Registry own() {
    return registry.attachedBy(billing.appKey(), billing.secret().orElseThrow());
  }

  private static Service service(String server, int number) {
    return Service.named("n" + number).on(server).uri("/");
  }

  private void putServers(int count, long owner) {
    for (int i = 0; i < count; i++) {
      rows.put(Server.named("s" + i).at("h", 80).ownedBy(owner).registered(NOW, NOW));
    }
  }

  private void putServices(String server, int from, int until) {
    for (int i = from; i < until; i++) {
      assertThat(rows.put(service(server, i).registered("http://h:80", NOW, NOW))).isTrue();
    }
  }

  private void refused(String message, ThrowingCallable change) {
    long before = rows.version();
    assertThatThrownBy(change).isInstanceOf(LimitException.class).hasMessage(message);
    assertThat(rows.version()).as("nothing is left").isEqualTo(before);
  }

  @Test
  void registerServer_moreThanTheLimit_refused() {
    putServers(10_000, 0);
    String message = "the registry must have at most 10000 servers, would have 10001";
    refused(message, () -> registry.register(Server.named("more").at("h", 1)));
    refused(
        message,
        () ->
            registry.register(
                new Registration(
                    List.of(Server.named("s1").at("h", 1), Server.named("more").at("h", 1)),
                    List.of(),
                    List.of())));
    assertThat(registry.register(Server.named("S9999").at("other", 1)).host()).isEqualTo("other");
  }

  @Test
  void registerService_moreThanTheLimit_refusedAndExistingOnesChange() {
    putServers(2, 0);
    putServices("s0", 0, 1_000);
    String message = "server 's0' must have at most 1000 services, would have 1001";
    refused(message, () -> registry.register(service("s0", 1_000)));
    refused(
        message,
        () ->
            registry.register(
                new Registration(
                    List.of(), List.of(), List.of(service("s1", 0), service("s0", 1_000)))));
    assertThat(registry.register(service("s0", 7).method("GET")).method()).isEqualTo("GET");
    assertThat(registry.register(service("s1", 0)).server()).isEqualTo("s1");
  }

  @Test
  void attached_moreThanAnApplicationMay_refusedWhereTheHostIsNot() {
    putServers(100, billing.id());
    refused(
        "an application must have at most 100 servers of its own, would have 101",
        () -> own().register(Server.named("more").at("h", 1)));
    putServices("s0", 0, 600);
    putServices("s1", 600, 1_000);
    refused(
        "an application must have at most 1000 services of its own, would have 1001",
        () -> own().register(service("s2", 0)));
    IntStream.range(0, 1_000)
        .mapToObj(i -> Instance.on("s" + i % 100).at("h", 1 + i).registered(1, NOW, NOW))
        .forEach(rows::put);
    refused(
        "an application must have at most 1000 instances of its own, would have 1001",
        () -> own().register(Instance.on("s2").at("more", 1)));
    registry.register(Server.named("more").at("h", 1));
    registry.register(service("s2", 0));
    registry.register(Instance.on("s2").at("more", 1));
    own().removeServer("s0");
    assertThat(own().register(service("s2", 1)).name()).isEqualTo("n1");
  }

  @Test
  void change_byAnApplication_isRecordedAsItsOwn() {
    Node node = new Node(storage);
    Registry recorded =
        Registry.create(
            rows,
            storage,
            node.audit.log(),
            new KeyIssuer() {
              @Override
              public Secret issue(Transaction transaction, long applicationId, String appKey) {
                throw new AssertionError("no key is made here");
              }

              @Override
              public boolean isSecretOf(
                  Transaction transaction, long applicationId, Secret secret) {
                return true;
              }
            },
            node.options());
    Registry attached = recorded.attachedBy(billing.appKey(), Secret.of("x".repeat(16)));
    attached.register(Server.named("s").at("h", 80));
    attached.register(service("s", 0));
    recorded.register(service("s", 1));
    recorded.removeService("s", "n0");
    attached.removeServer("s");
    String actor = "\"actor\":\"" + billing.id() + "\"";
    assertThat(node.audit.records())
        .extracting(AuditRecord::ext)
        .extracting(ext -> ext.orElseThrow().contains(actor))
        .containsExactly(true, true, false, false, true);
  }
}
