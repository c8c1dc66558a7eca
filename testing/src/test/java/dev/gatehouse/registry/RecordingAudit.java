package dev.gatehouse.registry;

import dev.gatehouse.audit.AuditLog;
import dev.gatehouse.audit.AuditRecord;
import dev.gatehouse.transaction.Transaction;
import java.lang.reflect.Proxy;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;

/** Remembers what was written in transactions that committed. */
final class RecordingAudit {
  private final List<AuditRecord> records = new CopyOnWriteArrayList<>();

  List<AuditRecord> records() {
    return records;
  }

  List<String> contents() {
    return records.stream().map(AuditRecord::content).toList();
  }

  AuditLog log() {
    return log(null);
  }

  private AuditLog log(Transaction transaction) {
    return (AuditLog)
        Proxy.newProxyInstance(
            AuditLog.class.getClassLoader(),
            new Class<?>[] {AuditLog.class},
            (proxy, method, arguments) -> {
              if (method.getName().equals("joining")) {
                return log((Transaction) arguments[0]);
              }
              AuditRecord record = (AuditRecord) arguments[0];
              transaction.afterCommit(() -> records.add(record));
              return record;
            });
  }
}
