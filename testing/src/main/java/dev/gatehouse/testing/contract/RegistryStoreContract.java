package dev.gatehouse.testing.contract;

import static dev.gatehouse.registry.RegistryStore.MAX_LIMIT;
import static dev.gatehouse.testing.contract.Parallel.THREADS;
import static dev.gatehouse.testing.contract.RegistryRows.NOW;
import static dev.gatehouse.testing.contract.RegistryRows.appKey;
import static dev.gatehouse.testing.contract.RegistryRows.application;
import static dev.gatehouse.testing.contract.RegistryRows.hostileNames;
import static dev.gatehouse.testing.contract.RegistryRows.keyed;
import static dev.gatehouse.testing.contract.RegistryRows.refusesLimit;
import static dev.gatehouse.testing.contract.RegistryRows.registered;
import static dev.gatehouse.testing.contract.RegistryRows.rollBack;
import static dev.gatehouse.testing.contract.RegistryRows.server;
import static dev.gatehouse.testing.contract.RegistryRows.service;
import static org.assertj.core.api.Assertions.assertThat;

import dev.gatehouse.registry.Application;
import dev.gatehouse.registry.RegistryStore;
import dev.gatehouse.registry.RetryPolicy;
import dev.gatehouse.registry.Server;
import dev.gatehouse.registry.Service;
import dev.gatehouse.transport.Headers;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.function.Function;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/**
 * The rules of {@link RegistryStore} for what it keeps; {@link RegistryChangesContract} has those
 * for what changed.
 */
public abstract class RegistryStoreContract extends StoreContract {
  /** A contract of a store. */
  protected RegistryStoreContract() {}

  private RegistryStore store() {
    return storage().registry();
  }

  @Test
  void REGISTRY3_application_everyField_foundAsStored() {
    Application full =
        Application.named("Full")
            .callback("https://third.example:8443/done?x=%20y")
            .retryPolicy(RetryPolicy.linear(Duration.ofHours(1), 10))
            .status(Application.Status.PENDING)
            .remark("for people")
            .registered(Long.MAX_VALUE, "AbCdEfGhIjKlMn09", NOW, null);
    Application bare = application(1, "bare");
    insert(full, bare);
    assertThat(store().findApplication(Long.MAX_VALUE)).contains(full);
    assertThat(store().findApplication("full")).contains(full);
    assertThat(store().findApplicationByKey("AbCdEfGhIjKlMn09")).contains(full);
    assertThat(store().findApplication(1)).contains(bare);
    assertThat(store().applications("", 10)).containsExactly(bare, full);
  }

  @Test
  void REGISTRY3_application_hostileText_foundAsStored() {
    for (String name : hostileNames(Application.MAX_NAME)) {
      long id = 1L + store().applications("", MAX_LIMIT).size();
      Application application =
          Application.named(name)
              .remark("'; --\\%_\uD83D\uDE00 e\u0301\u202e\uFEFF".repeat(10))
              .registered(id, appKey(id), NOW, null);
      assertThat(store().insert(application)).as(name).isTrue();
      assertThat(store().findApplication(name)).as(name).contains(application);
      assertThat(store().findApplication(id)).as(name).contains(application);
    }
  }

  @Test
  void REGISTRY3_application_longestFields_foundAsStored() {
    Application longest =
        Application.named("\u0130".repeat(Application.MAX_NAME))
            .callback("http://h/" + "x".repeat(191))
            .remark("\uD83D\uDE00".repeat(127) + "x")
            .registered(7, appKey(7), NOW, null);
    insert(longest);
    assertThat(store().findApplication(longest.name())).contains(longest);
  }

  @Test
  void REGISTRY3_server_everyField_foundAsStored() {
    Server server =
        Server.named("\u0130".repeat(Server.MAX_NAME))
            .at("a".repeat(63) + ("." + "a".repeat(62)).repeat(3), 65_535)
            .protocol("https")
            .weight(0)
            .metadata(Map.of("zone", "\"a:b\\ \u4e2d\uD83D\uDE00", "x", "", "a.b-c_D", " : "))
            .ownedBy(Long.MAX_VALUE)
            .registered(NOW, NOW.plusMillis(1));
    put(server);
    assertThat(store().findServer(server.name())).contains(server);
    assertThat(store().servers("", 10)).containsExactly(server);
  }

