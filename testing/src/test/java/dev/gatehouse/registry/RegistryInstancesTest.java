package dev.gatehouse.registry;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.gatehouse.error.LimitException;
import dev.gatehouse.error.NotFoundException;
import dev.gatehouse.registry.RegistryOptions.Addressing;
import dev.gatehouse.registry.RegistryOptions.Protocols;
import dev.gatehouse.registry.ServiceQuery.Column;
import dev.gatehouse.storage.memory.MemoryStorage;
import dev.gatehouse.testing.fixture.ManualClock;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** Servers with several addresses, registering many things at once, and finding services. */
final class RegistryInstancesTest {
  private static final Duration LEASE = Duration.ofSeconds(30);

  private final ManualClock leaseClock = new ManualClock(Instant.parse("2030-01-01T00:00:00Z"));
  private final MemoryStorage storage = MemoryStorage.create(leaseClock);
  private final Node node = new Node(storage);
  private final Node other = new Node(storage);
  private final Registry registry = node.registry;

  private Registry with(RegistryOptions options) {
    return Registry.create(storage.registry(), storage, node.audit.log(), node, options);
  }

  @Test
  void instances_ofServer_itsOwnAddressFirst() {
    registry.register(Server.named("s").at("10.0.0.9", 80).weight(5));
    Instance second = registry.register(Instance.on("S").at("10.0.0.2", 80));
    Instance first = registry.register(Instance.on("s").at("10.0.0.1", 80));
    List<Instance> all = registry.instances("s");
    assertThat(all).extracting(Instance::address).startsWith("10.0.0.9:80");
    assertThat(all.get(0).weight()).isEqualTo(5);
    assertThat(all.subList(1, 3)).containsExactly(first, second);
    assertThat(registry.register(Instance.on("s").at("10.0.0.9", 80).weight(1)).epoch())
        .isPositive();
    assertThat(registry.instances("s"))
        .as("the instance stands in for the server's own address")
        .extracting(Instance::weight)
        .containsExactly(100, 100, 1);
    assertThatThrownBy(() -> registry.instances("t")).isInstanceOf(NotFoundException.class);
  }

  @Test
  void resolve_ownAddressWithoutWeight_goesToAnInstance() {
    registry.register(Server.named("s").at("own", 80).weight(0));
    registry.register(Service.named("n").on("s").uri("/x"));
    assertThat(registry.resolve("s", "n").uri()).hasToString("http://own:80/x");
    registry.register(Instance.on("s").at("more", 81).protocol("https"));
    assertThat(registry.resolve("s", "n").uri()).hasToString("https://more:81/x");
    storage.run(
        transaction ->
            assertThat(registry.joining(transaction).resolve("s", "n").uri())
                .hasToString("https://more:81/x"));
  }

  @Test
  void registerInstance_exactlySoAlready_nothingNewUnlessLeased() {
    registry.register(Server.named("s").at("h", 80));
    Instance plain = registry.register(Instance.on("s").at("a", 1));
    assertThat(registry.register(Instance.on("s").at("a", 1))).isEqualTo(plain);
    assertThat(storage.registry().version()).isEqualTo(2);
    Instance leased = registry.register(Instance.on("s").at("b", 1).lease(LEASE));
    Instance again = registry.register(Instance.on("s").at("b", 1).lease(LEASE));
    assertThat(again.epoch()).isGreaterThan(leased.epoch());
    assertThatThrownBy(() -> registry.renew(leased))
        .isInstanceOf(NotFoundException.class)
        .hasMessage("the lease of instance 'b:1' on server 's' is over or another's");
    registry.renew(again);
  }

  @Test
  void removeLapsed_leaseOver_goneOnEveryNode() {
    registry.register(Server.named("s").at("h", 80));
    Instance dead = registry.register(Instance.on("s").at("a", 1).lease(LEASE));
    Instance alive = registry.register(Instance.on("s").at("b", 1).lease(LEASE));
    assertThat(other.registry.instances("s")).hasSize(3);
    leaseClock.advance(LEASE.minusMillis(1));
    registry.renew(alive);
    assertThat(registry.removeLapsed()).isEmpty();
    leaseClock.advance(Duration.ofMillis(1));
    assertThat(registry.removeLapsed()).containsExactly(dead);
    assertThat(registry.removeLapsed()).isEmpty();
    assertThat(registry.instances("s")).hasSize(2);
    other.age();
    assertThat(other.registry.instances("s")).hasSize(2).contains(alive);
    assertThat(node.audit.contents())
        .endsWith("Instance a:1 of server 's' removed: its lease is over");
    assertThatThrownBy(() -> registry.renew(dead)).isInstanceOf(NotFoundException.class);
  }

  @Test
  void release_ownRegistration_goneButNotASuccessors() {
    registry.register(Server.named("s").at("h", 80));
    Instance first = registry.register(Instance.on("s").at("a", 1).lease(LEASE));
    Instance second = registry.register(Instance.on("s").at("a", 1).lease(LEASE));
    registry.release(first);
    assertThat(registry.instances("s")).contains(second);
    registry.release(second);
    assertThat(registry.instances("s")).hasSize(1);
    registry.release(second);
  }

