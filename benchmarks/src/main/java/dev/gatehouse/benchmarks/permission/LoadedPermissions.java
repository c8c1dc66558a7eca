package dev.gatehouse.benchmarks.permission;

import dev.gatehouse.audit.AuditLog;
import dev.gatehouse.permission.Grant;
import dev.gatehouse.permission.PermissionBatch;
import dev.gatehouse.permission.Permissions;
import dev.gatehouse.permission.Resource;
import dev.gatehouse.permission.Subject;
import dev.gatehouse.storage.Storage;
import dev.gatehouse.storage.memory.MemoryStorage;
import java.time.InstantSource;
import java.util.concurrent.atomic.AtomicLong;

/** Permissions over a store that holds the rules. Not safe: confine to one thread. */
final class LoadedPermissions implements AutoCloseable {
  static final String TYPE = "data";
  static final String ACTION = "read";

  private final Storage storage;
  private final AtomicLong ids = new AtomicLong();
  private final Permissions permissions;
  private PermissionBatch.Builder batch = PermissionBatch.builder();
  private int rows;

  private LoadedPermissions(Storage storage) {
    this.storage = storage;
    this.permissions =
        Permissions.create(
            storage,
            storage.permissions(),
            AuditLog.create(storage.audit(), ids::incrementAndGet, InstantSource.system()),
            ids::incrementAndGet,
            Permissions.Settings.defaults());
  }

  static LoadedPermissions inMemory(Rules rules) {
    return in(MemoryStorage.create(), rules);
  }

  /** Writes the rules to the storage, which is closed with what is returned. */
  static LoadedPermissions in(Storage storage, Rules rules) {
    LoadedPermissions loaded = new LoadedPermissions(storage);
    loaded.load(rules);
    return loaded;
  }

  private void load(Rules rules) {
    for (int role = 0; role < rules.shape().roles(); role++) {
      add(batch.role(Rules.role(role)));
    }
    for (int role = 0; role < rules.shape().roles(); role++) {
      if (rules.inheritsNext(role)) {
        add(batch.inherit(Rules.role(role), Rules.role(role + 1)));
      }
    }
    for (int role = 0; role < rules.shape().roles(); role++) {
      Subject holder = Subject.role(Rules.role(role));
      for (int resource : rules.resourcesOf(role)) {
        Resource data = Resource.of(TYPE, Rules.resource(resource));
        add(batch.grant(Grant.allow(holder, ACTION, data)));
      }
    }
    for (int user = 0; user < rules.shape().users(); user++) {
      for (int role : rules.rolesOf(user)) {
        add(batch.assign(Subject.user(Rules.user(user)), Rules.role(role)));
      }
    }
    permissions.load(batch.build());
  }

  private void add(PermissionBatch.Builder filled) {
    if (filled.size() == PermissionBatch.MAX_ROWS) {
      permissions.load(filled.build());
      batch = PermissionBatch.builder();
      rows += PermissionBatch.MAX_ROWS;
    }
  }

  /** How many rows were loaded in full batches. */
  int rows() {
    return rows;
  }

  Permissions permissions() {
    return permissions;
  }

  /** Permissions over the same store that have read nothing of it yet. */
  Permissions another() {
    return new LoadedPermissions(storage).permissions;
  }

  @Override
  public void close() {
    storage.close();
  }
}
