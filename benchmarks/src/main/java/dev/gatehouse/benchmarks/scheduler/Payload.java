package dev.gatehouse.benchmarks.scheduler;

/**
 * What a task carries, the same text for all sides: a JSON string that begins with the task's index
 * in nine digits and is filled up to its length.
 */
final class Payload {
  private static final int DIGITS = 9;

  private Payload() {}

  /** A text of so many bytes, 11 or more. */
  static String of(int index, int bytes) {
    String digits = Integer.toString(1_000_000_000 + index).substring(1);
    return '"' + digits + "x".repeat(bytes - DIGITS - 2) + '"';
  }

  static int index(String payload) {
    return Integer.parseInt(payload, 1, 1 + DIGITS, 10);
  }
}
