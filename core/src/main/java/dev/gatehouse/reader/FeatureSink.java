package dev.gatehouse.reader;

/**
 * Takes the rows of one attempt to download, in order, on one thread. Nothing is complete before
 * {@link #complete}. What it throws fails the attempt, which is tried again. Not safe: confine to
 * one thread.
 */
public interface FeatureSink {
  /** The first line, before all rows; not said again to who goes on behind it. Default nothing. */
  default void header(FeatureHeader header) {}

  /**
   * A row.
   *
   * @param after where the download is behind that row, to be kept with it
   */
  void row(FeatureRow row, Position after);

  /**
   * All rows were there, as far as the third party has told how long they are. The reading ends
   * when this returns; after a crash just then, it is all repeated.
   *
   * @param rows how many, with those that were held
   */
  void complete(long rows);

  /** The attempt broke off; no other call follows. Default nothing. */
  default void broken() {}
}
