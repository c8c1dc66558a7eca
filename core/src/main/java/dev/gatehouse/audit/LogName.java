package dev.gatehouse.audit;

import java.nio.charset.StandardCharsets;
import java.util.Locale;

/**
 * The logs of one storage: alike, but nothing is shared between them. Each has its own records,
 * tree, heads, lease, continuation points and retention, and the canonical bytes of a record begin
 * with the name of its log, so that no record of one passes for one of the other.
 */
public enum LogName {
  /** What was done by whom, and what Gatehouse itself records. */
  AUDIT,
  /** What happened in the systems that the host serves: XMagital's history of events. */
  EVENT;

  private final String text = name().toLowerCase(Locale.ROOT);
  private final String tag = "gatehouse-" + text + "-record";
  private final String exportTag = "gatehouse-" + text + "-export 1\n";

  /** What canonical bytes begin with: equally long for every log. */
  byte[] tag() {
    return tag.getBytes(StandardCharsets.US_ASCII);
  }

  /** What exported files begin with: equally long for every log. */
  byte[] exportTag() {
    return exportTag.getBytes(StandardCharsets.US_ASCII);
  }

  /**
   * The log whose records begin as those bytes do.
   *
   * @throws IllegalArgumentException if none's do
   */
  static LogName ofFrame(byte[] frame) {
    // Each record that is read comes through here: nothing is made for it.
    if (startsWith(frame, AUDIT.tag)) {
      return AUDIT;
    }
    if (startsWith(frame, EVENT.tag)) {
      return EVENT;
    }
    throw new IllegalArgumentException("frame must begin with its tag");
  }

  /**
   * The log whose exports begin as those bytes do.
   *
   * @throws IllegalArgumentException if none's do
   */
  static LogName ofExport(byte[] file) {
    for (LogName log : values()) {
      if (startsWith(file, log.exportTag)) {
        return log;
      }
    }
    throw new IllegalArgumentException("the file must begin as an export, does not");
  }

  private static boolean startsWith(byte[] bytes, String ascii) {
    if (bytes.length < ascii.length()) {
      return false;
    }
    int i = 0;
    while (i < ascii.length() && bytes[i] == ascii.charAt(i)) {
      i++;
    }
    return i == ascii.length();
  }

  /** The name in lower case, as it stands in canonical bytes. */
  @Override
  public String toString() {
    return text;
  }
}
