package dev.gatehouse.registry;

import dev.gatehouse.check.Check;
import dev.gatehouse.error.NotFoundException;

/** What to throw for what is not registered. */
final class Missing {
  private Missing() {}

  static NotFoundException application(String name) {
    return new NotFoundException("no application '" + Check.shown(name) + "' is registered");
  }

  static NotFoundException server(String name) {
    return new NotFoundException("no server '" + Check.shown(name) + "' is registered");
  }

  static NotFoundException service(String server, String name) {
    return new NotFoundException(
        "no service '"
            + Check.shown(name)
            + "' is registered on server '"
            + Check.shown(server)
            + "'");
  }
}
