package dev.gatehouse.transport.http.api;

import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A method and a path that an adapter serves.
 *
 * @param method upper case
 * @param template a path in which <code>{name}</code> stands for any one segment
 * @param access who may
 * @param handler does it
 */
record Route(String method, String template, Access access, Handler handler) {
  /** Who may. */
  enum Access {
    /** Whoever can reach the server, or whomever the handler lets in. */
    ANYONE,
    /** As {@link #ANYONE}, and the handler is told if it is an administrator. */
    ANYONE_TOLD_APART,
    /** Whom the host's authenticator calls an administrator. */
    ADMINISTRATOR
  }

  /** Does what was asked for. */
  @FunctionalInterface
  interface Handler {
    ApiResponse handle(Call call);
  }

  /** What the variables of the template stand for in the path; null if it is another path. */
  @Nullable Map<String, String> match(List<String> segments) {
    return PathTemplate.match(template, segments);
  }
}
