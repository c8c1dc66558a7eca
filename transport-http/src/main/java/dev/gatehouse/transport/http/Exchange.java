package dev.gatehouse.transport.http;

import dev.gatehouse.error.LimitException;
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
import okio.Buffer;
import okio.BufferedSource;

/**
 * One request under way. Its future completes once: with the answer, with OkHttp's failure, or
 * early, at the deadline, on closing, or when the caller cancels it; early means that OkHttp is
 * told to give up and may need a little longer to do so.
 */
final class Exchange implements Callback, UnderWay {
  /** What the exchanges of a transport share: whether it is closed is then why OkHttp failed. */
  record Shared(int maxAnswerBytes, Places places, BooleanSupplier closed) {}

  private final CompletableFuture<Response> future = new CompletableFuture<>();
  private final Call call;
  private final Trip trip;
  private final long endNanoTime;
  private final Shared shared;
  private final Places.Place place;
  private volatile boolean done;

  /** An exchange that has not begun. */
  Exchange(Call call, Trip trip, long endNanoTime, Shared shared) {
    this.call = call;
    this.trip = trip;
    this.endNanoTime = endNanoTime;
    this.shared = shared;
    this.place = shared.places().of(call.request().url().host(), this::enqueue);
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

  @Override
  public long endNanoTime() {
    return endNanoTime;
  }

  /** Begins, or waits for a place; the runnable is run once, when the future has completed. */
  void start(Runnable completed) {
    CompletableFuture<Response> unused =
        future.whenComplete(
            (response, failure) -> {
              completed.run();
              if (!done) {
                call.cancel();
                place.giveUp();
              }
            });
    try {
      place.enter();
    } catch (LimitException e) {
      future.completeExceptionally(e);
    }
  }

  /** Those that wait when the transport closes are ended by that, and need no thread any more. */
  private void enqueue() {
    if (!shared.closed().getAsBoolean()) {
      call.enqueue(this);
    }
  }

  @Override
  public void end(TransportException failure) {
    future.completeExceptionally(failure);
  }

  @Override
  public void onResponse(Call ignored, okhttp3.Response answer) {
    Response response;
    try (answer) {
      response = read(call, answer, shared.maxAnswerBytes());
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
        new TransportException(reason(shared.closed().getAsBoolean(), trip, origin()), e));
  }

  static String reason(boolean closed, Trip trip, String origin) {
    if (closed) {
      return HttpTransport.CLOSED;
    }
    return (trip.connected() ? "no whole answer from " : "no connection to ") + origin;
  }

  private void finish() {
    done = true;
    place.leave();
  }

  static Response read(Call call, okhttp3.Response answer, int maxAnswerBytes) throws IOException {
    Headers headers = headers(answer.headers());
    BufferedSource body = answer.body().source();
    boolean full = body.request(maxAnswerBytes);
    Buffer come = body.getBuffer();
    byte[] bytes = come.readByteArray(Math.min(come.size(), maxAnswerBytes));
    // Where no length is told, whether more comes could only be waited for.
    if (!full || answer.body().contentLength() == maxAnswerBytes) {
      return Response.of(answer.code(), headers, bytes);
    }
    // Closing would read on for a while to save the connection.
    call.cancel();
    return Response.truncated(answer.code(), headers, bytes);
  }

  static Headers headers(okhttp3.Headers headers) {
    List<Headers.Field> fields = new ArrayList<>(headers.size());
    for (int i = 0; i < headers.size(); i++) {
      fields.add(new Headers.Field(headers.name(i), headers.value(i)));
    }
    return Headers.of(fields);
  }
}
