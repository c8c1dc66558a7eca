package dev.gatehouse.registry;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.gatehouse.audit.AuditLog;
import dev.gatehouse.audit.AuditRecord;
import dev.gatehouse.audit.AuditRecord.Operation;
import dev.gatehouse.json.Json;
import dev.gatehouse.transaction.Transaction;
import java.util.Optional;

/**
 * What the registry writes into the audit log. What an application did that {@linkplain
 * Registry#attachedBy attached} has its id as the actor; the host's own has none.
 */
final class RegistryRecords {
  private final AuditLog audit;
  private final long actor;

  /** Records of what the host does. */
  RegistryRecords(AuditLog audit) {
    this(audit, 0);
  }

  /**
   * Records of what somebody does.
   *
   * @param actor an application; 0 for the host
   */
  RegistryRecords(AuditLog audit, long actor) {
    this.audit = audit;
    this.actor = actor;
  }

  /** Something was registered, or changed if it was there before. */
  void put(
      Transaction transaction, String text, ObjectNode ids, Optional<Facts> before, Facts after) {
    Facts.describe(ids, before.orElse(null), after);
    write(
        transaction,
        before.isPresent() ? Operation.UPDATE : Operation.CREATE,
        text + (before.isPresent() ? " changed" : " registered"),
        ids);
  }

  /** Something was removed. */
  void delete(Transaction transaction, String content, ObjectNode ids, Facts before) {
    Facts.describe(ids, before, null);
    write(transaction, Operation.DELETE, content, ids);
  }

  private void write(Transaction transaction, Operation operation, String content, ObjectNode ext) {
    if (actor != 0) {
      ext.put("actor", Long.toString(actor));
    }
    audit
        .joining(transaction)
        .write(
            AuditRecord.of(operation, AuditRecord.Result.SUCCESS, content)
                .service("registry")
                .ext(Json.write(ext))
                .build());
  }

  static String text(Application application) {
    return "Application '" + application.name() + "'";
  }

  static String text(Server server) {
    return "Server '" + server.name() + "'";
  }

  static String text(Service service) {
    return "Service '" + service.name() + "' on server '" + service.server() + "'";
  }

  static String text(Instance instance) {
    return "Instance " + instance.address() + " of server '" + instance.server() + "'";
  }

  static ObjectNode ids(long applicationId) {
    return Json.object().put("applicationId", Long.toString(applicationId));
  }

  static ObjectNode ids(Server server) {
    ObjectNode ids = Json.object().put("server", server.name());
    server.owner().ifPresent(owner -> ids.put("applicationId", Long.toString(owner)));
    return ids;
  }

  static ObjectNode ids(Service service) {
    return Json.object().put("server", service.server()).put("service", service.name());
  }

  static ObjectNode ids(Instance instance) {
    return Json.object().put("server", instance.server()).put("instance", instance.address());
  }
}
