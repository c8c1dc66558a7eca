package dev.gatehouse.storage.jdbc;

import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.List;

/**
 * A condition that a column has one of many values. It is one array where arguments may be arrays;
 * on MariaDB a list of so many places at most that it stays one of key lookups, and of few lengths,
 * so that there are few texts: the last value fills what is left.
 */
final class AnyOf {
  /** MariaDB makes a table of a list of 1,000 or more, and joins it. */
  private static final int MOST = 512;

  private final String type;
  private final List<?> values;
  private final boolean asArray;

  private AnyOf(String type, List<?> values, boolean asArray) {
    this.type = type;
    this.values = values;
    this.asArray = asArray;
  }

  /**
   * Conditions that together cover all values, in their order; none if there are no values.
   *
   * @param type of the values, as an array's are named
   */
  static List<AnyOf> of(Dialect dialect, String type, Collection<?> values) {
    List<?> all = List.copyOf(values);
    int most = dialect.hasArrays() ? Math.max(1, all.size()) : MOST;
    List<AnyOf> parts = new ArrayList<>();
    for (int from = 0; from < all.size(); from += most) {
      List<?> part = all.subList(from, Math.min(all.size(), from + most));
      parts.add(new AnyOf(type, part, dialect.hasArrays()));
    }
    return parts;
  }

  /** The condition; its arguments are given by {@link #set}. */
  String in(String column) {
    return asArray
        ? column + " = ANY(?)"
        : column + " IN (" + String.join(", ", Collections.nCopies(places(), "?")) + ")";
  }

  /** The next power of two. */
  private int places() {
    int last = values.size() - 1;
    return last == 0 ? 1 : Integer.highestOneBit(last) << 1;
  }

  /**
   * Sets the arguments.
   *
   * @param index of the first
   * @return the index of the next argument
   */
  int set(PreparedStatement statement, int index) throws SQLException {
    if (asArray) {
      statement.setArray(index, statement.getConnection().createArrayOf(type, values.toArray()));
      return index + 1;
    }
    int places = places();
    for (int i = 0; i < places; i++) {
      statement.setObject(index + i, values.get(Math.min(i, values.size() - 1)));
    }
    return index + places;
  }
}
