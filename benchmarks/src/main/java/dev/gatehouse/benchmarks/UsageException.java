package dev.gatehouse.benchmarks;

/** The command line asks for what does not exist; the message says what does. */
final class UsageException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  UsageException(String message) {
    super(message);
  }
}
