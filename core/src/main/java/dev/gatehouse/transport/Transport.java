package dev.gatehouse.transport;

import java.util.concurrent.CompletionStage;

/**
 * SPI: sends requests to third parties. An implementation decides which addresses may be reached,
 * how large an answer may be, and how many requests run at once.
 *
 * <p>Rules that every implementation keeps: {@code TRANSPORT-1} the request's body reaches the
 * receiver byte for byte; {@code TRANSPORT-2} no redirect is followed; {@code TRANSPORT-3} any
 * status is an answer, not a failure; {@code TRANSPORT-4} the stage completes no later than shortly
 * after the deadline; {@code TRANSPORT-5} a failure is a {@link
 * dev.gatehouse.error.TransportException} whose message tells a third party nothing about the
 * host's network; {@code TRANSPORT-6} cancelling the stage's future ends the exchange.
 *
 * <p>Safe for use by multiple threads.
 */
public interface Transport extends AutoCloseable {
  /**
   * Sends a request without blocking the caller.
   *
   * @return completes with the answer, or exceptionally with a {@link
   *     dev.gatehouse.error.TransportException}; never null
   */
  CompletionStage<Response> send(Request request, Deadline deadline);

  /** Ends what is under way and frees what the transport holds. Idempotent. */
  @Override
  default void close() {}
}
