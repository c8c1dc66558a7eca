package dev.gatehouse.audit;

import static java.util.Objects.requireNonNull;

/**
 * One thing in a log that is not what it should be. Immutable.
 *
 * @param kind what has happened
 * @param at index of the leaf or size of the head that it is about; for records without a leaf, the
 *     record's id
 * @param detail for people
 */
public record Damage(Kind kind, long at, String detail) {
  /** Checks that nothing is missing. */
  public Damage {
    requireNonNull(kind, "kind");
    requireNonNull(detail, "detail");
  }

  /** What can happen to a log. */
  public enum Kind {
    /** A record's bytes are not those that were sequenced, or appended. */
    RECORD_EDITED,
    /** A field's value is not the one that the record commits to. */
    FIELD_EDITED,
    /** A field's value is gone, and no record of an erasure tells of it. */
    FIELD_DELETED,
    /** The bytes are right, but a column by which the record is found is not. */
    COLUMN_EDITED,
    /** A record of the tree is gone. */
    RECORD_DELETED,
    /** A record is of another log: its row was put here. */
    RECORD_FOREIGN,
    /** Two records stand in each other's place. */
    RECORDS_SWAPPED,
    /** A record is neither in the tree nor waits for it: it was not written by this library. */
    RECORD_STRAY,
    /** A record is in the tree and waits for it again: no more can be sequenced. */
    PENDING_SEQUENCED,
    /** A record was deleted while it was pending. */
    PENDING_DELETED,
    /** A record carries no MAC under the key: it was written or altered by somebody without it. */
    RECORD_UNAUTHENTIC,
    /** An index has no leaf, though later ones do. */
    LEAF_MISSING,
    /** A leaf is not that of its record, which is right. */
    LEAF_EDITED,
    /** A full tile is gone. */
    TILE_MISSING,
    /** A full tile does not add up with what is below it, which is right. */
    TILE_EDITED,
    /** A leaf, tile or head that no tree of this size can have: it was put there. */
    TREE_STRAY,
    /** The leaves at the end, of which a head tells, are gone. */
    TRUNCATED,
    /** There are more leaves than the newest head has: heads are gone. */
    HEAD_MISSING,
    /** A head is not signed as it should be, or cannot be read. */
    HEAD_FORGED,
    /** The leaves, or the root kept with their number, are not those of a head that is signed. */
    HEAD_MISMATCH,
    /** An anchor has a larger tree: an old copy of the log was put back, or its end cut off. */
    ROLLED_BACK,
    /** An anchor has another tree of that size: the log was rewritten. */
    ANCHOR_MISMATCH,
    /** What an anchor keeps is not signed as it should be. */
    ANCHOR_FORGED,
    /** An anchor that should have heads of this log has none. */
    ANCHOR_EMPTY,
    /** The heads of an anchor could not be read, or it did not answer in time. */
    ANCHOR_UNREADABLE
  }

  @Override
  public String toString() {
    return kind + " at " + at + ": " + detail;
  }
}
