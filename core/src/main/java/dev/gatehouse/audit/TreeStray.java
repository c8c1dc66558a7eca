package dev.gatehouse.audit;

import static java.util.Objects.requireNonNull;

/**
 * SPI: a row of a tree that no tree of its size has. Immutable.
 *
 * @param part what it is
 * @param level of a tile; 0 for others
 * @param at index of the leaf or tile, or size of the head
 */
public record TreeStray(Part part, int level, long at) {
  /** What a tree is made of. */
  public enum Part {
    /** A leaf. */
    LEAF,
    /** A full tile. */
    TILE,
    /** A head. */
    HEAD
  }

  /** Checks that nothing is missing. */
  public TreeStray {
    requireNonNull(part, "part");
  }

  @Override
  public String toString() {
    return switch (part) {
      case LEAF -> "leaf " + at;
      case TILE -> "tile " + level + "/" + at;
      case HEAD -> "head of " + at + " leaves";
    };
  }
}
