package dev.gatehouse.testing.contract;

import static dev.gatehouse.registry.RegistryStore.MAX_LIMIT;
import static dev.gatehouse.testing.contract.RegistryRows.NOW;
import static dev.gatehouse.testing.contract.RegistryRows.instance;
import static dev.gatehouse.testing.contract.RegistryRows.refusesLimit;
import static dev.gatehouse.testing.contract.RegistryRows.registered;
import static dev.gatehouse.testing.contract.RegistryRows.rollBack;
import static dev.gatehouse.testing.contract.RegistryRows.server;
import static dev.gatehouse.testing.contract.RegistryRows.service;
import static org.assertj.core.api.Assertions.assertThat;

import dev.gatehouse.registry.Instance;
import dev.gatehouse.registry.RegistryStore;
import dev.gatehouse.registry.RegistryStore.LeaseRenewal;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** The rules of {@link RegistryStore} for the instances of servers and their leases. */
public abstract class RegistryInstancesContract extends StoreContract {
  private static final Duration LEASE = Duration.ofSeconds(30);
  private static final Duration MILLI = Duration.ofMillis(1);

  /** A contract of a store. */
  protected RegistryInstancesContract() {}

  private RegistryStore store() {
    return storage().registry();
  }

  private static Instance leased(String server, int port, long epoch) {
    return Instance.on(server).at("10.0.0.4", port).lease(LEASE).registered(epoch, NOW, NOW);
  }

  private void put(Instance... instances) {
    for (Instance instance : instances) {
      assertThat(store().put(instance)).isTrue();
    }
  }

  @Test
  void REGISTRY3_instance_everyField_foundAsStored() {
    store().put(server("Features"));
    Instance full =
        Instance.on("FEATURES")
            .at("a".repeat(63) + ("." + "a".repeat(62)).repeat(3), 65_535)
            .protocol("https")
            .weight(1_000)
            .metadata(Map.of("zone", "\"a:b\\ \u4e2d\uD83D\uDE00", "x", "", "a.b-c_D", " : "))
            .lease(Duration.ofDays(1))
            .registered(Long.MAX_VALUE, NOW, NOW.plusMillis(1));
    Instance bare = registered(Instance.on("features").at("::1", 1));
    put(full, bare);
    assertThat(store().findInstance("features", full.address())).contains(full);
    assertThat(store().findInstance("features", "[::1]:1")).contains(bare);
    assertThat(store().instancesOf("features", "", 10)).containsExactly(bare, full);
    assertThat(store().instances("", "", 10)).containsExactly(bare, full);
  }

  @Test
  void REGISTRY3_instance_mostMetadata_foundAsStored() {
    store().put(server("s"));
    Map<String, String> most =
        IntStream.range(0, 16)
            .boxed()
            .collect(Collectors.toMap(i -> "k".repeat(i + 1), i -> "\u4e2d".repeat(247)));
    Instance instance = registered(Instance.on("s").at("h", 1).metadata(most));
    put(instance);
    assertThat(store().findInstance("s", "h:1")).contains(instance);
  }

  @Test
  void REGISTRY4_instance_otherCaseOfHostAndServer_sameThing() {
    store().put(server("s"));
    put(registered(Instance.on("S").at("Host.Example", 1)));
    Instance second = registered(Instance.on("s").at("host.EXAMPLE", 1).weight(7));
    put(second);
    assertThat(store().findInstance("S", "HOST.example:1")).contains(second);
    assertThat(store().instances("", "", 10)).containsExactly(second);
  }

  @Test
  void REGISTRY6_putInstance_twice_lastOneWhole() {
    store().put(server("s"));
    put(
        registered(
            Instance.on("s")
                .at("h", 1)
                .protocol("https")
                .weight(0)
                .metadata(Map.of("a", "b"))
                .lease(LEASE)));
    Instance second = Instance.on("S").at("H", 1).registered(9, NOW.plusMillis(1), NOW);
    put(second);
    assertThat(store().instances("", "", 10)).containsExactly(second);
    clock.advance(LEASE);
    assertThat(store().lapsed(10)).isEmpty();
  }

  @Test
  void REGISTRY6_putInstance_unknownServer_falseAndNothingStored() {
    assertThat(store().put(instance("nowhere", 1))).isFalse();
    assertThat(store().instances("", "", 10)).isEmpty();
  }

  @Test
  void REGISTRY6_putInstance_sameAddressOfTwoServers_two() {
    store().put(server("a"));
    store().put(server("b"));
    put(instance("a", 1), instance("b", 1));
    assertThat(store().instances("", "", 10)).containsExactly(instance("a", 1), instance("b", 1));
  }

  @Test
  void REGISTRY6_putServer_withInstances_keepsThem() {
    store().put(server("s"));
    put(instance("s", 1));
    store().put(server("S"));
    assertThat(store().findInstance("s", "10.0.0.4:1")).isPresent();
  }