  @Test
  void REGISTRY3_service_everyField_foundAsStored() {
    put(server("Features"));
    Service service =
        Service.named("\u0130".repeat(Service.MAX_NAME))
            .on("FEATURES")
            .uri("/v1/upload?x=%2F&y=" + "z".repeat(981))
            .method("PUT")
            .params("{ \"a\" : [1, 2.50, 12345678901234567890123] }")
            .data("{\"text\":\"" + "\u4e2d".repeat(Service.MAX_TEXT - 11) + "\"}")
            .headers(
                Headers.of("X-Note", "a:b \"\\ \u4e2d\uD83D\uDE00", "X-Tab", "a\tb", "x-e", ""))
            .protocol("https")
            .registered(
                "https://" + "a".repeat(63) + ("." + "a".repeat(62)).repeat(3) + ":65535",
                NOW,
                NOW.plusMillis(1));
    assertThat(store().put(service)).isTrue();
    assertThat(store().findService("features", service.name())).contains(service);
    assertThat(store().servicesOn("features", "", 10)).containsExactly(service);
    assertThat(store().services("", "", 10)).containsExactly(service);
  }

  @Test
  void REGISTRY3_service_mostHeaders_foundAsStored() {
    put(server("s"));
    List<Headers.Field> fields = new ArrayList<>();
    for (int i = 0; i < 128; i++) {
      fields.add(new Headers.Field("h" + (100 + i), "\\".repeat(252)));
    }
    Service service = registered(Service.named("n").on("s").uri("/").headers(Headers.of(fields)));
    store().put(service);
    assertThat(store().findService("s", "n")).contains(service);
  }

  @Test
  void REGISTRY4_names_otherCase_sameThing() {
    insert(application(1, "B\u0130ll\u0131ng \u00c4\u03a9"));
    put(server("FeaTures"));
    store().put(service("features", "UpLoad"));
    assertThat(store().findApplication("b\u0130LL\u0131NG \u00e4\u03c9")).isPresent();
    assertThat(store().findServer("fEATURES")).isPresent();
    assertThat(store().findService("FEATURES", "upload")).isPresent();
    assertThat(store().insert(application(2, "b\u0130ll\u0131ng \u00e4\u03a9"))).isFalse();
  }

  @Test
  void REGISTRY4_names_dotlessI_otherThing() {
    put(registered(Server.named("title").at("one", 1)));
    put(registered(Server.named("t\u0131tle").at("two", 2)));
    assertThat(store().findServer("TITLE").orElseThrow().host()).isEqualTo("one");
    assertThat(store().findServer("T\u0131TLE").orElseThrow().host()).isEqualTo("two");
    assertThat(store().servers("", 10)).hasSize(2);
  }

  @Test
  void REGISTRY4_names_alikeToSomeCollations_otherThings() {
    List<String> names = List.of("a", "\u00e1", "\u00e0", "a-", "a b", "ab", "\uff41");
    for (int i = 0; i < names.size(); i++) {
      assertThat(store().insert(application(i + 1, names.get(i)))).as(names.get(i)).isTrue();
    }
    assertThat(store().findApplication("a").orElseThrow().id()).isEqualTo(1);
    assertThat(store().findApplication("%")).isEmpty();
    assertThat(store().findApplication("_")).isEmpty();
  }

  @Test
  void REGISTRY4_appKey_otherCase_otherKey() {
    insert(keyed(1, "one", "AAAAAAAAAAAAAAAA"), keyed(2, "two", "aaaaaaaaaaaaaaaa"));
    assertThat(store().findApplicationByKey("aaaaaaaaaaaaaaaa").orElseThrow().id()).isEqualTo(2);
    assertThat(store().findApplicationByKey("AaAaAaAaAaAaAaAa")).isEmpty();
  }

  @Test
  void REGISTRY5_insert_idNameOrAppKeyTaken_falseAndNothingStored() {
    Application first = application(1, "first");
    insert(first);
    assertThat(store().insert(application(1, "other"))).isFalse();
    assertThat(store().insert(application(2, "FIRST"))).isFalse();
    assertThat(store().insert(keyed(2, "other", first.appKey()))).isFalse();
    assertThat(store().applications("", 10)).containsExactly(first);
  }

  @Test
  void REGISTRY5_insert_sameNameByManyThreads_oneWins() throws Exception {
    List<Callable<Boolean>> inserts =
        IntStream.rangeClosed(1, THREADS)
            .mapToObj(id -> (Callable<Boolean>) () -> store().insert(application(id, "same")))
            .toList();
    assertThat(Parallel.call(inserts)).containsOnlyOnce(true);
    assertThat(store().applications("", 10)).hasSize(1);
  }

