package dev.gatehouse.transport;

import static java.util.Objects.requireNonNull;

import java.io.IOException;
import java.io.OutputStream;

/**
 * A request's body of any length, written while it is sent. Implementations may be confined to one
 * thread: it is written once, on a thread of the transport. Not safe: confine to one thread.
 */
public interface BodySource {
  /** A body of bytes that are there. */
  static BodySource of(byte[] bytes) {
    byte[] copy = requireNonNull(bytes, "bytes").clone();
    return new BodySource() {
      @Override
      public long length() {
        return copy.length;
      }

      @Override
      public void writeTo(OutputStream out) throws IOException {
        out.write(copy);
      }
    };
  }

  /** Its length in bytes, zero or more: many receivers take no body without one. */
  long length();

  /**
   * Writes exactly so many bytes; the stream is the transport's to close. May block. What it throws
   * fails the request.
   */
  void writeTo(OutputStream out) throws IOException;
}