  @Test
  void REGISTRY7_removeServer_withInstances_allGoneOthersStay() {
    store().put(server("a"));
    store().put(server("aa"));
    put(instance("a", 1), instance("a", 2), instance("aa", 1));
    assertThat(store().removeServer("A")).isTrue();
    assertThat(store().instances("", "", 10)).containsExactly(instance("aa", 1));
    store().put(server("a"));
    assertThat(store().instancesOf("a", "", 10)).isEmpty();
  }

  @Test
  void REGISTRY7_removeInstance_existing_onlyThatOne() {
    store().put(server("a"));
    put(instance("a", 1), instance("a", 2));
    assertThat(store().removeInstance("A", "10.0.0.4:1")).isTrue();
    assertThat(store().removeInstance("a", "10.0.0.4:1")).isFalse();
    assertThat(store().removeInstance("a", "'\u0000\uD83D")).isFalse();
    assertThat(store().findInstance("a", "'\u0000\uD83D")).isEmpty();
    assertThat(store().instancesOf("a", "", 10)).containsExactly(instance("a", 2));
  }

  @Test
  void REGISTRY8_instances_ofEverySize_holdEveryEntryOnce() {
    for (String server : List.of("a", "B")) {
      store().put(server(server));
      for (int port = 1; port <= 12; port++) {
        put(instance(server, port));
      }
    }
    for (int limit : new int[] {1, 5, 12, 24, MAX_LIMIT}) {
      List<Instance> all = new ArrayList<>();
      List<Instance> page = store().instances("", "", limit);
      while (!page.isEmpty()) {
        assertThat(page).hasSizeLessThanOrEqualTo(limit);
        all.addAll(page);
        Instance last = all.get(all.size() - 1);
        page = store().instances(last.server(), last.address(), limit);
      }
      assertThat(all).hasSize(24).doesNotHaveDuplicates();
    }
    List<Instance> first = store().instancesOf("b", "", 5);
    assertThat(first).hasSize(5);
    assertThat(store().instancesOf("b", first.get(4).address(), 10))
        .hasSize(7)
        .doesNotContainAnyElementsOf(first);
    assertThat(store().instancesOf("c", "", 10)).isEmpty();
  }

  @Test
  void REGISTRY8_instances_limitOutOfRange_refused() {
    refusesLimit(limit -> store().instancesOf("s", "", limit));
    refusesLimit(limit -> store().instances("", "", limit));
    refusesLimit(limit -> store().lapsed(limit));
  }

  @Test
  void REGISTRY9_instance_rolledBack_leavesWhatWas() {
    store().put(server("s"));
    put(leased("s", 1, 1));
    rollBack(
        storage(),
        rows -> {
          rows.put(instance("s", 2));
          rows.put(leased("s", 1, 2));
          assertThat(rows.instancesOf("s", "", 10)).hasSize(2);
          rows.removeInstance("s", "10.0.0.4:1");
        });
    assertThat(store().instancesOf("s", "", 10)).containsExactly(leased("s", 1, 1));
    assertThat(store().renew(leased("s", 1, 1))).isEqualTo(LeaseRenewal.RENEWED);
  }

  @Test
  void REGISTRY10_lease_untilItsEnd_thereAndThenLapsed() {
    store().put(server("s"));
    put(leased("s", 1, 1), instance("s", 2));
    clock.advance(LEASE.minus(MILLI));
    assertThat(store().lapsed(10)).isEmpty();
    assertThat(store().removeLapsed(leased("s", 1, 1))).isFalse();
    clock.advance(MILLI);
    assertThat(store().lapsed(10)).containsExactly(leased("s", 1, 1));
    assertThat(store().findInstance("s", "10.0.0.4:1")).as("until removed").isPresent();
    assertThat(store().removeLapsed(leased("s", 1, 1))).isTrue();
    assertThat(store().removeLapsed(leased("s", 1, 1))).isFalse();
    assertThat(store().instancesOf("s", "", 10)).containsExactly(instance("s", 2));
  }

  @Test
  void REGISTRY10_renew_beforeTheEnd_beginsAnew() {
    store().put(server("s"));
    put(leased("s", 1, 1));
    clock.advance(LEASE.minus(MILLI));
    assertThat(store().renew(leased("S", 1, 1))).isEqualTo(LeaseRenewal.RENEWED);
    clock.advance(LEASE.minus(MILLI));
    assertThat(store().lapsed(10)).isEmpty();
    clock.advance(MILLI);
    assertThat(store().lapsed(10)).hasSize(1);
  }

  @Test
  void REGISTRY10_renew_tooLateOrOtherEpochOrNoLease_refused() {
    store().put(server("s"));
    put(leased("s", 1, 5), instance("s", 2));
    assertThat(store().renew(leased("s", 1, 4)))
        .as("a stale epoch")
        .isEqualTo(LeaseRenewal.REFUSED);
    assertThat(store().renew(leased("s", 1, 6))).isEqualTo(LeaseRenewal.REFUSED);
    assertThat(store().renew(leased("s", 3, 5))).isEqualTo(LeaseRenewal.REFUSED);
    assertThat(store().renew(instance("s", 2))).as("no lease").isEqualTo(LeaseRenewal.REFUSED);
    clock.advance(LEASE);
    assertThat(store().renew(leased("s", 1, 5))).as("over").isEqualTo(LeaseRenewal.REFUSED);
    assertThat(store().lapsed(10)).hasSize(1);
  }