  @Test
  void REGISTRY5_update_existing_replacesAllButId() {
    insert(application(1, "name"), application(2, "other"));
    Application changed =
        Application.named("NAME")
            .remark("changed")
            .callback("http://h/")
            .status(Application.Status.DISABLED)
            .registered(1, appKey(1), Instant.ofEpochMilli(5), null);
    assertThat(store().update(changed)).isTrue();
    assertThat(store().findApplication("name")).contains(changed);
    assertThat(store().findApplicationByKey(appKey(1))).contains(changed);
    assertThat(store().findApplication(2)).contains(application(2, "other"));
  }

  @Test
  void REGISTRY5_updateOrRemove_unknownId_falseAndNothingChanged() {
    insert(application(1, "name"));
    assertThat(store().update(application(2, "name2"))).isFalse();
    assertThat(store().removeApplication(2)).isFalse();
    assertThat(store().applications("", 10)).containsExactly(application(1, "name"));
  }

  @Test
  void REGISTRY5_removeApplication_existing_goneUnderEveryName() {
    insert(application(1, "name"), application(2, "stays"));
    assertThat(store().removeApplication(1)).isTrue();
    assertThat(store().removeApplication(1)).isFalse();
    assertThat(store().findApplication(1)).isEmpty();
    assertThat(store().findApplication("name")).isEmpty();
    assertThat(store().findApplicationByKey(appKey(1))).isEmpty();
    assertThat(store().applications("", 10)).containsExactly(application(2, "stays"));
    assertThat(store().insert(application(3, "name"))).isTrue();
  }

  @Test
  void REGISTRY6_putServer_twice_lastOneWhole() {
    put(
        registered(
            Server.named("s").at("one", 1).protocol("https").weight(1).metadata(Map.of("a", "b"))));
    Server second = Server.named("S").at("two", 2).registered(NOW, Instant.EPOCH);
    put(second);
    assertThat(store().servers("", 10)).containsExactly(second);
  }

  @Test
  void REGISTRY6_putServer_withServices_keepsThem() {
    put(server("s"));
    store().put(service("s", "n"));
    put(registered(Server.named("s").at("elsewhere", 2)));
    assertThat(store().findService("s", "n")).isPresent();
  }

  @Test
  void REGISTRY6_putService_twice_lastOneWhole() {
    put(server("s"));
    store()
        .put(
            registered(
                Service.named("n")
                    .on("s")
                    .uri("/one")
                    .method("GET")
                    .protocol("https")
                    .params("{\"a\":1}")
                    .data("{\"a\":1}")
                    .headers(Headers.of("a", "1"))));
    Service second = registered(Service.named("N").on("S").uri("/two"));
    store().put(second);
    assertThat(store().services("", "", 10)).containsExactly(second);
  }

  @Test
  void REGISTRY6_putService_sameNameOnTwoServers_two() {
    put(server("a"));
    put(server("b"));
    store().put(service("a", "n"));
    store().put(service("b", "n"));
    assertThat(store().services("", "", 10)).containsExactly(service("a", "n"), service("b", "n"));
  }

  @Test
  void REGISTRY6_putService_unknownServer_falseAndNothingStored() {
    assertThat(store().put(service("nowhere", "n"))).isFalse();
    assertThat(store().services("", "", 10)).isEmpty();
  }

  @Test
  void REGISTRY7_removeServer_withServices_allGoneOthersStay() {
    put(server("a"));
    put(server("aa"));
    store().put(service("a", "n"));
    store().put(service("a", "m"));
    store().put(service("aa", "n"));
    assertThat(store().removeServer("A")).isTrue();
    assertThat(store().removeServer("A")).isFalse();
    assertThat(store().findServer("a")).isEmpty();
    assertThat(store().services("", "", 10)).containsExactly(service("aa", "n"));
    put(server("a"));
    assertThat(store().servicesOn("a", "", 10)).isEmpty();
  }

  @Test
  void REGISTRY7_removeService_existing_onlyThatOne() {
    put(server("a"));
    store().put(service("a", "n"));
    store().put(service("a", "m"));
    assertThat(store().removeService("A", "N")).isTrue();
    assertThat(store().removeService("a", "n")).isFalse();
    assertThat(store().servicesOn("a", "", 10)).containsExactly(service("a", "m"));
  }

