package dev.gatehouse.audit;

import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * SPI: a leaf of the tree as it is kept, and what is kept of its record: nothing in it is checked.
 * The arrays are the caller's to leave alone. Immutable then.
 *
 * @param index in the tree
 * @param id of the record
 * @param leafHash as it was sequenced
 * @param canonical the record's bytes; null if it is not there
 * @param openings what opens the commitments in them; null if it is not there
 * @param columns what the store searches the record by; null if it searches the bytes themselves
 */
@SuppressWarnings("ArrayRecordComponent")
public record TreeLeaf(
    long index,
    long id,
    byte[] leafHash,
    byte @Nullable [] canonical,
    byte @Nullable [] openings,
    @Nullable Columns columns) {

  /**
   * The copies of a record's fields that a store searches by, as they are kept. Immutable.
   *
   * @param user null if absent, as are requestId and service
   * @param leafHash that is kept with the record; null if none is
   * @param terms the record's {@link AuditTerms}, 0 alone if it has too many; null if none are kept
   */
  @SuppressWarnings("ArrayRecordComponent")
  public record Columns(
      long id,
      long timeMicros,
      int operationType,
      int resultType,
      String sourceNode,
      String namespace,
      String severity,
      @Nullable String user,
      @Nullable String requestId,
      @Nullable String service,
      byte @Nullable [] leafHash,
      @Nullable Set<Long> terms) {}

  @Override
  public String toString() {
    return "TreeLeaf " + index + " of record " + id;
  }
}
