package dev.gatehouse.transport.http;

import dev.gatehouse.error.TransportException;
import dev.gatehouse.transport.StreamedResponse;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.util.concurrent.CompletableFuture;
import java.util.function.BooleanSupplier;
import okhttp3.Call;
import okhttp3.Callback;
import org.jspecify.annotations.Nullable;

/**
 * One request under way whose answer is read by the caller, at the caller's pace. It ends when the
 * answer is closed, with OkHttp's failure, or early: at the deadline, on closing, or when the
 * caller cancels the future; then OkHttp is told to give up, which fails whoever reads or writes.
 */
final class StreamedExchange implements Callback, UnderWay {
  private final CompletableFuture<StreamedResponse> future = new CompletableFuture<>();
  private final CompletableFuture<@Nullable Void> ended = new CompletableFuture<>();
  private final Call call;
  private final Trip trip;
  private final long endNanoTime;
  private final BooleanSupplier closed;
  private volatile @Nullable TransportException early;

  /**
   * An exchange that has not begun.
   *
   * @param closed whether the transport is, which is then why OkHttp failed
   */
  StreamedExchange(Call call, Trip trip, long endNanoTime, BooleanSupplier closed) {
    this.call = call;
    this.trip = trip;
    this.endNanoTime = endNanoTime;
    this.closed = closed;
  }

  CompletableFuture<StreamedResponse> future() {
    return future;
  }

  @Override
  public String origin() {
    return Exchange.origin(call.request());
  }

  @Override
  public long endNanoTime() {
    return endNanoTime;
  }

  /**
   * Begins; the runnable is run once, when nothing of it is left, or here, if it was ended before.
   */
  void start(Runnable whenEnded) {
    CompletableFuture<@Nullable Void> unusedToo = ended.thenRun(whenEnded);
    CompletableFuture<StreamedResponse> unused =
        future.whenComplete(
            (response, failure) -> {
              if (failure != null) {
                finish();
              }
            });
    call.enqueue(this);
  }

  @Override
  public void end(TransportException failure) {
    early = failure;
    future.completeExceptionally(failure);
    finish();
  }

  /** OkHttp is told even if it is done: a connection with an unread rest is of no more use. */
  private void finish() {
    if (!ended.isDone()) {
      call.cancel();
      ended.complete(null);
    }
  }

  @Override
  public void onFailure(Call ignored, IOException e) {
    future.completeExceptionally(failure(e));
  }

  @Override
  public void onResponse(Call ignored, okhttp3.Response answer) {
    StreamedResponse response;
    try {
      response =
          StreamedResponse.of(
              answer.code(),
              Exchange.headers(answer.headers()),
              new Body(answer.body().byteStream()));
    } catch (IllegalArgumentException e) {
      answer.close();
      future.completeExceptionally(failure(e));
      return;
    }
    if (!future.complete(response)) {
      answer.close();
    }
  }

  private TransportException failure(Exception cause) {
    TransportException told = early;
    return told == null
        ? new TransportException(Exchange.reason(closed.getAsBoolean(), trip, origin()), cause)
        : told;
  }

  /** Says of a failure what all failures of this transport say, and frees the exchange. */
  private final class Body extends FilterInputStream {
    private boolean over;

    Body(InputStream in) {
      super(in);
    }

    @Override
    public int read() throws IOException {
      byte[] one = new byte[1];
      int count = read(one, 0, 1);
      return count < 0 ? -1 : one[0] & 0xff;
    }

    @Override
    public int read(byte[] bytes, int offset, int length) throws IOException {
      if (length == 0) {
        // OkHttp's stream would wait for bytes all the same.
        return 0;
      }
      try {
        int count = super.read(bytes, offset, length);
        over |= count < 0;
        return count;
      } catch (IOException e) {
        throw new IOException(failure(e).getMessage(), e);
      }
    }

    @Override
    public void close() throws IOException {
      if (over && !ended.isDone()) {
        super.close();
        ended.complete(null);
        return;
      }
      // Closing first would read on for a while to save the connection.
      finish();
      super.close();
    }
  }
}
