package dev.gatehouse.permission;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.gatehouse.audit.AuditLog;
import dev.gatehouse.audit.AuditRecord;
import dev.gatehouse.audit.AuditRecord.Operation;
import dev.gatehouse.audit.AuditRecord.Result;
import dev.gatehouse.error.GatehouseException;
import dev.gatehouse.json.Json;
import dev.gatehouse.refusal.RefusalLog;
import dev.gatehouse.transaction.Transaction;
import java.util.concurrent.atomic.AtomicLong;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Audits decisions as far as the host wants it. Safe for use by multiple threads, if joined not.
 */
final class DecisionLog {
  private static final Logger LOG = LoggerFactory.getLogger(DecisionLog.class);
  private static final RefusalLog.Kind ACTIONS =
      new RefusalLog.Kind("permission", Operation.AUTHORIZE, "Actions");

  private final AuditLog audit;
  private final DecisionAudit wanted;
  private final RefusalLog<Decision.Reason> refusals;
  private final AtomicLong allowances;
  private final boolean joined;

  DecisionLog(AuditLog audit, Permissions.Settings settings) {
    this.audit = audit;
    this.wanted = settings.audited();
    this.refusals = new RefusalLog<>(Decision.Reason.class, ACTIONS, audit, settings.clock());
    this.allowances = new AtomicLong();
    this.joined = false;
  }

  private DecisionLog(DecisionLog of, AuditLog audit) {
    this.audit = audit;
    this.wanted = of.wanted;
    this.refusals = of.refusals;
    this.allowances = of.allowances;
    this.joined = true;
  }

  DecisionLog joining(Transaction transaction) {
    return new DecisionLog(this, audit.joining(transaction));
  }

  /** Writes counts of refusals whose time is over, unless a rollback could lose them. */
  void settle() {
    if (!joined) {
      refusals.settle();
    }
  }

  /** A storage that cannot be read is not written either. */
  void refused(Question question, Decision decision) {
    if (decision.reason() == Decision.Reason.STALE) {
      return;
    }
    String content = sentence(question) + " refused: " + decision.reason();
    if (joined) {
      refusals.add(decision.reason(), content, about(question, decision), audit);
    } else {
      refusals.add(decision.reason(), content, about(question, decision));
    }
  }

  /** Throws only if the allowance must be recorded and cannot be. */
  void allowed(Question question, Decision decision) {
    if (wanted.isAlways(question)) {
      write(question, decision);
    } else if (wanted.oneIn() > 0 && allowances.getAndIncrement() % wanted.oneIn() == 0) {
      try {
        write(question, decision);
      } catch (GatehouseException e) {
        LOG.warn("An allowance could not be audited", e);
      }
    }
  }

  private void write(Question question, Decision decision) {
    audit.write(
        AuditRecord.of(Operation.AUTHORIZE, Result.SUCCESS, sentence(question) + " allowed")
            .service("permission")
            .ext(Json.write(about(question, decision)))
            .build());
  }

  static String sentence(Question question) {
    return "Action '"
        + question.action()
        + "' of "
        + question.subject()
        + " on "
        + question.resource();
  }

  private static ObjectNode about(Question question, Decision decision) {
    ObjectNode ext = about(question).put("version", decision.version());
    if (decision.grantId() != 0) {
      ext.put("grantId", Long.toString(decision.grantId()));
    }
    return ext;
  }

  static ObjectNode about(Question question) {
    return Json.object()
        .put("subject", question.subject().toString())
        .put("action", question.action())
        .put("resource", question.resource().toString());
  }
}
