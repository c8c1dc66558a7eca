package dev.gatehouse.storage.jdbc;

import dev.gatehouse.check.Check;
import java.sql.Types;
import org.jdbi.v3.core.argument.AbstractArgumentFactory;
import org.jdbi.v3.core.argument.Argument;
import org.jdbi.v3.core.config.ConfigRegistry;

/**
 * Refuses text that a database would not keep as it is: PostgreSQL fails on U+0000, which ends the
 * transaction, and drivers replace what is no well-formed Unicode by question marks, which would
 * find other rows. Its value is not shown, as it may be secret. Safe for use by multiple threads.
 */
final class TextArgument extends AbstractArgumentFactory<String> {
  TextArgument() {
    super(Types.VARCHAR);
  }

  /** Whether a row can hold the text; if not, no row does. */
  static boolean isStorable(String text) {
    return misfit(text) < 0;
  }

  @Override
  protected Argument build(String value, ConfigRegistry config) {
    int at = misfit(value);
    Check.that(
        at < 0,
        () -> "text must be well-formed Unicode without U+0000, was neither at index " + at);
    return (position, statement, context) -> statement.setString(position, value);
  }

  /** The index of the first char that cannot be stored; -1 if there is none. */
  private static int misfit(String text) {
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      if (c == 0) {
        return i;
      }
      if (Character.isSurrogate(c)) {
        boolean paired =
            Character.isHighSurrogate(c)
                && i + 1 < text.length()
                && Character.isLowSurrogate(text.charAt(i + 1));
        if (!paired) {
          return i;
        }
        i++;
      }
    }
    return -1;
  }
}
