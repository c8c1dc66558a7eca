package dev.gatehouse.reader;

import dev.gatehouse.check.Check;
import dev.gatehouse.transport.BodySource;
import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.Iterator;
import java.util.UUID;
import java.util.function.LongConsumer;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Ids as a form with one file: {@code multipart/form-data} (RFC 7578), whose part is named {@code
 * file} and its file {@code id}. The file has the name of the id column, then an id a line. The ids
 * are gone through twice, for the length and for themselves, and never held. Not safe: confine to
 * one thread at a time.
 */
final class IdsBody implements BodySource {
  private static final int MAX_ID = 4_096;
  private static final int TOLD_EVERY = 1_024;

  private final FeatureFeed feed;
  private final Reading reading;
  private final LongConsumer progress;
  private final String boundary = "gatehouse-" + UUID.randomUUID();
  private final long length;
  private volatile @Nullable RuntimeException failure;

  /**
   * A body.
   *
   * @param progress told every thousand ids how many bytes were written, 0 while they are counted;
   *     may throw to end it
   */
  IdsBody(FeatureFeed feed, Reading reading, LongConsumer progress) {
    this.feed = feed;
    this.reading = reading;
    this.progress = progress;
    try {
      length =
          head().length
              + file(OutputStream.nullOutputStream(), bytes -> progress.accept(0))
              + tail().length;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  String contentType() {
    return "multipart/form-data; boundary=" + boundary;
  }

  /** What the feed threw while it was written; null if nothing. */
  @Nullable RuntimeException failure() {
    return failure;
  }

  @Override
  public long length() {
    return length;
  }

  @Override
  public void writeTo(OutputStream out) throws IOException {
    OutputStream buffered = new BufferedOutputStream(out, 64 << 10);
    try {
      buffered.write(head());
      long written = file(buffered, progress);
      buffered.write(tail());
      requireSame(head().length + written + tail().length);
      buffered.flush();
    } catch (RuntimeException e) {
      failure = e;
      throw e;
    }
  }

  private void requireSame(long written) {
    if (written != length) {
      throw ReadingFailedException.forNow(
          "ids must be the same each time, made " + length + " bytes and then " + written, null);
    }
  }

  private byte[] head() {
    return utf8(
        "--"
            + boundary
            + "\r\nContent-Disposition: form-data; name=\"file\"; filename=\"id\"\r\n"
            + "Content-Type: application/octet-stream\r\n\r\n");
  }

  private byte[] tail() {
    return utf8("\r\n--" + boundary + "--\r\n");
  }

  /** How long the file is that it writes. */
  private long file(OutputStream out, LongConsumer teller) throws IOException {
    long bytes = line(out, reading.format().idColumn());
    long count = 0;
    try (Stream<String> ids = feed.ids(reading)) {
      for (Iterator<String> each = ids.iterator(); each.hasNext(); ) {
        bytes += line(out, valid(each.next()));
        count++;
        if (count % TOLD_EVERY == 0) {
          teller.accept(bytes);
        }
      }
    }
    return bytes;
  }

  private static String valid(String id) {
    try {
      return Check.text(id, 1, MAX_ID, "id");
    } catch (IllegalArgumentException e) {
      throw ReadingFailedException.forGood(String.valueOf(e.getMessage()));
    }
  }

  private static long line(OutputStream out, String text) throws IOException {
    byte[] bytes = utf8(text);
    out.write(bytes);
    out.write('\n');
    return bytes.length + 1L;
  }

  private static byte[] utf8(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }
}
