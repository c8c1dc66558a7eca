package dev.gatehouse.transport.http.api;

import org.jspecify.annotations.Nullable;

/**
 * An interface that clients of another system know, served by Gatehouse: its routes, the shape of
 * its answers, and how it says no. Adapters are a closed set; a host chooses which it serves. Safe
 * for use by multiple threads.
 */
public abstract sealed class WireAdapter permits FateFlowApi, SerendipityApi, XmagitalApi {
  WireAdapter() {}

  /** What the adapter is called, in the path of its description among others. */
  abstract String name();

  /** Whether paths that begin so are this adapter's, be there a route or not. */
  abstract boolean owns(String path);

  /** The longest body that it takes of those that the API takes. */
  int bodyBytes(int most) {
    return most;
  }

  /** Its routes. */
  abstract Routes routes();

  /** The path as routes have it; adapters that take a slash at its end leave that out. */
  abstract boolean allowsSlashAtEnd();

  /**
   * The answer to what was refused or failed.
   *
   * @param route where that shows already, else null
   */
  abstract ApiResponse refused(RefusedException refused, @Nullable Route route);
}
