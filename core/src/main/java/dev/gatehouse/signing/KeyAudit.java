package dev.gatehouse.signing;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.gatehouse.audit.AuditLog;
import dev.gatehouse.audit.AuditRecord;
import dev.gatehouse.audit.AuditRecord.Operation;
import dev.gatehouse.audit.AuditRecord.Result;
import dev.gatehouse.json.Json;

/** What is recorded of changes of keys: which key, never what it is made of. */
final class KeyAudit {
  private KeyAudit() {}

  static void record(AuditLog audit, Operation operation, String what, Key key) {
    record(
        audit,
        operation,
        what,
        ids(key.id(), key.applicationId())
            .put("algorithm", key.algorithm().name())
            .put("purpose", key.purpose().name()));
  }

  /** Of a key that this version may not know. */
  static void record(AuditLog audit, Operation operation, String what, StoredKey stored) {
    if (stored.isKnown()) {
      record(audit, operation, what, stored.key());
    } else {
      record(audit, operation, what, ids(stored.id(), stored.applicationId()));
    }
  }

  private static ObjectNode ids(long keyId, long applicationId) {
    return Json.object()
        .put("applicationId", Long.toString(applicationId))
        .put("keyId", Long.toString(keyId));
  }

  private static void record(AuditLog audit, Operation operation, String what, ObjectNode ext) {
    String key = ext.get("keyId").textValue();
    String application = ext.get("applicationId").textValue();
    audit.write(
        AuditRecord.of(
                operation,
                Result.SUCCESS,
                "Key " + key + " of application " + application + " " + what)
            .service("signing")
            .ext(Json.write(ext))
            .build());
  }
}