  @Test
  void registerInstance_moreThanTheLimit_refusedAndLeavesNothing() {
    registry.register(Server.named("s").at("h", 80));
    storage.run(
        transaction -> {
          for (int port = 1; port <= Instance.MAX_INSTANCES; port++) {
            storage
                .registry()
                .joining(transaction)
                .put(Instance.on("s").at("a", port).registered(1, Instant.EPOCH, Instant.EPOCH));
          }
        });
    assertThatThrownBy(() -> registry.register(Instance.on("s").at("b", 1)))
        .isInstanceOf(LimitException.class)
        .hasMessage("server 's' must have at most 1000 instances, would have 1001");
    assertThat(registry.register(Instance.on("s").at("a", 7).weight(3)).weight()).isEqualTo(3);
    assertThat(storage.registry().version()).isEqualTo(2);
  }

  @Test
  void removeInstance_unknown_namesWhatIsMissing() {
    assertThatThrownBy(() -> registry.removeInstance("s", "a:1"))
        .hasMessage("no server 's' is registered");
    registry.register(Server.named("s").at("h", 80));
    assertThatThrownBy(() -> registry.removeInstance("s", "a:1\n"))
        .hasMessage("no instance 'a:1?' is registered on server 's'");
    registry.register(Instance.on("s").at("a", 1));
    registry.removeInstance("S", "A:1");
    assertThat(registry.instances("s")).hasSize(1);
  }

  @Test
  void registerTogether_all_inOneTransaction() {
    Registration registered =
        registry.register(
            new Registration(
                List.of(Server.named("s").at("h", 80), Server.named("t").at("i", 80)),
                List.of(Instance.on("s").at("a", 1)),
                List.of(
                    Service.named("n").on("S").uri("/n"), Service.named("n").on("t").uri("/n"))));
    assertThat(registered.services()).allMatch(service -> service.createdAt().isPresent());
    assertThat(registry.resolve("t", "n").uri()).hasToString("http://i:80/n");
    assertThat(registry.instances("s")).hasSize(2);
    assertThat(registry.register(new Registration(List.of(), List.of(), List.of())).servers())
        .isEmpty();
  }

  @Test
  void registerTogether_lastRefused_leavesNothingInHostsTransactionToo() {
    List<Server> servers = List.of(Server.named("s").at("h", 80));
    List<Service> services =
        List.of(Service.named("n").on("s").uri("/"), Service.named("n").on("t").uri("/"));
    Registration wrong = new Registration(servers, List.of(), services);
    assertThatThrownBy(() -> registry.register(wrong)).hasMessage("no server 't' is registered");
    storage.run(
        transaction ->
            assertThatThrownBy(() -> registry.joining(transaction).register(wrong))
                .isInstanceOf(NotFoundException.class));
    Registration reserved =
        new Registration(
            List.of(servers.get(0), Server.named("x").at("h", 1)), List.of(), List.of());
    Registry reserving = with(node.options().reservedServerNames(Set.of("X")));
    assertThatThrownBy(() -> reserving.register(reserved))
        .hasMessage("server name must not be reserved, was 'x'");
    assertThat(storage.registry().version()).isZero();
    assertThat(registry.findServer("s")).isEmpty();
  }

  @Test
  void registration_twiceTheSame_refused() {
    assertThatThrownBy(
            () ->
                new Registration(
                    List.of(Server.named("s").at("h", 1), Server.named("S").at("h", 1)),
                    List.of(),
                    List.of()))
        .hasMessage("each must be there once, was twice: server 'S'");
    List<Service> many =
        IntStream.range(0, 1_001).mapToObj(i -> Service.named("n" + i).on("s").uri("/")).toList();
    assertThatThrownBy(() -> new Registration(List.of(), List.of(), many))
        .hasMessage("entries must be in 0..1000, was 1001");
  }

  @Test
  void addressing_atRegistration_urlStaysUntilTheServiceIsRegisteredAgain() {
    Registry fate = with(node.options().addressing(Addressing.AT_REGISTRATION));
    Service upload = Service.named("upload").on("mysvr").uri("/upload");
    fate.register(Server.named("mysvr").at("10.0.0.3", 1));
    fate.register(upload);
    fate.register(Server.named("mysvr").at("10.0.0.4", 2));
    assertThat(fate.addressing()).isEqualTo(Addressing.AT_REGISTRATION);
    assertThat(fate.resolve("mysvr", "upload").uri()).hasToString("http://10.0.0.3:1/upload");
    assertThat(urls(fate, "upload")).containsExactly("http://10.0.0.3:1/upload");
    assertThat(registry.resolve("mysvr", "upload").uri()).hasToString("http://10.0.0.4:2/upload");
    assertThat(urls(registry, "upload")).containsExactly("http://10.0.0.4:2/upload");
    fate.register(upload);
    assertThat(urls(fate, "upload")).containsExactly("http://10.0.0.4:2/upload");
    assertThat(fate.resolve("mysvr", "upload").uri()).hasToString("http://10.0.0.4:2/upload");
  }

