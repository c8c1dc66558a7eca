package dev.gatehouse.storage.jdbc;

import dev.gatehouse.error.StorageException;
import dev.gatehouse.scheduler.Attempt.Outcome;

/** The numbers under which outcomes are stored; fixed, whatever the order of the constants. */
final class AttemptCode {
  private AttemptCode() {}

  static int of(Outcome outcome) {
    return switch (outcome) {
      case SUCCESS -> 0;
      case FAILURE -> 1;
      case TIMEOUT -> 2;
      case CANCELLED -> 3;
      case CRASHED -> 4;
      case INTERRUPTED -> 5;
    };
  }

  static Outcome outcome(int code) {
    return switch (code) {
      case 0 -> Outcome.SUCCESS;
      case 1 -> Outcome.FAILURE;
      case 2 -> Outcome.TIMEOUT;
      case 3 -> Outcome.CANCELLED;
      case 4 -> Outcome.CRASHED;
      case 5 -> Outcome.INTERRUPTED;
      default -> throw new StorageException("unknown outcome of an attempt: " + code);
    };
  }
}
