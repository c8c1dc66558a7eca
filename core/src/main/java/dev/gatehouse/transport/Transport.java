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
 * after the deadline, whatever the wall clock is set to meanwhile; {@code TRANSPORT-5} a failure is
 * a {@link TransportException} whose message tells a third party nothing about the host's network,
 * or a {@link dev.gatehouse.error.LimitException} if nothing was sent because the transport has no
 * room for one more; {@code TRANSPORT-6} cancelling the stage's future ends the exchange, and so
 * does interrupting who waits in {@link #execute}; {@code TRANSPORT-10} an answer of whose body the
 * end is left out says so ({@link Response#isTruncated}). For {@link #stream} also: {@code
 * TRANSPORT-7} the answer's body ends where its framing says, or reading it fails; {@code
 * TRANSPORT-8} what is held in memory does not grow with the bodies; {@code TRANSPORT-9} the
 * deadline, and a shorter time without a byte, end reading and writing too.
 *
 * <p>Safe for use by multiple threads.
 */
public interface Transport extends AutoCloseable {
  /**
   * Sends a request without blocking the caller.
   *
   * @return completes with the answer, or exceptionally by {@code TRANSPORT-5}; never null
   */
  CompletionStage<Response> send(Request request, Deadline deadline);

  /**
   * As {@link #send}, for a caller that waits for the answer: on the caller's own thread if the
   * transport can, which saves handing the request to another thread and back. Here it sends and
   * waits, up to 5 s beyond the deadline for a transport that breaks {@code TRANSPORT-4}.
   *
   * @return the answer, even if the caller is interrupted once it is there
   * @throws TransportException if none came
   * @throws dev.gatehouse.error.LimitException if the transport has no room for one more request
   * @throws InterruptedException if the caller is interrupted before or while it waits
   */
  default Response execute(Request request, Deadline deadline) throws InterruptedException {
    return Waiting.forAnswer(send(request, deadline).toCompletableFuture(), deadline);
  }

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
