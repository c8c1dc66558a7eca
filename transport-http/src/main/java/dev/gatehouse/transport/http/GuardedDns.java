package dev.gatehouse.transport.http;

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.List;
import java.util.concurrent.Executor;
import okhttp3.Dns;

/**
 * Leaves out the addresses that the guard refuses, so that a name with good and bad ones connects
 * to the good. The sockets judge again: this alone would guard neither literals nor later changes.
 */
record GuardedDns(Dns names, AddressGuard guard, Executor workers) implements Dns {
  @Override
  public List<InetAddress> lookup(String hostname) throws UnknownHostException {
    List<InetAddress> permitted =
        BlockingExchange.lookUp(names, hostname, workers).stream().filter(guard::permits).toList();
    if (permitted.isEmpty()) {
      throw new UnknownHostException("the address guard refuses every address of " + hostname);
    }
    return permitted;
  }
}