  /** One that finds the other at it was told that the lease is over, and gave up what lives. */
  @Test
  void REGISTRY10_renew_byTwoAtOnce_neitherIsOver() throws Exception {
    store().put(server("s"));
    Instance leased = leased("s", 1, 1);
    put(leased);
    Callable<Set<LeaseRenewal>> often =
        () -> {
          Set<LeaseRenewal> seen = EnumSet.noneOf(LeaseRenewal.class);
          for (int time = 0; time < 150; time++) {
            seen.add(store().renew(leased));
          }
          return seen;
        };
    assertThat(Parallel.call(List.of(often, often)))
        .allSatisfy(
            seen ->
                assertThat(seen)
                    .contains(LeaseRenewal.RENEWED)
                    .doesNotContain(LeaseRenewal.REFUSED));
  }

  @Test
  void REGISTRY10_removeLapsed_registeredAgainMeanwhile_false() {
    store().put(server("s"));
    put(leased("s", 1, 1));
    clock.advance(LEASE);
    put(leased("s", 1, 2));
    assertThat(store().removeLapsed(leased("s", 1, 1))).isFalse();
    assertThat(store().removeLapsed(leased("s", 1, 2))).isFalse();
    assertThat(store().instancesOf("s", "", 10)).containsExactly(leased("s", 1, 2));
  }

  @Test
  void REGISTRY10_lapsed_several_thoseForLongestFirst() {
    store().put(server("s"));
    for (int port : new int[] {3, 1, 2}) {
      put(leased("s", port, 1));
      clock.advance(MILLI);
    }
    clock.advance(LEASE);
    assertThat(store().lapsed(2)).extracting(Instance::port).containsExactly(3, 1);
  }

  @Test
  void REGISTRY10_removeLapsed_byTwoAtOnce_oneTakesPlace() throws Exception {
    store().put(server("s"));
    for (int round = 1; round <= 10; round++) {
      Instance leased = leased("s", 1, round);
      put(leased);
      clock.advance(LEASE);
      List<Callable<Boolean>> both =
          List.of(() -> store().removeLapsed(leased), () -> store().removeLapsed(leased));
      assertThat(Parallel.call(both)).containsOnlyOnce(true);
    }
  }

  @Test
  void REGISTRY10_renewalAndRemovalAtOnce_oneTakesPlace() throws Exception {
    store().put(server("s"));
    for (int round = 1; round <= 20; round++) {
      Instance leased = leased("s", 1, round);
      put(leased);
      clock.advance(LEASE.minus(MILLI));
      List<Callable<Boolean>> both =
          List.of(
              () -> store().renew(leased) == LeaseRenewal.RENEWED,
              () -> {
                clock.advance(MILLI);
                return store().removeLapsed(leased);
              });
      assertThat(Parallel.call(both)).containsOnlyOnce(true);
    }
  }

  @Test
  void REGISTRY7_removeInstance_ofAnEpoch_onlyThatOne() {
    store().put(server("s"));
    put(leased("s", 1, 2), instance("s", 2));
    assertThat(store().removeInstance(leased("s", 1, 1))).isFalse();
    assertThat(store().removeInstance(leased("s", 1, 3))).isFalse();
    assertThat(store().removeInstance(leased("s", 3, 2))).isFalse();
    assertThat(store().removeInstance(leased("S", 1, 2))).isTrue();
    assertThat(store().instancesOf("s", "", 10)).containsExactly(instance("s", 2));
  }

  @Test
  void REGISTRY8_countInstances_ofOneServerOnly() {
    store().put(server("a"));
    store().put(server("aa"));
    put(instance("a", 1), leased("a", 2, 1), instance("aa", 1));
    assertThat(store().countInstances("A")).isEqualTo(2);
    assertThat(store().countInstances("b")).isZero();
    assertThat(store().countInstances("'\u0000\uD83D")).isZero();
  }

  @Test
  void REGISTRY8_counts_ofServersAndTheirOwners() {
    store().put(server("a").ownedBy(7));
    store().put(server("aa").ownedBy(7));
    store().put(server("b"));
    put(instance("a", 1), instance("aa", 1), instance("aa", 2), instance("b", 1));
    for (String server : List.of("a", "aa", "b")) {
      assertThat(store().put(service(server, "n"))).isTrue();
    }
    assertThat(store().put(service("A", "m"))).isTrue();
    assertThat(store().countServers()).isEqualTo(3);
    assertThat(store().countServices("A")).isEqualTo(2);
    assertThat(store().countServices("c")).isZero();
    assertThat(store().countServices("'\u0000\uD83D")).isZero();
    assertThat(store().owned(7)).isEqualTo(new RegistryStore.Owned(2, 3, 3));
    assertThat(store().owned(8)).isEqualTo(new RegistryStore.Owned(0, 0, 0));
  }
}
