package dev.gatehouse.transport;

import dev.gatehouse.error.TransportException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

/**
 * SPI: sends requests to third parties. An implementation decides which addresses may be reached,
 * how large an answer may be, and how many requests run at once.
 *
 * <p>Rules that every implementation keeps: {@code TRANSPORT-1} the request's body reaches the
 * receiver byte for byte; {@code TRANSPORT-2} no redirect is followed; {@code TRANSPORT-3} any
 * status is an answer, not a failure; {@code TRANSPORT-4} the stage completes no later than shortly
 * after the deadline; {@code TRANSPORT-5} a failure is a {@link TransportException} whose message
 * tells a third party nothing about the host's network; {@code TRANSPORT-6} cancelling the stage's
 * future ends the exchange. For {@link #stream} also: {@code TRANSPORT-7} the answer's body ends
 * where its framing says, or reading it fails; {@code TRANSPORT-8} what is held in memory does not
 * grow with the bodies; {@code TRANSPORT-9} the deadline, and a shorter time without a byte, end
 * reading and writing too.
 *
 * <p>Safe for use by multiple threads.
 */
public interface Transport extends AutoCloseable {
  /**
   * Sends a request without blocking the caller.
   *
   * @return completes with the answer, or exceptionally with a {@link TransportException}; never
   *     null
   */
  CompletionStage<Response> send(Request request, Deadline deadline);

  /**
   * As {@link #send}, for bodies of any length: the request's is written from its source, the
   * answer's is read from the response, which the caller must close. The request's own body does
   * not count.
   *
   * @return completes with the answer once its head has come, or exceptionally as that of {@link
   *     #send}; here always so, for a transport need not be able to stream
   */
  default CompletionStage<StreamedResponse> stream(
      Request request, BodySource body, Deadline deadline) {
    return CompletableFuture.failedFuture(
        new TransportException("this transport does not stream bodies"));
  }

  /** Ends what is under way and frees what the transport holds. Idempotent. */
  @Override
  default void close() {}
}
