package dev.gatehouse.transport.http;

import dev.gatehouse.error.TransportException;
import dev.gatehouse.transport.Response;
import java.io.IOException;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.channels.AsynchronousCloseException;
import java.nio.channels.spi.AbstractInterruptibleChannel;
import java.util.List;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executor;
import java.util.concurrent.FutureTask;
import okhttp3.Call;
import okhttp3.Dns;
import org.jspecify.annotations.Nullable;

/**
 * One request on the thread of who waits for the answer. It ends with the answer, with OkHttp's
 * failure, or early, when the call is cancelled: at the deadline, on closing, or when the thread is
 * interrupted. A thread that reads from a socket does not notice an interruption; a channel is told
 * of it, and this is one for that only.
 */
final class BlockingExchange extends AbstractInterruptibleChannel implements UnderWay {
  private static final ThreadLocal<@Nullable BlockingExchange> CURRENT = new ThreadLocal<>();

  private final Call call;
  private final Trip trip;
  private final long endNanoTime;
  private final Exchange.Shared shared;
  private final CountDownLatch mayGo = new CountDownLatch(1);
  private final Places.Place place;
  private volatile @Nullable TransportException early;
  private volatile @Nullable FutureTask<?> lookup;

  /** An exchange that has not begun. */
  BlockingExchange(Call call, Trip trip, long endNanoTime, Exchange.Shared shared) {
    this.call = call;
    this.trip = trip;
    this.endNanoTime = endNanoTime;
    this.shared = shared;
    this.place = shared.places().of(call.request().url().host(), mayGo::countDown);
  }

  @Override
  public String origin() {
    return Exchange.origin(call.request());
  }

  @Override
  public long endNanoTime() {
    return endNanoTime;
  }

  @Override
  public void end(TransportException failure) {
    early = failure;
    cancel();
    mayGo.countDown();
  }

  @Override
  protected void implCloseChannel() {
    cancel();
  }

  private void cancel() {
    call.cancel();
    FutureTask<?> waitedFor = lookup;
    if (waitedFor != null) {
      waitedFor.cancel(true);
    }
  }

  /**
   * Waits for a place, and for the answer.
   *
   * @throws InterruptedException if the thread is interrupted before the answer is there
   */
  Response run() throws InterruptedException {
    if (Thread.interrupted()) {
      throw new InterruptedException();
    }
    place.enter();
    try {
      mayGo.await();
      return answer();
    } finally {
      if (!place.giveUp()) {
        place.leave();
      }
    }
  }

  private Response answer() throws InterruptedException {
    Response response = null;
    Exception failure = null;
    boolean interrupted;
    begin();
    CURRENT.set(this);
    try (okhttp3.Response answer = call.execute()) {
      response = Exchange.read(call, answer, shared.maxAnswerBytes());
    } catch (IOException | RuntimeException e) {
      failure = e;
    } finally {
      CURRENT.remove();
      interrupted = wasInterrupted(response != null);
    }
    if (response != null) {
      return response;
    }
    if (interrupted) {
      boolean unused = Thread.interrupted();
      throw new InterruptedException();
    }
    TransportException told = early;
    throw told != null
        ? told
        : new TransportException(
            Exchange.reason(shared.closed().getAsBoolean(), trip, origin()), failure);
  }

  private boolean wasInterrupted(boolean completed) {
    try {
      end(completed);
      return false;
    } catch (AsynchronousCloseException e) {
      return true;
    }
  }

  /**
   * Looks a name up. For an exchange that waits on this thread another one does it, since nothing
   * ends a look-up.
   */
  static List<InetAddress> lookUp(Dns names, String name, Executor workers)
      throws UnknownHostException {
    BlockingExchange waiting = CURRENT.get();
    return waiting == null ? names.lookup(name) : waiting.addresses(names, name, workers);
  }

  private List<InetAddress> addresses(Dns names, String name, Executor workers)
      throws UnknownHostException {
    FutureTask<List<InetAddress>> task = new FutureTask<>(() -> names.lookup(name));
    lookup = task;
    if (call.isCanceled()) {
      task.cancel(true);
    }
    workers.execute(task);
    try {
      return task.get();
    } catch (ExecutionException e) {
      throw unknown(name, e.getCause());
    } catch (CancellationException e) {
      throw unknown(name, e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      task.cancel(true);
      throw unknown(name, e);
    } finally {
      lookup = null;
    }
  }

  private static UnknownHostException unknown(String name, @Nullable Throwable cause) {
    if (cause instanceof UnknownHostException known) {
      return known;
    }
    UnknownHostException unknown = new UnknownHostException(name + " was not looked up");
    unknown.initCause(cause);
    return unknown;
  }
}
