package dev.gatehouse.signing;

import dev.gatehouse.audit.AuditLog;
import dev.gatehouse.audit.AuditRecord.Operation;
import dev.gatehouse.error.StorageException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * One walk over keys that encrypts them under the present master key, and keeps count. Not safe:
 * confine to one thread.
 */
final class Resealer {
  private final Vault vault;
  private long resealed;
  private long unreadable;
  private String first = "";

  Resealer(Vault vault) {
    this.vault = vault;
  }

  /**
   * What became of a batch; a transaction that is run again makes another.
   *
   * @param unreadable why keys were passed over, one by one
   */
  record Batch(long resealed, List<String> unreadable) {}

  /** Encrypts those that are still there and nobody else has encrypted meanwhile. */
  Batch reseal(KeyStore keys, AuditLog audit, List<StoredKey> outdated) {
    long done = 0;
    List<String> left = new ArrayList<>();
    for (StoredKey outdatedKey : outdated) {
      Optional<StoredKey> stored =
          keys.find(outdatedKey.applicationId(), outdatedKey.id())
              .filter(found -> !found.isDestroyed())
              .filter(found -> !vault.isCurrent(found));
      Optional<StoredKey> sealed = stored.flatMap(found -> sealed(found, left));
      if (sealed.isPresent()) {
        keys.update(sealed.get());
        KeyAudit.record(
            audit, Operation.UPDATE, "encrypted under the present master key", sealed.get().key());
        done++;
      }
    }
    return new Batch(done, left);
  }

  private Optional<StoredKey> sealed(StoredKey stored, List<String> left) {
    try {
      KeyMaterial material = vault.open(stored);
      return Optional.of(vault.close(stored.key(), material));
    } catch (StorageException e) {
      left.add(String.valueOf(e.getMessage()));
      return Optional.empty();
    }
  }

  void count(Batch batch) {
    resealed += batch.resealed();
    if (unreadable == 0 && !batch.unreadable().isEmpty()) {
      first = batch.unreadable().get(0);
    }
    unreadable += batch.unreadable().size();
  }

  /**
   * How many were encrypted.
   *
   * @throws StorageException if some could not be read
   */
  long resealed() {
    if (unreadable > 0) {
      throw new StorageException(
          resealed + " keys were encrypted, " + unreadable + " cannot be read: " + first);
    }
    return resealed;
  }
}
