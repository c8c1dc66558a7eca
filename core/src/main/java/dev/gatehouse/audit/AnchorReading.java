package dev.gatehouse.audit;

import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.function.Function;

/**
 * What an anchor is asked on a thread for that alone, which ends with its answer: one that hangs
 * keeps nobody who waits no longer than he wants. Safe for use by multiple threads.
 */
final class AnchorReading {
  private AnchorReading() {}

  /** Asks for what that function makes of its heads. */
  static CompletableFuture<List<SignedHead>> of(
      Anchor anchor, Function<List<SignedHead>, List<SignedHead>> select) {
    CompletableFuture<List<SignedHead>> answer = new CompletableFuture<>();
    Thread reader =
        new Thread(
            () -> {
              try {
                answer.complete(select.apply(anchor.heads()));
              } catch (RuntimeException | Error e) {
                answer.completeExceptionally(e);
              }
            },
            "gatehouse-anchor-reader");
    reader.setDaemon(true);
    reader.start();
    return answer;
  }
}
