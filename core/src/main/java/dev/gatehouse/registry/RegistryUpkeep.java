package dev.gatehouse.registry;

import dev.gatehouse.check.Check;

/**
 * The background work of a registry: it renews the leases of the instances that this process keeps,
 * removes instances whose lease is over, and asks instances how they are.
 *
 * <p>Of each server whose metadata have a {@value Server#HEALTH} entry, each instance is asked
 * every ten seconds, give or take one so that processes do not ask all at once, with a timeout of
 * three seconds. After three bad answers in a row it is down: it takes no calls of this process.
 * After one good answer it is up, with a slow start. An answer is good if its status is 200..299;
 * its body is not looked at.
 *
 * <p>Leases are renewed after a third of their length. One that ended, as after a pause of the
 * whole process, is taken anew: who can do that is alive. An instance that somebody else registered
 * again, or removed before its lease could have ended by this process's clocks, is kept no more.
 * Either is told to the listener, {@link dev.gatehouse.observe.GatehouseListener#leaseLost}. While
 * the storage fails, what was known last serves on, and probes go on. Where nothing that this
 * process knows of is leased or probed, the storage is asked only every ten seconds whether
 * something is.
 *
 * <p>Safe for use by multiple threads.
 */
public sealed interface RegistryUpkeep extends AutoCloseable permits SteppedUpkeep {
  /**
   * The background work of that registry. Does nothing yet.
   *
   * @param registry as {@link Registry#create} made it
   */
  static RegistryUpkeep create(Registry registry) {
    Check.that(
        registry instanceof SnapshotRegistry,
        "registry must be one of Registry.create, outside of any transaction");
    return new SteppedUpkeep((SnapshotRegistry) registry);
  }

  /**
   * Registers an instance and keeps its lease from then on, once this is started or stepped, until
   * it is released or this is closed, or somebody else registers or removes it.
   *
   * @throws IllegalArgumentException if it has no lease
   * @throws dev.gatehouse.error.NotFoundException if there is no such server
   * @throws dev.gatehouse.error.LimitException if the server has 1,000 instances
   * @throws dev.gatehouse.error.ClosedException if this is closed
   */
  Instance keep(Instance instance);

  /** Releases an instance that is kept; does nothing to another. */
  void release(Instance instance);

  /** Begins to work, twice a second, on threads of its own. Does nothing if it was started. */
  void start();

  /**
   * Does what is due now, on the caller's thread; answers to probes may come later. What fails is
   * logged and tried again in a later step.
   */
  void step();

  /** Ends the threads and releases the instances that are kept, as far as the storage works. */
  @Override
  void close();
}
