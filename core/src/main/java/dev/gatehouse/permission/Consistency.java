package dev.gatehouse.permission;

import dev.gatehouse.check.Check;
import org.jspecify.annotations.Nullable;

/**
 * How much a check must know of what others changed. What this instance changed itself, every check
 * that begins afterwards knows, whatever its consistency.
 *
 * <ul>
 *   <li>{@link #SNAPSHOT}: what is in memory, at most as old as {@link
 *       Permissions.Settings#freshness}, and as {@link Permissions.Settings#maxStaleness} while the
 *       storage cannot be read. No I/O.
 *   <li>{@link #atLeast}: a version, or a later one. The storage is read only if what is in memory
 *       is older. For the work of somebody who was told of that version: what he saw granted or
 *       taken back holds for it.
 *   <li>{@link #STRICT}: all that was committed when the check began. The storage is asked for its
 *       version each time, one row; what has changed since is read.
 * </ul>
 *
 * Immutable.
 */
public final class Consistency {
  /** What is in memory, within the bounds of its age; the default. */
  public static final Consistency SNAPSHOT = new Consistency(0, false);

  /** All that was committed when the check began. */
  public static final Consistency STRICT = new Consistency(0, true);

  private final long version;
  private final boolean strict;

  private Consistency(long version, boolean strict) {
    this.version = version;
    this.strict = strict;
  }

  /**
   * That version or a later one.
   *
   * @param version as in {@link Permissions#version} or {@link Decision#version}, 0 or more; one
   *     that the storage has not reached denies, and costs a read of the storage each time
   */
  public static Consistency atLeast(long version) {
    return new Consistency(Check.range(version, 0, Long.MAX_VALUE, "version"), false);
  }

  /** The least version that will do. */
  long version() {
    return version;
  }

  boolean isStrict() {
    return strict;
  }

  /** Whether any version will do that is young enough. */
  boolean isSnapshot() {
    return version == 0 && !strict;
  }

  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof Consistency that && version == that.version && strict == that.strict;
  }

  @Override
  public int hashCode() {
    return Long.hashCode(version) + (strict ? 1 : 0);
  }

  /** In words, as in {@code at least version 7}. */
  @Override
  public String toString() {
    if (strict) {
      return "strict";
    }
    return version == 0 ? "snapshot" : "at least version " + version;
  }
}
