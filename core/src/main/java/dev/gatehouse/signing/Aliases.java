package dev.gatehouse.signing;

import dev.gatehouse.check.Check;
import dev.gatehouse.registry.Application;
import java.util.HashMap;
import java.util.Map;

/**
 * What applications call themselves in place of the app key that the registry gave them. Immutable.
 *
 * @param registered the app key, by what its application calls itself
 * @param own the other way round
 */
record Aliases(Map<String, String> registered, Map<String, String> own) {
  /** Most aliases. */
  static final int MAX = 1_000;

  static final Aliases NONE = new Aliases(Map.of(), Map.of());

  Aliases {
    registered = Map.copyOf(registered);
    own = Map.copyOf(own);
  }

  /**
   * These and one more.
   *
   * @throws IllegalArgumentException if the alias or the application was given before, or there are
   *     as many as may be
   */
  Aliases and(String alias, Application application) {
    String appKey = application.appKey();
    Check.that(
        !registered.containsKey(alias) && !own.containsKey(appKey),
        "a client must be given once, was given again: " + application);
    Check.range(registered.size() + 1, 1, MAX, "number of clients");
    Map<String, String> more = new HashMap<>(registered);
    more.put(alias, appKey);
    Map<String, String> back = new HashMap<>(own);
    back.put(appKey, alias);
    return new Aliases(more, back);
  }

  /** The app key of whom that names. */
  String appKey(String name) {
    return registered.getOrDefault(name, name);
  }

  /** What the application with that app key calls itself. */
  String name(String appKey) {
    return own.getOrDefault(appKey, appKey);
  }
}
