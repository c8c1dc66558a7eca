package dev.gatehouse.registry;

import dev.gatehouse.transaction.Transaction;
import java.util.Optional;

/**
 * The third parties, the servers they run, and the services on them. Names are alike whatever their
 * case. A lookup reads an immutable snapshot in memory. Safe for use by multiple threads, but for
 * what {@link #joining} returns.
 */
public interface Registry {
  /**
   * Registers an application, or changes the one of that name: its id, app key and keys stay, all
   * else becomes what the draft says.
   *
   * @return the application; only on its first registration with its {@link Application#secret()
   *     secret}
   * @throws dev.gatehouse.error.StorageException if the storage fails; then nothing was stored
   */
  Application register(Application.Draft draft);

  /** The application of that id. */
  Optional<Application> findApplication(long id);

  /** The application of that name. */
  Optional<Application> findApplication(String name);

  /** The application whose key has that public name. */
  Optional<Application> findApplicationByKey(String appKey);

  /**
   * This registry inside the transaction: reads see its writes, and all stands or falls with it.
   */
  Registry joining(Transaction transaction);
}