  private static List<String> urls(Registry registry, String service) {
    return registry.services(ServiceQuery.where(Column.SERVICE, List.of(service))).stream()
        .map(LocatedService::url)
        .toList();
  }

  @Test
  void protocols_checked_refusesAServiceOfAnother() {
    Registry strict = with(node.options().protocols(Protocols.CHECKED));
    strict.register(Server.named("s").at("h", 1).protocol("https"));
    assertThatThrownBy(() -> strict.register(Service.named("n").on("s").uri("/").protocol("http")))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("protocol of service 'n' must be https as its server's, was http");
    strict.register(Service.named("n").on("s").uri("/").protocol("HTTPS"));
    strict.register(Service.named("m").on("s").uri("/"));
    Service kept = registry.register(Service.named("k").on("s").uri("/").protocol("http"));
    assertThat(kept.protocol()).contains("http");
    assertThat(registry.resolve("s", "k").uri()).hasToString("https://h:1/");
  }

  /** As in FATE's query: a list is an alternative, several columns must all hold. */
  @Test
  void services_byEveryColumn_found() {
    registry.register(Server.named("A").at("h", 1));
    registry.register(Server.named("b").at("h", 2));
    Service one =
        registry.register(
            Service.named("upload")
                .on("a")
                .uri("/u?x=1")
                .method("get")
                .params("{\"a\": 1}")
                .data("{\"b\":[1, 2]}")
                .headers(dev.gatehouse.transport.Headers.of("X-A", "1")));
    node.clock.advance(Duration.ofSeconds(1));
    registry.register(Service.named("download").on("a").uri("/d"));
    registry.register(Service.named("Upload").on("B").uri("/u"));
    for (Map.Entry<Column, String> only :
        Map.of(
                Column.URL, "http://h:1/u?x=1",
                Column.METHOD, "Get",
                Column.PARAMS, "{\"a\":1}",
                Column.DATA, "{ \"b\" : [1,2] }",
                Column.HEADERS, "{\"X-A\":\"1\"}",
                Column.CREATED_AT, "" + one.createdAt().orElseThrow().toEpochMilli(),
                Column.UPDATED_AT, "" + one.updatedAt().orElseThrow().toEpochMilli())
            .entrySet()) {
      assertThat(
              found(ServiceQuery.where(only.getKey(), List.of(only.getValue(), only.getValue()))))
          .as(only.getKey().name())
          .containsExactly("a/upload");
    }
    assertThat(found(ServiceQuery.where(Column.SERVER, List.of("A", "B", "C"))))
        .containsExactly("a/download", "a/upload", "B/Upload");
    assertThat(
            found(
                ServiceQuery.where(Column.SERVICE, List.of("UPLOAD", "none"))
                    .and(Column.SERVER, List.of("b"))))
        .containsExactly("B/Upload");
    assertThat(found(ServiceQuery.where(Column.SERVICE, List.of()))).isEmpty();
    assertThat(found(ServiceQuery.where(Column.SERVICE, List.of("none")))).isEmpty();
  }

  @Test
  void services_pageByPage_everyOneOnceWhereverItIsRead() {
    registry.register(Server.named("a").at("h", 1));
    registry.register(Server.named("B").at("h", 1));
    for (int i = 0; i < 5; i++) {
      registry.register(Service.named("n" + i).on("a").uri("/"));
      registry.register(Service.named("N" + i).on("b").uri("/"));
    }
    ServiceQuery all = ServiceQuery.where(Column.SERVER, List.of("a", "b"));
    assertThat(found(all.limit(3))).containsExactly("a/n0", "a/n1", "a/n2");
    assertThat(found(all.limit(4).after("A", "N2")))
        .containsExactly("a/n3", "a/n4", "b/N0", "b/N1");
    assertThat(found(all.after("b", "n3"))).containsExactly("b/N4");
    assertThatThrownBy(() -> all.limit(0)).hasMessage("limit must be in 1..1000, was 0");
  }

  /** The same from memory and from the storage. */
  private List<String> found(ServiceQuery query) {
    List<LocatedService> found = registry.services(query);
    storage.run(
        transaction -> assertThat(registry.joining(transaction).services(query)).isEqualTo(found));
    return found.stream().map(one -> one.service().server() + "/" + one.service().name()).toList();
  }

  @Test
  void serviceQuery_hostile_refused() {
    assertThatThrownBy(() -> ServiceQuery.where(Column.CREATED_AT, List.of("today")))
        .hasMessage("value of CREATED_AT must be epoch milliseconds, was 'today'");
    assertThatThrownBy(() -> ServiceQuery.where(Column.PARAMS, List.of("{\"secret\":1")))
        .hasMessageStartingWith("value of PARAMS must be JSON")
        .hasMessageNotContaining("secret");
    List<String> many = IntStream.range(0, 1_001).mapToObj(Integer::toString).toList();
    assertThatThrownBy(() -> ServiceQuery.where(Column.SERVER, many))
        .hasMessage("number of values must be in 0..1000, was 1001");
  }
}
