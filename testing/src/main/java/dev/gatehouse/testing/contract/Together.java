package dev.gatehouse.testing.contract;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.LongFunction;

/** Real threads that begin at one moment. */
final class Together {
  private static final long PATIENCE_SECONDS = 120;

  private Together() {}

  /** What the work gives for 1 to count, each on a thread of its own. */
  static <T> List<T> together(int count, LongFunction<T> work) {
    ExecutorService threads = Executors.newFixedThreadPool(count);
    try {
      CyclicBarrier start = new CyclicBarrier(count);
      List<Future<T>> futures = new ArrayList<>();
      for (long number = 1; number <= count; number++) {
        long mine = number;
        futures.add(
            threads.submit(
                () -> {
                  start.await(PATIENCE_SECONDS, TimeUnit.SECONDS);
                  return work.apply(mine);
                }));
      }
      List<T> results = new ArrayList<>();
      for (Future<T> future : futures) {
        results.add(future.get(PATIENCE_SECONDS, TimeUnit.SECONDS));
      }
      return results;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new AssertionError("interrupted", e);
    } catch (ExecutionException | TimeoutException e) {
      throw new AssertionError("a thread failed", e);
    } finally {
      threads.shutdownNow();
    }
  }
}
