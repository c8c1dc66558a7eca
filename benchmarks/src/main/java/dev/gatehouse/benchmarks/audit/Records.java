package dev.gatehouse.benchmarks.audit;

import dev.gatehouse.audit.AuditRecord;

/** Records as an application writes them, of some 200 bytes. */
final class Records {
  private static final int USERS = 1_000;

  private Records() {}

  static AuditRecord record(int number) {
    return AuditRecord.of(1, 0, "Order " + number + " was paid in full by bank transfer")
        .user("user-" + number % USERS)
        .sourceNode("node-1")
        .namespace("orders")
        .severity("info")
        .requestId("request-" + number)
        .build();
  }
}
