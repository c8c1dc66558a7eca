package dev.gatehouse.registry;

import dev.gatehouse.check.Check;
import dev.gatehouse.error.LimitException;

/**
 * Whether there is room for what is to be registered: in the registry, on a server, and in what an
 * application may attach. All of it lies in the memory of every node.
 *
 * @param actor the application that registers; 0 for the host
 */
record Room(RegistryStore rows, long actor) {

  void requireForServers(int more) {
    require("the registry", rows.countServers(), more, Server.MAX_SERVERS, "servers");
    if (actor != 0) {
      int present = rows.owned(actor).servers();
      require("an application", present, more, Server.MAX_ATTACHED_SERVERS, "servers of its own");
    }
  }

  void requireForInstances(String server, int more) {
    require(named(server), rows.countInstances(server), more, Instance.MAX_INSTANCES, "instances");
    if (actor != 0) {
      int present = rows.owned(actor).instances();
      require("an application", present, more, Instance.MAX_INSTANCES, "instances of its own");
    }
  }

  void requireForServices(String server, int more) {
    require(named(server), rows.countServices(server), more, Service.MAX_SERVICES, "services");
    if (actor != 0) {
      int present = rows.owned(actor).services();
      require("an application", present, more, Service.MAX_SERVICES, "services of its own");
    }
  }

  private static String named(String server) {
    return "server '" + Check.shown(server) + "'";
  }

  private static void require(String whose, int present, int more, int most, String what) {
    if (present + more > most) {
      throw new LimitException(
          whose + " must have at most " + most + " " + what + ", would have " + (present + more));
    }
  }
}
