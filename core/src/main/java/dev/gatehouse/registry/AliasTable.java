package dev.gatehouse.registry;

/**
 * Draws an index as likely as its weight says, in constant time: Walker's alias method, built by
 * Vose's (https://www.keithschwarz.com/darts-dice-coins/). Each of n columns holds its own index up
 * to a threshold, and one other beyond it. Immutable.
 */
final class AliasTable {
  private final double[] thresholds;
  private final int[] aliases;

  private AliasTable(double[] thresholds, int[] aliases) {
    this.thresholds = thresholds;
    this.aliases = aliases;
  }

  static AliasTable of(Candidates candidates) {
    int size = candidates.size();
    double total = 0;
    for (int i = 0; i < size; i++) {
      total += candidates.weight(i);
    }
    double[] thresholds = new double[size];
    int[] aliases = new int[size];
    int[] columns = new int[size];
    int small = 0;
    int large = size;
    for (int i = 0; i < size; i++) {
      thresholds[i] = total == 0 ? 1 : candidates.weight(i) * size / total;
      if (thresholds[i] < 1) {
        columns[small++] = i;
      } else {
        columns[--large] = i;
      }
    }
    while (small > 0 && large < size) {
      int poor = columns[--small];
      int rich = columns[large];
      aliases[poor] = rich;
      thresholds[rich] -= 1 - thresholds[poor];
      if (thresholds[rich] < 1) {
        large++;
        columns[small++] = rich;
      }
    }
    while (small > 0) {
      thresholds[columns[--small]] = 1;
    }
    return new AliasTable(thresholds, aliases);
  }

  /**
   * The index for a random number: its lower half chooses the column, its upper half the place
   * there.
   */
  int pick(long random) {
    int column = (int) (((random & 0xffff_ffffL) * thresholds.length) >>> 32);
    return (random >>> 32) * 0x1.0p-32 < thresholds[column] ? column : aliases[column];
  }
}
