package dev.gatehouse.scheduler;

import org.jspecify.annotations.Nullable;

/** Makes what went wrong into a line that any store, log and terminal can hold. */
final class ErrorText {
  private ErrorText() {}

  /**
   * The first {@link Attempt#MAX_ERROR} characters, with blanks for control characters and question
   * marks for halves of characters.
   */
  static String of(String text) {
    StringBuilder clean = new StringBuilder();
    int i = 0;
    while (i < text.length()) {
      int point = text.codePointAt(i);
      int length = Character.charCount(point);
      if (clean.length() + length > Attempt.MAX_ERROR) {
        break;
      }
      if (Character.isISOControl(point)) {
        clean.append(' ');
      } else if (length == 1 && Character.isSurrogate((char) point)) {
        clean.append('?');
      } else {
        clean.appendCodePoint(point);
      }
      i += length;
    }
    return clean.toString();
  }

  /** The class and the message of what user code threw, without the causes. */
  static String of(Throwable thrown) {
    String type = thrown.getClass().getName();
    String name = type.substring(Math.max(type.lastIndexOf('.'), type.lastIndexOf('$')) + 1);
    String message = messageOf(thrown);
    return of(message == null || message.isEmpty() ? name : name + ": " + message);
  }

  private static @Nullable String messageOf(Throwable thrown) {
    try {
      return thrown.getMessage();
    } catch (RuntimeException e) {
      return "its message cannot be read";
    }
  }
}
