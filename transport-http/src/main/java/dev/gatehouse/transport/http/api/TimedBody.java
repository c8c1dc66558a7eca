package dev.gatehouse.transport.http.api;

import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.util.concurrent.atomic.AtomicReference;

/**
 * A body that either its reader gets to the end of, or is told that it took too long: of the two
 * the first wins, and only that one answers. Safe for use by multiple threads.
 */
final class TimedBody extends FilterInputStream {
  private enum State {
    READING,
    OVER,
    LATE
  }

  private final AtomicReference<State> state = new AtomicReference<>(State.READING);

  TimedBody(InputStream in) {
    super(in);
  }

  @Override
  public int read() throws IOException {
    byte[] one = new byte[1];
    return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
  }

  @Override
  public int read(byte[] bytes, int offset, int length) throws IOException {
    int read = super.read(bytes, offset, length);
    if (read < 0 && !tryAnswer()) {
      throw new IOException("the body was given up");
    }
    return read;
  }

  /** Whether the reader may answer; from then on it may. */
  boolean tryAnswer() {
    return state.compareAndSet(State.READING, State.OVER) || state.get() == State.OVER;
  }

  /** Whether the body is given up; from then on it is. */
  boolean tryGiveUp() {
    return state.compareAndSet(State.READING, State.LATE);
  }

  /** Left to the exchange, which knows what to do with what was not read. */
  @Override
  public void close() {}
}
