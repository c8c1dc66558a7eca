package dev.gatehouse.scheduler;

import java.time.Duration;
import java.util.Optional;

/**
 * SPI: the leases of an engine's nodes, which are more urgent than all else that it asks of a
 * {@link TaskStore}: so the store may keep something for them, such as a connection, from the first
 * use until this is closed. Its methods are those of the store, with the same rules. Not safe:
 * confine to one thread at a time.
 */
public interface NodeLeases extends AutoCloseable {
  /** Those of a store that keeps nothing for them. */
  static NodeLeases of(TaskStore store) {
    return new NodeLeases() {
      @Override
      public NodeLease join(String boot, Duration duration) {
        return store.join(boot, duration);
      }

      @Override
      public Optional<NodeLease> renew(int node, String boot, Duration duration) {
        return store.renew(node, boot, duration);
      }

      @Override
      public void leave(int node, String boot) {
        store.leave(node, boot);
      }

      @Override
      public long nowMicros() {
        return store.nowMicros();
      }

      @Override
      public void close() {}
    };
  }

  /** As {@link TaskStore#join}. */
  NodeLease join(String boot, Duration duration);

  /** As {@link TaskStore#renew}. */
  Optional<NodeLease> renew(int node, String boot, Duration duration);

  /** As {@link TaskStore#leave}. */
  void leave(int node, String boot);

  /** As {@link TaskStore#nowMicros}. */
  long nowMicros();

  /** Gives up what was kept for them. The leases stand. Idempotent. */
  @Override
  void close();
}
