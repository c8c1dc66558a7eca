package dev.gatehouse.testing.contract;

import static dev.gatehouse.registry.RegistryStore.MAX_LIMIT;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.gatehouse.registry.Application;
import dev.gatehouse.registry.Instance;
import dev.gatehouse.registry.RegistryStore;
import dev.gatehouse.registry.Server;
import dev.gatehouse.registry.Service;
import dev.gatehouse.storage.Storage;
import java.time.Instant;
import java.util.List;
import java.util.Locale;

/** Rows and checks for the contracts of the registry's store. */
final class RegistryRows {
  static final Instant NOW = Instant.parse("2030-01-01T00:00:00.123Z");

  private RegistryRows() {}

  static Application application(long id, String name) {
    return keyed(id, name, appKey(id));
  }

  static Application keyed(long id, String name, String appKey) {
    return Application.named(name).registered(id, appKey, NOW, null);
  }

  static String appKey(long id) {
    return String.format(Locale.ROOT, "k%015d", id);
  }

  static Server server(String name) {
    return registered(Server.named(name).at("h", 80));
  }

  static Service service(String server, String name) {
    return registered(Service.named(name).on(server).uri("/" + server.length() + name.length()));
  }

  static Server registered(Server server) {
    return server.registered(NOW, NOW);
  }

  static Service registered(Service service) {
    return service.registered("http://h:80", NOW, NOW);
  }

  static Instance instance(String server, int port) {
    return registered(Instance.on(server).at("10.0.0.4", port));
  }

  static Instance registered(Instance instance) {
    return instance.registered(1, NOW, NOW);
  }

  static List<String> hostileNames(int length) {
    return List.of(
        "'",
        "\"; DROP TABLE gh_application; --",
        "%",
        "_",
        "\\",
        "\\'",
        "${x} :name ?",
        "\u4e2d\u6587",
        "\uD83D\uDE00",
        "\u00e9",
        "\u05d0\u05d1\u05d2",
        "\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645",
        "x".repeat(length),
        "\u4e2d".repeat(length),
        "\uD83D\uDE00".repeat(length / 2));
  }

  /** Work on a store in a transaction. */
  interface Work {
    void on(RegistryStore rows);
  }

  static void rollBack(Storage storage, Work work) {
    IllegalStateException stop = new IllegalStateException("stop");
    assertThatThrownBy(
            () ->
                storage.run(
                    transaction -> {
                      work.on(storage.registry().joining(transaction));
                      throw stop;
                    }))
        .isSameAs(stop);
  }

  /** A query with a limit. */
  interface Page {
    Object of(int limit);
  }

  static void refusesLimit(Page page) {
    for (int limit : new int[] {Integer.MIN_VALUE, -1, 0, MAX_LIMIT + 1, Integer.MAX_VALUE}) {
      assertThatThrownBy(() -> page.of(limit))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessage("limit must be in 1..1000, was " + limit);
    }
  }
}
