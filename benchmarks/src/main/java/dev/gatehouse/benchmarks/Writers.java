package dev.gatehouse.benchmarks;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;

/** Threads that share work. Safe for use by multiple threads. */
public final class Writers {
  private Writers() {}

  /** The piece of work of that number, from 0 on. Called by several threads at once. */
  @FunctionalInterface
  public interface Work {
    /** Does it. */
    void apply(int number) throws Exception;
  }

  /**
   * Does so many pieces of work, by so many threads that each take the next; returns when all are
   * done.
   *
   * @throws IllegalStateException if one fails
   */
  public static void run(int threads, int count, Work work) throws InterruptedException {
    AtomicInteger next = new AtomicInteger();
    ExecutorService pool = Executors.newFixedThreadPool(threads);
    try {
      List<Callable<Boolean>> shares = new ArrayList<>();
      for (int i = 0; i < threads; i++) {
        shares.add(
            () -> {
              for (int number = next.getAndIncrement();
                  number < count;
                  number = next.getAndIncrement()) {
                work.apply(number);
              }
              return true;
            });
      }
      for (Future<Boolean> share : pool.invokeAll(shares)) {
        share.get();
      }
    } catch (ExecutionException e) {
      throw new IllegalStateException("a thread failed", e);
    } finally {
      pool.shutdownNow();
    }
  }
}
