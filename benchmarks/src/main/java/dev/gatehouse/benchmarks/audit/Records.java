package dev.gatehouse.benchmarks.audit;

import dev.gatehouse.audit.AuditRecord;

/** Records as an application writes them, of some 200 bytes. */
final class Records {
  /** A word that one record in fifty has. */
  static final String UNCOMMON = "cheque";

  /** A word that one record in {@value #RARITY} has. */
  static final String RARE = "barter";

  private static final int USERS = 1_000;
  private static final int EVERY_FIFTIETH = 50;

  static final int RARITY = 20_000;

  private Records() {}

  static AuditRecord record(int number) {
    String means =
        number % RARITY == 7 ? RARE : number % EVERY_FIFTIETH == 1 ? UNCOMMON : "bank transfer";
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
