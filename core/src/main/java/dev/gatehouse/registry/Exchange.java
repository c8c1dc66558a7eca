package dev.gatehouse.registry;

import static java.util.Objects.requireNonNull;

import dev.gatehouse.transport.Response;
import java.util.List;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.BiConsumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * One request under way at an instance, which counts as such there until it ends; then the balancer
 * learns how it ended. Safe for use by multiple threads.
 */
final class Exchange {
  private final Fleet fleet;
  private final @Nullable Member member;
  private long start;
  private volatile Ending ifCancelled = Ending.ABANDONED;
  private @Nullable CompletableFuture<Response> answer;

  /**
   * An exchange that is not under way yet.
   *
   * @param member null if it goes to a place that is none of the instances
   */
  Exchange(Fleet fleet, @Nullable Member member) {
    this.fleet = fleet;
    this.member = member;
  }

  /** Sends the request; what is thrown here says nothing of the instance. */
  void begin(Supplier<CompletionStage<Response>> sending) {
    start = fleet.began(member);
    try {
      answer = sending.get().toCompletableFuture();
    } finally {
      if (answer == null && member != null) {
        member.ended();
      }
    }
    whenDone(answer(), this::ended);
  }

  CompletableFuture<Response> answer() {
    return requireNonNull(answer);
  }

  void cancel(Ending why) {
    ifCancelled = why;
    answer().cancel(true);
  }

  private void ended(@Nullable Response response, @Nullable Throwable failure) {
    fleet.ended(
        member,
        start,
        failure instanceof CancellationException ? ifCancelled : Caller.ending(response, failure));
  }

  /**
   * What comes of the first that does not fail, or of the last; the other is cancelled. If that is
   * the first, which had more time, it is overtaken.
   */
  static CompletableFuture<Response> firstGood(Exchange one, Exchange other) {
    CompletableFuture<Response> winner = new CompletableFuture<>();
    for (Exchange each : List.of(one, other)) {
      Exchange rival = each == one ? other : one;
      whenDone(
          each.answer(),
          (response, failure) -> {
            if (ServicePolicies.isFailure(response, failure) && !rival.answer().isDone()) {
              return;
            }
            if (failure == null) {
              winner.complete(response);
            } else {
              winner.completeExceptionally(failure);
            }
            rival.cancel(rival == one ? Ending.OVERTAKEN : Ending.ABANDONED);
          });
    }
    return winner;
  }

  /** What the action throws is lost: it must not throw. */
  private static void whenDone(
      CompletionStage<Response> exchange,
      BiConsumer<@Nullable Response, @Nullable Throwable> action) {
    exchange.whenComplete(action);
  }
}
