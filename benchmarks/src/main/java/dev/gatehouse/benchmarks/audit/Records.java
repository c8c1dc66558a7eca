package dev.gatehouse.benchmarks.audit;

import dev.gatehouse.audit.AuditRecord;

/** Records as an application writes them, of some 200 bytes. */
final class Records {
  /** A word that one record in fifty has. */
  static final String RARE = "cheque";

  private static final int USERS = 1_000;
  private static final int RARITY = 50;

  private Records() {}

  static AuditRecord record(int number) {
    String means = number % RARITY == 1 ? RARE : "bank transfer";
    return AuditRecord.of(1, 0, "Order " + number + " was paid in full by " + means)
        .user(user(number))
        .sourceNode("node-1")
        .namespace("orders")
        .severity("info")
        .requestId("request-" + number)
        .build();
  }

  /** One of a thousand. */
  static String user(int number) {
    return "user-" + Math.floorMod(number, USERS);
  }
}
