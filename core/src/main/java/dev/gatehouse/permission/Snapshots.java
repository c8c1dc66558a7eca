package dev.gatehouse.permission;

import org.jspecify.annotations.Nullable;

/** Where checks take the snapshot from that they decide by. */
interface Snapshots {
  /** A snapshot that is consistent enough; null if there is none, so that the check must deny. */
  @Nullable Snapshot find(Consistency consistency);

  /** The number of the latest version that was read; 0 if none was. */
  long lastVersion();
}
