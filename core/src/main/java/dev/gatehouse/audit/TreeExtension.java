package dev.gatehouse.audit;

import static java.util.Objects.requireNonNull;

import dev.gatehouse.check.Check;
import java.util.List;

/**
 * SPI: a step by which a tree grows. Immutable, but for the arrays, which are the caller's to leave
 * alone.
 *
 * @param fence under which the leaves were chosen
 * @param fromSize size of the tree before
 * @param leaves the new leaves in order, 1..1,024; their MACs do not matter
 * @param tiles those that are full now and were not before
 * @param head of the tree with the new leaves
 */
public record TreeExtension(
    long fence, long fromSize, List<PendingLeaf> leaves, List<TreeTile> tiles, StoredHead head) {
  /** Checks that the sizes fit. */
  public TreeExtension {
    Check.range(fromSize, 0, Long.MAX_VALUE, "fromSize");
    leaves = List.copyOf(leaves);
    tiles = List.copyOf(tiles);
    Check.range(leaves.size(), 1, AuditTreeStore.MAX_BATCH, "number of leaves");
    requireNonNull(head, "head");
    Check.range(head.size(), fromSize + leaves.size(), fromSize + leaves.size(), "size of head");
  }
}
