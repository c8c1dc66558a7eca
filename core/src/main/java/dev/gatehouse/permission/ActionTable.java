package dev.gatehouse.permission;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * The actions that grants name, numbered. Immutable; an {@link Editor} makes the next one.
 *
 * @param names the actions, also those that no grant names any more
 * @param uses how many grants name each
 */
record ActionTable(Dictionary names, LongColumn uses) {
  /** No action. */
  static final int NONE = -1;

  static final ActionTable EMPTY = new ActionTable(new Dictionary(List.of()), LongColumn.EMPTY);

  /** The number of an action that a grant names, or {@link #NONE}. */
  int find(String action) {
    int number = names.find(action);
    return number == NONE || uses.get(number) == 0 ? NONE : number;
  }

  String name(int number) {
    return names.text(number);
  }

  /** Adds to a copy of a table. Not safe: confine to one thread. */
  static final class Editor {
    private final Dictionary before;
    private final LongColumn.Editor uses;
    private final Map<String, Integer> added = new HashMap<>();
    private final List<String> texts = new ArrayList<>();

    Editor(ActionTable table) {
      before = table.names;
      uses = new LongColumn.Editor(table.uses);
    }

    /** The number of the action, a new one if it has none. */
    int number(String action) {
      int known = before.find(action);
      if (known != NONE) {
        return known;
      }
      Integer other = added.get(action);
      if (other == null) {
        other = uses.add(0);
        added.put(action, other);
        texts.add(action);
      }
      return other;
    }

    /** Notes that so many more grants name the action. */
    void use(int number, int more) {
      uses.set(number, uses.get(number) + more);
    }

    ActionTable table() {
      return new ActionTable(texts.isEmpty() ? before : before.with(texts), uses.column());
    }
  }
}
