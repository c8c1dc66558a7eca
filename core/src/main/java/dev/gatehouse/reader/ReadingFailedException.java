package dev.gatehouse.reader;

import dev.gatehouse.check.Check;
import dev.gatehouse.error.LimitException;
import dev.gatehouse.transport.Response;
import org.jspecify.annotations.Nullable;

/** Why an attempt failed, and whether another is worth a try. */
final class ReadingFailedException extends RuntimeException {
  private static final long serialVersionUID = 1L;
  private static final int REQUEST_TIMEOUT = 408;
  private static final int TOO_MANY_REQUESTS = 429;
  private static final int SERVER_ERROR = 500;

  private enum Until {
    NOW,
    THERE_IS_ROOM,
    EVER
  }

  private final Until until;

  private ReadingFailedException(String message, Until until, @Nullable Throwable cause) {
    super(message, cause);
    this.until = until;
  }

  /** It would fail again. */
  static ReadingFailedException forGood(String message) {
    return new ReadingFailedException(message, Until.EVER, null);
  }

  /** It may do better the next time. */
  static ReadingFailedException forNow(String message, @Nullable Throwable cause) {
    return new ReadingFailedException(message, Until.NOW, cause);
  }

  /** It did not begin, for there was no room for one more at once. */
  static ReadingFailedException noRoom(LimitException cause) {
    return new ReadingFailedException(
        String.valueOf(cause.getMessage()), Until.THERE_IS_ROOM, cause);
  }

  boolean isToWait() {
    return until == Until.THERE_IS_ROOM;
  }

  /** The third party answered with that status; whether it may answer otherwise, that tells. */
  static ReadingFailedException status(String stage, int status, String text) {
    String said = text.isBlank() ? "HTTP " + status : Check.shown(text.strip());
    boolean passing =
        status == REQUEST_TIMEOUT || status == TOO_MANY_REQUESTS || status >= SERVER_ERROR;
    return new ReadingFailedException(
        stage + " return: " + said, passing ? Until.NOW : Until.EVER, null);
  }

  static ReadingFailedException status(String stage, Response response) {
    return status(stage, response.status(), response.text());
  }

  /** The third party's answer should have been a {@link JobAnswer}. */
  static ReadingFailedException notJson(String stage, Response response) {
    return forGood(
        stage
            + (response.isTruncated()
                ? " return: is too long, of which " + response.body().length + " bytes were kept"
                : " return: must be a JSON object"));
  }

  boolean isForGood() {
    return until == Until.EVER;
  }

  String why() {
    return String.valueOf(getMessage());
  }
}
