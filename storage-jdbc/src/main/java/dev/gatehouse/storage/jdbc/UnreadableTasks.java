package dev.gatehouse.storage.jdbc;

import dev.gatehouse.scheduler.UnreadableTaskException;
import java.util.function.Supplier;
import org.jdbi.v3.core.Handle;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Tasks whose rows somebody else has made unreadable. They are paused when they are claimed, so
 * that they keep no others from it; resumed, they are claimed again.
 */
final class UnreadableTasks {
  private static final Logger LOGGER = LoggerFactory.getLogger(UnreadableTasks.class);
  private static final int MOST = 100;
  private static final String PAUSE =
      "UPDATE gh_task SET lane = -1, cancel = 2, fence = fence + 1 WHERE id = ? AND state = 0";

  private UnreadableTasks() {}

  /**
   * What the claim answers once what it cannot read is paused, of which one call takes a hundred at
   * most. A claim in a transaction that was joined must read what it takes before it changes it.
   *
   * @throws UnreadableTaskException if there are more, or what is there cannot be paused
   */
  static <T> T passedOver(Database database, Supplier<T> claim) {
    int paused = 0;
    while (true) {
      try {
        return claim.get();
      } catch (UnreadableTaskException e) {
        paused++;
        if (paused > MOST || !database.<Boolean>use(handle -> pause(handle, e))) {
          throw e;
        }
      }
    }
  }

  /** False if it is not one that waits. */
  static boolean pause(Handle handle, UnreadableTaskException e) {
    if (handle.execute(PAUSE, e.id()) == 0) {
      return false;
    }
    LOGGER.error("task {} is paused, as it cannot be read", e.id(), e);
    return true;
  }
}
