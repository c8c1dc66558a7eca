package dev.gatehouse.reader;

import java.util.Optional;
import java.util.stream.Stream;

/**
 * The host's half of readings: where ids come from, and where rows go.
 *
 * <p>Called on threads of the scheduler's and, for {@link #ids}, of the transport's; it may block.
 * What it throws fails the attempt, which is tried again. Whatever it is asked for a reading, it is
 * asked again after a failure or a crash, also by another node: it tells repetitions by {@link
 * Reading#number}. Must be safe for use by multiple threads.
 */
public interface FeatureFeed {
  /**
   * The ids to upload, each of 1..4,096 characters without controls. It is asked twice for an
   * upload, since the length comes first, and has to give the same both times. The stream is read
   * one by one and closed.
   */
  Stream<String> ids(Reading reading);

  /**
   * Up to where it has the rows of a reading that was begun and broke off: the position that came
   * with the last row that it keeps for good. Default empty: nothing is kept, and a download that
   * broke off begins anew.
   */
  default Optional<Position> held(Reading reading) {
    return Optional.empty();
  }

  /**
   * Begins to take rows. Those after the position follow; whatever else it has of that reading,
   * from an attempt that broke off, is void, and no longer {@link #held}. Nothing may follow: rows
   * that came and contradict what was told of them are made void by that. An attempt that was
   * presumed dead may go on for a while beside this one: who keeps rows for good takes none of a
   * lower fence any more.
   *
   * @param from what {@link #held} told, if the third party goes on from there; else {@link
   *     Position#START}
   * @param fence grows with every attempt, on whatever node
   */
  FeatureSink open(Reading reading, Position from, long fence);

  /** Hears how far a reading is, from time to time. It should not block. Default nothing. */
  default void progress(Reading reading, Progress progress) {}
}
