package dev.gatehouse.transaction;

import static java.util.Objects.requireNonNull;

import java.util.ArrayList;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * SPI: the actions of a {@link Transaction} that wait for its commit. What one of them throws is
 * logged: the work is committed, and neither it nor the other actions may be taken for failed. Not
 * safe: confine to one thread.
 */
public final class AfterCommit {
  private static final Logger LOGGER = LoggerFactory.getLogger(AfterCommit.class);

  private final List<Runnable> actions = new ArrayList<>();

  /** None at first. */
  public AfterCommit() {}

  /** Adds an action behind the others. */
  public void add(Runnable action) {
    actions.add(requireNonNull(action, "action"));
  }

  /** How many wait. */
  public int size() {
    return actions.size();
  }

  /** Forgets them, as after a rollback. */
  public void clear() {
    actions.clear();
  }

  /** Runs each of them once, in order. */
  public void run() {
    List<Runnable> all = List.copyOf(actions);
    actions.clear();
    all.forEach(AfterCommit::guarded);
  }

  private static void guarded(Runnable action) {
    try {
      action.run();
    } catch (RuntimeException e) {
      LOGGER.warn("an action after a commit failed; what was committed stays", e);
    }
  }
}
