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

  static NotFoundException instance(String server, String address) {
    return new NotFoundException(
        "no instance '"
            + Check.shown(address)
            + "' is registered on server '"
            + Check.shown(server)
            + "'");
  }

  static NotFoundException lease(Instance instance) {
    return new NotFoundException(
        "the lease of instance '"
            + instance.address()
            + "' on server '"
            + Check.shown(instance.server())
            + "' is over or another's");
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
