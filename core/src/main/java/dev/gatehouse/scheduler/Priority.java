package dev.gatehouse.scheduler;

/**
 * How a task stands to others that are due as well. Each class has its share of what a node takes,
 * so none starves another: of more due tasks than a node can take, 6 in 10 are urgent, 3 normal and
 * 1 bulk, and what one class leaves goes to the others.
 */
public enum Priority {
  /** Before all others. */
  URGENT(0, 6),
  /** The default. */
  NORMAL(1, 3),
  /** When there is room, such as mass mailings. */
  BULK(2, 1);

  private final int code;
  private final int weight;

  Priority(int code, int weight) {
    this.code = code;
    this.weight = weight;
  }

  /** The number in storage. */
  public int code() {
    return code;
  }

  /** How many of ten that are taken are of this priority. */
  public int weight() {
    return weight;
  }

  /** The priority of that {@link #code()}. */
  public static Priority of(int code) {
    return switch (code) {
      case 0 -> URGENT;
      case 1 -> NORMAL;
      case 2 -> BULK;
      default -> throw new IllegalArgumentException("priority must be in 0..2, was " + code);
    };
  }
}
