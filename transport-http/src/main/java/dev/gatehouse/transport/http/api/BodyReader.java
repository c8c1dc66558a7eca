package dev.gatehouse.transport.http.api;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.InterruptedIOException;
import java.time.Duration;
import java.util.concurrent.TimeoutException;
import java.util.function.LongSupplier;

/** Reads a body whole, within a limit of bytes and of time. Not safe: confine to one thread. */
final class BodyReader {
  /** A length that was not declared. */
  static final long UNKNOWN = -1;

  private static final int FIRST = 1 << 10;
  private static final int CHUNK = 16 << 10;

  /** What is read of a body that nobody wants, so that its connection can be used again. */
  private static final int DRAINED = 64 << 10;

  private final InputStream in;
  private final long declared;
  private final LongSupplier nanoTime;
  private boolean whole;
  private long end;

  BodyReader(InputStream in, long declared, LongSupplier nanoTime) {
    this.in = in;
    this.declared = declared;
    this.nanoTime = nanoTime;
  }

  /**
   * The body.
   *
   * @throws RefusedException if it is too long, comes too slowly, or ends too soon
   */
  byte[] read(int most, Duration time) {
    if (declared > most) {
      throw tooLarge(most);
    }
    end = nanoTime.getAsLong() + time.toNanos();
    byte[] buffer = new byte[(int) Math.min(declared < 0 ? FIRST : declared + 1, CHUNK)];
    ByteArrayOutputStream body = new ByteArrayOutputStream(buffer.length);
    for (int read = next(buffer); read >= 0; read = next(buffer)) {
      body.write(buffer, 0, read);
      if (body.size() > most) {
        throw tooLarge(most);
      }
      if (nanoTime.getAsLong() - end > 0) {
        throw new RefusedException(
            Refusal.TOO_SLOW, "the body did not come within " + time.toMillis() + " ms");
      }
    }
    if (declared >= 0 && body.size() != declared) {
      throw new RefusedException(
          Refusal.MALFORMED_REQUEST, "the body is not as long as was declared");
    }
    whole = true;
    return body.toByteArray();
  }

  /** Leaves what there is of the body, for nobody knows where it ends. */
  void giveUp() {
    whole = false;
  }

  /** Reads what is left of a small body, for its sender may not look at an answer before. */
  void drain() {
    if (whole || declared > DRAINED) {
      return;
    }
    byte[] buffer = new byte[CHUNK];
    try {
      int left = DRAINED;
      int read = 0;
      while (read >= 0 && left > 0) {
        read = in.read(buffer);
        left -= read;
      }
      whole = read < 0;
    } catch (IOException e) {
      // Then the connection is of no use any more, which is what being not whole means.
      whole = false;
    }
  }

  private int next(byte[] buffer) {
    try {
      return in.read(buffer);
    } catch (IOException e) {
      boolean late = lateness(e) || nanoTime.getAsLong() - end > 0;
      throw new RefusedException(
          late ? Refusal.TOO_SLOW : Refusal.MALFORMED_REQUEST,
          "the body could not be read to its end");
    }
  }

  /** Whether a server that waits of itself says that it has waited long enough. */
  private static boolean lateness(IOException e) {
    for (Throwable cause = e; cause != null; cause = cause.getCause()) {
      if (cause instanceof TimeoutException || cause instanceof InterruptedIOException) {
        return true;
      }
    }
    return false;
  }

  private static RefusedException tooLarge(int most) {
    return new RefusedException(
        Refusal.BODY_TOO_LARGE, "the body has more than " + most + " bytes");
  }

  /** Whether nothing of the body is left in the connection. */
  boolean isWhole() {
    return whole;
  }
}
