package dev.gatehouse.reader;

import static java.util.Objects.requireNonNull;

import dev.gatehouse.check.Check;
import java.util.OptionalLong;

/**
 * How far a reading is. Immutable.
 *
 * @param stage what it is at
 * @param polls how often the third party was asked
 * @param bytes how many were sent or received at this stage
 * @param total how many there are to be, if that is known
 * @param rows how many rows were received
 */
public record Progress(Stage stage, int polls, long bytes, OptionalLong total, long rows) {
  /** The stages of a reading, in their order. */
  public enum Stage {
    /** The ids are sent. */
    UPLOAD,
    /** The third party is asked whether it is done. */
    QUERY,
    /** The rows are received. */
    DOWNLOAD
  }

  /** Checks that nothing is missing. */
  public Progress {
    requireNonNull(stage, "stage");
    requireNonNull(total, "total");
    Check.range(polls, 0, Reading.MAX_POLLS, "polls");
    Check.range(bytes, 0, Long.MAX_VALUE, "bytes");
    Check.range(rows, 0, Long.MAX_VALUE, "rows");
  }

  /** In per cent of the total, 0..100; 0 if that is not known. */
  public int percent() {
    long all = total.orElse(0);
    return all <= 0 ? 0 : (int) Math.min(100, (long) (100.0 * bytes / all));
  }
}
