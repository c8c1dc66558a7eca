package dev.gatehouse.audit;

import java.util.List;

/**
 * What a verification has found. Immutable.
 *
 * @param size leaves of the tree that was verified
 * @param records of which the bytes were compared with the tree
 * @param erasedFields of these records, erased by {@link AuditLog#erase} as the log itself tells
 * @param removedRecords that are gone because their time was over, as the log itself tells
 * @param anchoredHeads of this log that were compared with it, from anchors and from the caller
 * @param anchoredUpTo size of the largest of them; what came later no anchor vouches for
 * @param damages in the order in which they were found, at most {@link #MAX_DAMAGES}, of one kind
 *     at most {@link #MAX_OF_A_KIND}
 * @param furtherDamages how many more there were
 */
public record AuditReport(
    long size,
    long records,
    long erasedFields,
    long removedRecords,
    long anchoredHeads,
    long anchoredUpTo,
    List<Damage> damages,
    long furtherDamages) {
  /** Most damages that are listed. */
  public static final int MAX_DAMAGES = 1_000;

  /** Most of one kind that are listed, so that harmless ones cannot hide the others. */
  public static final int MAX_OF_A_KIND = 200;

  /** Copies the list. */
  public AuditReport {
    damages = List.copyOf(damages);
  }

  /** Whether everything is what it should be. */
  public boolean isSound() {
    return damages.isEmpty();
  }
}
