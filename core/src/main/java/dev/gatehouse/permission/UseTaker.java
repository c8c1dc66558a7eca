package dev.gatehouse.permission;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.gatehouse.audit.AuditLog;
import dev.gatehouse.audit.AuditRecord;
import dev.gatehouse.audit.AuditRecord.Operation;
import dev.gatehouse.audit.AuditRecord.Result;
import dev.gatehouse.json.Json;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;

/** Takes uses of grants that count them, inside a transaction, with their audit records. */
final class UseTaker {
  /**
   * A use that is to be taken.
   *
   * @param grants that may give it, in that order
   * @param version of the permissions by which they allow it
   */
  record Wanted(List<Grant> grants, Question question, long version) {}

  private UseTaker() {}

  /**
   * Takes a use of the first of the grants that has any left, unless that is its last. Empty if it
   * is, or if none has one: to take a last use makes a version, whose row is to be locked before
   * any other. It must not pass to the next grant then, or that would be used before the first is
   * used up.
   */
  static Optional<Grant> takeOneOfMany(PermissionStore joined, AuditLog audit, Wanted wanted) {
    for (Grant grant : wanted.grants()) {
      OptionalLong left = joined.use(grant.id(), 1);
      if (left.isPresent()) {
        record(audit, grant, wanted, left.getAsLong());
        return Optional.of(grant);
      }
      if (joined.usesLeft(grant.id()).orElse(0) > 0) {
        return Optional.empty();
      }
    }
    return Optional.empty();
  }

  static void record(AuditLog audit, Grant grant, Wanted wanted, long left) {
    Question question = wanted.question();
    audit.write(
        AuditRecord.of(Operation.AUTHORIZE, Result.SUCCESS, sentence(grant, question, left))
            .service("permission")
            .ext(Json.write(about(grant, question, left).put("version", wanted.version())))
            .build());
  }

  static String sentence(Grant grant, Question question, long left) {
    return DecisionLog.sentence(question)
        + " took a use of grant "
        + grant.id()
        + ", "
        + left
        + " left";
  }

  static ObjectNode about(Grant grant, Question question, long left) {
    return DecisionLog.about(question)
        .put("grantId", Long.toString(grant.id()))
        .put("usesLeft", left);
  }
}
