package dev.gatehouse.registry;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.gatehouse.audit.AuditLog;
import dev.gatehouse.audit.AuditRecord;
import dev.gatehouse.audit.AuditRecord.Operation;
import dev.gatehouse.json.Json;
import dev.gatehouse.transaction.Transaction;

/** What the registry writes into the audit log. */
final class RegistryRecords {
  private final AuditLog audit;

  RegistryRecords(AuditLog audit) {
    this.audit = audit;
  }

  void put(Transaction transaction, boolean existed, String text, ObjectNode ext) {
    write(
        transaction,
        existed ? Operation.UPDATE : Operation.CREATE,
        text + (existed ? " changed" : " registered"),
        ext);
  }

  void write(Transaction transaction, Operation operation, String content, ObjectNode ext) {
    audit
        .joining(transaction)
        .write(
            AuditRecord.of(operation, AuditRecord.Result.SUCCESS, content)
                .service("registry")
                .ext(Json.write(ext))
                .build());
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
