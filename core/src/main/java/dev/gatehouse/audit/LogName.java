package dev.gatehouse.audit;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
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
  private final byte[] tag = ascii("gatehouse-" + text + "-record");
  private final byte[] exportTag = ascii("gatehouse-" + text + "-export 1\n");

  /** What canonical bytes begin with: equally long for every log. */
  byte[] tag() {
    return tag.clone();
  }

  /** What exported files begin with: equally long for every log. */
  byte[] exportTag() {
    return exportTag.clone();
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

  private static byte[] ascii(String text) {
    return text.getBytes(StandardCharsets.US_ASCII);
  }

  private static boolean startsWith(byte[] bytes, byte[] tag) {
    return bytes.length >= tag.length && Arrays.equals(bytes, 0, tag.length, tag, 0, tag.length);
  }

  /** The name in lower case, as it stands in canonical bytes. */
  @Override
  public String toString() {
    return text;
  }
}
