package dev.gatehouse.transport.http;

import dev.gatehouse.error.TransportException;
import dev.gatehouse.transport.Headers;
import dev.gatehouse.transport.Response;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.function.BooleanSupplier;
import okhttp3.Call;
import okhttp3.Callback;
import okhttp3.ResponseBody;

/**
 * One request under way. Its future completes once: with the answer, with OkHttp's failure, or
 * early, at the deadline, on closing, or when the caller cancels it; early means that OkHttp is
 * told to give up and may need a little longer to do so.
 */
final class Exchange implements Callback, UnderWay {
  private final CompletableFuture<Response> future = new CompletableFuture<>();
  private final Call call;
  private final Trip trip;
  private final int maxAnswerBytes;
  private final Runnable callDone;
  private final BooleanSupplier closed;
  private volatile boolean done;

  /**
   * An exchange that has not begun.
   *
   * @param callDone run once, when OkHttp is done with the call
   * @param closed whether the transport is, which is then why OkHttp failed
   */
  Exchange(Call call, Trip trip, int maxAnswerBytes, Runnable callDone, BooleanSupplier closed) {
    this.call = call;
    this.trip = trip;
    this.maxAnswerBytes = maxAnswerBytes;
    this.callDone = callDone;
    this.closed = closed;
  }

  /** The caller's. Completing it by any road ends the call. */
  CompletableFuture<Response> future() {
    return future;
  }

  @Override
  public String origin() {
    return origin(call.request());
  }

  static String origin(okhttp3.Request request) {
    String url = request.url().newBuilder().encodedPath("/").query(null).build().toString();
    return url.substring(0, url.length() - 1);
  }

  /** Begins; the runnable is run once, when the future has completed. */
  void start(Runnable completed) {
    CompletableFuture<Response> unused =
        future.whenComplete(
            (response, failure) -> {
              completed.run();
              if (!done) {
                call.cancel();
              }
            });
    call.enqueue(this);
  }

  @Override
  public void end(TransportException failure) {
    future.completeExceptionally(failure);
  }

  @Override
  public void onResponse(Call ignored, okhttp3.Response answer) {
    Response response;
    try (answer) {
      response = read(answer);
    } catch (IOException | IllegalArgumentException e) {
      fail(e);
      return;
    }
    finish();
    future.complete(response);
  }

  @Override
  public void onFailure(Call ignored, IOException e) {
    fail(e);
  }

  /** A refused address reads like one where nothing answers; only the cause tells them apart. */
  private void fail(Exception e) {
    finish();
    future.completeExceptionally(
        new TransportException(reason(closed.getAsBoolean(), trip, origin()), e));
  }

  static String reason(boolean closed, Trip trip, String origin) {
    if (closed) {
      return HttpTransport.CLOSED;
    }
    return (trip.connected() ? "no whole answer from " : "no connection to ") + origin;
  }

  private void finish() {
    done = true;
    callDone.run();
  }

  private Response read(okhttp3.Response answer) throws IOException {
    Headers headers = headers(answer.headers());
    ResponseBody body = answer.body();
    byte[] bytes = body.byteStream().readNBytes(maxAnswerBytes);
    if (bytes.length == maxAnswerBytes) {
      // Closing would read on for a while to save the connection.
      call.cancel();
    }
    return Response.of(answer.code(), headers, bytes);
  }

  static Headers headers(okhttp3.Headers headers) {
    List<Headers.Field> fields = new ArrayList<>(headers.size());
    for (int i = 0; i < headers.size(); i++) {
      fields.add(new Headers.Field(headers.name(i), headers.value(i)));
    }
    return Headers.of(fields);
  }
}