  @Test
  void REGISTRY8_pages_ofEverySize_holdEveryEntryOnce() {
    List<String> names =
        IntStream.range(0, 23).mapToObj(i -> (i % 2 == 0 ? "N" : "n") + (i * 7) % 23).toList();
    for (int i = 0; i < names.size(); i++) {
      insert(application(i + 1, names.get(i)));
      put(server(names.get(i)));
      store().put(service(names.get(i), "x"));
      store().put(service("n0", names.get(i)));
    }
    for (int limit : new int[] {1, 2, 22, 23, 24, MAX_LIMIT}) {
      assertThat(
              all(
                  limit,
                  (@Nullable Application last) ->
                      store().applications(last == null ? "" : last.name(), limit)))
          .extracting(Application::name)
          .containsExactlyInAnyOrderElementsOf(names);
      assertThat(
              all(
                  limit,
                  (@Nullable Server last) ->
                      store().servers(last == null ? "" : last.name(), limit)))
          .extracting(Server::name)
          .containsExactlyInAnyOrderElementsOf(names);
      assertThat(
              all(
                  limit,
                  (@Nullable Service last) ->
                      last == null
                          ? store().services("", "", limit)
                          : store().services(last.server(), last.name(), limit)))
          .hasSize(46)
          .doesNotHaveDuplicates();
      assertThat(
              all(
                  limit,
                  (@Nullable Service last) ->
                      store().servicesOn("n0", last == null ? "" : last.name(), limit)))
          .hasSize(24)
          .doesNotHaveDuplicates();
    }
  }

  @Test
  void REGISTRY8_pages_moreThanLimit_firstOfTheOrder() {
    insert(application(1, "b"), application(2, "C"), application(3, "a"));
    assertThat(store().applications("", 2)).extracting(Application::name).containsExactly("a", "b");
    assertThat(store().applications("B", 2)).extracting(Application::name).containsExactly("C");
    assertThat(store().applications("bb", 2)).extracting(Application::name).containsExactly("C");
  }

  @Test
  void REGISTRY8_servicesOn_unknownServer_empty() {
    put(server("a"));
    store().put(service("a", "n"));
    assertThat(store().servicesOn("b", "", 10)).isEmpty();
    assertThat(store().servicesOn("", "", 10)).isEmpty();
  }

  @Test
  void REGISTRY8_pages_limitOutOfRange_refused() {
    refusesLimit(limit -> store().applications("", limit));
    refusesLimit(limit -> store().servers("", limit));
    refusesLimit(limit -> store().servicesOn("s", "", limit));
    refusesLimit(limit -> store().services("", "", limit));
  }

  @Test
  void REGISTRY9_joined_committed_seenThereAndAfterwards() {
    storage()
        .run(
            tx -> {
              RegistryStore rows = store().joining(tx);
              rows.insert(application(1, "a"));
              rows.put(server("s"));
              rows.put(service("s", "n"));
              assertThat(rows.findApplication("a")).isPresent();
              assertThat(rows.servers("", 10)).hasSize(1);
              assertThat(rows.findService("s", "n")).isPresent();
            });
    assertThat(store().findApplication(1)).contains(application(1, "a"));
    assertThat(store().findServer("s")).contains(server("s"));
    assertThat(store().findService("s", "n")).contains(service("s", "n"));
  }

  @Test
  void REGISTRY9_joined_insertsRolledBack_leaveNothing() {
    rollBack(
        storage(),
        rows -> {
          rows.insert(application(1, "a"));
          rows.put(server("s"));
          rows.put(service("s", "n"));
        });
    assertThat(store().findApplication(1)).isEmpty();
    assertThat(store().findApplicationByKey(appKey(1))).isEmpty();
    assertThat(store().applications("", 10)).isEmpty();
    assertThat(store().servers("", 10)).isEmpty();
    assertThat(store().services("", "", 10)).isEmpty();
  }

  @Test
  void REGISTRY9_joined_changesRolledBack_leaveWhatWas() {
    insert(application(1, "a"), application(2, "b"));
    put(server("s"));
    store().put(service("s", "n"));
    rollBack(
        storage(),
        rows -> {
          rows.update(Application.named("A").remark("x").registered(1, appKey(1), NOW, null));
          rows.removeApplication(2);
          rows.put(registered(Service.named("n").on("s").uri("/changed")));
          rows.removeServer("s");
        });
    assertThat(store().applications("", 10))
        .containsExactly(application(1, "a"), application(2, "b"));
    assertThat(store().findServer("s")).contains(server("s"));
    assertThat(store().findService("s", "n")).contains(service("s", "n"));
  }

  private void insert(Application... applications) {
    for (Application application : applications) {
      assertThat(store().insert(application)).isTrue();
    }
  }

  private void put(Server server) {
    store().put(server);
  }

  /** All entries, page by page: the first argument is null for the first page. */
  private static <T> List<T> all(int limit, Function<@Nullable T, List<T>> pageAfter) {
    List<T> all = new ArrayList<>();
    List<T> page = pageAfter.apply(null);
    while (!page.isEmpty()) {
      assertThat(page).hasSizeLessThanOrEqualTo(limit);
      all.addAll(page);
      page = pageAfter.apply(all.get(all.size() - 1));
    }
    return all;
  }
}
