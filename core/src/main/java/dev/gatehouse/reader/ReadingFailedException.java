package dev.gatehouse.reader;

import dev.gatehouse.check.Check;
import dev.gatehouse.transport.Response;
import org.jspecify.annotations.Nullable;

/** Why an attempt failed, and whether another is worth a try. */
final class ReadingFailedException extends RuntimeException {
  private static final long serialVersionUID = 1L;
  private static final int REQUEST_TIMEOUT = 408;
  private static final int TOO_MANY_REQUESTS = 429;
  private static final int SERVER_ERROR = 500;

  private final boolean forGood;

  private ReadingFailedException(String message, boolean forGood, @Nullable Throwable cause) {
    super(message, cause);
    this.forGood = forGood;
  }

  /** It would fail again. */
  static ReadingFailedException forGood(String message) {
    return new ReadingFailedException(message, true, null);
  }

  /** It may do better the next time. */
  static ReadingFailedException forNow(String message, @Nullable Throwable cause) {
    return new ReadingFailedException(message, false, cause);
  }

  /** The third party answered with that status; whether it may answer otherwise, that tells. */
  static ReadingFailedException status(String stage, int status, String text) {
    String said = text.isBlank() ? "HTTP " + status : Check.shown(text.strip());
    boolean passing =
        status == REQUEST_TIMEOUT || status == TOO_MANY_REQUESTS || status >= SERVER_ERROR;
    return new ReadingFailedException(stage + " return: " + said, !passing, null);
  }

  static ReadingFailedException status(String stage, Response response) {
    return status(stage, response.status(), response.text());
  }

  boolean isForGood() {
    return forGood;
  }

  String why() {
    return String.valueOf(getMessage());
  }
}
