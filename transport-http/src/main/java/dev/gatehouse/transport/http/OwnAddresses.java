package dev.gatehouse.transport.http;

import java.net.InetAddress;
import java.net.NetworkInterface;
import java.net.SocketException;
import java.time.Duration;
import java.util.Set;
import java.util.function.LongSupplier;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Whether an address is one of this machine's network interfaces. They are read anew when an
 * address is tested and the last reading is 30 s old. While they cannot be read, every address may
 * be one of them.
 */
final class OwnAddresses implements Predicate<InetAddress> {
  private static final long MAX_AGE_NANOS = Duration.ofSeconds(30).toNanos();

  /** Reads the addresses of all interfaces. */
  @FunctionalInterface
  interface Reading {
    Set<InetAddress> read() throws SocketException;
  }

  private record Snapshot(Set<InetAddress> addresses, long readAt) {}

  private final Reading reading;
  private final LongSupplier nanoTime;
  private volatile @Nullable Snapshot latest;

  OwnAddresses() {
    this(OwnAddresses::ofInterfaces, System::nanoTime);
  }

  OwnAddresses(Reading reading, LongSupplier nanoTime) {
    this.reading = reading;
    this.nanoTime = nanoTime;
  }

  @Override
  public boolean test(InetAddress address) {
    long now = nanoTime.getAsLong();
    Snapshot snapshot = latest;
    if (snapshot == null || now - snapshot.readAt() >= MAX_AGE_NANOS) {
      try {
        snapshot = new Snapshot(Set.copyOf(reading.read()), now);
      } catch (SocketException e) {
        return true;
      }
      latest = snapshot;
    }
    return snapshot.addresses().contains(address);
  }

  private static Set<InetAddress> ofInterfaces() throws SocketException {
    return NetworkInterface.networkInterfaces()
        .flatMap(NetworkInterface::inetAddresses)
        .collect(Collectors.toUnmodifiableSet());
  }
}
