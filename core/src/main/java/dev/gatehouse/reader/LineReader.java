package dev.gatehouse.reader;

import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.CharsetDecoder;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Lines of UTF-8 from a stream, in memory that does not grow with it: one line at a time, up to a
 * limit. Not safe: confine to one thread.
 */
final class LineReader {
  private static final int CHUNK = 64 << 10;

  private final InputStream in;
  private final int maxLine;
  private final long maxBytes;
  private final CharsetDecoder decoder = StandardCharsets.UTF_8.newDecoder();
  private @Nullable MessageDigest digest;
  private byte[] buffer = new byte[CHUNK];
  private int start;
  private int end;
  private boolean ended;
  private long received;
  private long lines;

  /**
   * A reader.
   *
   * @param received how many bytes were received before these
   */
  LineReader(InputStream in, int maxLine, long maxBytes, long received) {
    this.in = in;
    this.maxLine = maxLine;
    this.maxBytes = maxBytes;
    this.received = received;
  }

  /** Counts all that is read into the digest, too. */
  void digest(MessageDigest value) {
    digest = value;
  }

  /** How many bytes are before the line that is read next. */
  long position() {
    return received - (end - start);
  }

  /** How many lines were read. */
  long lines() {
    return lines;
  }

  /**
   * The next line without its end; null after the last.
   *
   * @throws ReadingFailedException if it is too long, or no UTF-8
   * @throws IOException if the stream fails
   */
  @Nullable String next() throws IOException {
    int from = start;
    while (true) {
      for (int i = from; i < end; i++) {
        if (buffer[i] == '\n') {
          return line(i, i + 1);
        }
      }
      if (ended) {
        return start == end ? null : line(end, end);
      }
      from = end - start;
      fill();
      from += start;
    }
  }

  private void fill() throws IOException {
    requireShort(end - start);
    if (start > 0) {
      System.arraycopy(buffer, start, buffer, 0, end - start);
      end -= start;
      start = 0;
    }
    if (end == buffer.length) {
      buffer = Arrays.copyOf(buffer, Math.min(buffer.length * 2, maxLine + CHUNK));
    }
    int count = in.read(buffer, end, buffer.length - end);
    if (count < 0) {
      ended = true;
      return;
    }
    if (digest != null) {
      digest.update(buffer, end, count);
    }
    end += count;
    received += count;
    if (received > maxBytes) {
      throw ReadingFailedException.forGood(
          "download must have at most " + maxBytes + " bytes, had more");
    }
  }

  private void requireShort(int length) {
    if (length > maxLine) {
      throw ReadingFailedException.forGood(
          "line " + (lines + 1) + " must have at most " + maxLine + " bytes, had more");
    }
  }

  private String line(int stop, int next) {
    int length = stop - start;
    requireShort(length);
    lines++;
    String line = isAscii(start, stop) ? ascii(length) : decoded(length);
    start = next;
    return line;
  }

  private boolean isAscii(int from, int to) {
    int signs = 0;
    for (int i = from; i < to; i++) {
      signs |= buffer[i];
    }
    return signs >= 0;
  }

  private String ascii(int length) {
    return new String(buffer, start, length, StandardCharsets.US_ASCII);
  }

  private String decoded(int length) {
    try {
      return decoder.decode(ByteBuffer.wrap(buffer, start, length)).toString();
    } catch (CharacterCodingException e) {
      throw ReadingFailedException.forGood("line " + lines + " must be UTF-8");
    }
  }
}
