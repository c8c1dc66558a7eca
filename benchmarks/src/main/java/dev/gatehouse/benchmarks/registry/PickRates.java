package dev.gatehouse.benchmarks.registry;

import com.sun.management.ThreadMXBean;
import dev.gatehouse.benchmarks.Measurement;
import dev.gatehouse.benchmarks.Metric;
import dev.gatehouse.benchmarks.Plan;
import dev.gatehouse.benchmarks.Subject;
import java.lang.management.ManagementFactory;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/**
 * How much processor time a side takes to choose, which others that are busy on the machine do not
 * take part of, on one thread; how often as many threads as there are processors choose in a second
 * of it, all together; and what a choice allocates.
 */
final class PickRates {
  private static final ThreadMXBean THREADS = (ThreadMXBean) ManagementFactory.getThreadMXBean();

  /** The case, but for what the balancer is called. */
  static final String NAME = "pick ns 100";

  /** Turns a round. */
  static final int TURNS = 10;

  /** The clock is read once in so many picks. */
  private static final int AT_ONCE = 1_000;

  private static final int COUNTED = 100_000;

  private final Plan plan;
  private final int cores = Runtime.getRuntime().availableProcessors();
  private final Metric alone;
  private final Metric together;
  private final Metric bytes;

  PickRates(Plan plan, String balancer) {
    this.plan = plan;
    alone = new Metric(NAME + balancer, "ns");
    together = new Metric("picks/s 100 all cores" + balancer, "1/s");
    bytes = new Metric("bytes per pick 100" + balancer, "B");
  }

  List<Metric> metrics() {
    return List.of(alone, together, bytes);
  }

  /** A side that stays open, and warm, from its first turn on. */
  Subject subject(String who, PickSide.Opener opener) {
    AtomicReference<@Nullable PickSide> warm = new AtomicReference<>();
    return new Subject(
        who,
        () -> {
          PickSide side = warm.get();
          if (side == null) {
            side = opener.open();
            rate(side, plan.pick(300, 2_000));
            warm.set(side);
          }
          return measure(side);
        });
  }

  private Measurement measure(PickSide side) throws InterruptedException {
    return new Measurement()
        .with(alone, TimeUnit.SECONDS.toNanos(1) / rate(side, plan.pick(30, 200)))
        .with(together, ofAll(side, plan.pick(30, 200)))
        .with(bytes, allocated(side));
  }

  private static double rate(PickSide side, int millis) {
    long spent = THREADS.getCurrentThreadCpuTime();
    long end = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(millis);
    long done = 0;
    while (System.nanoTime() < end) {
      if (side.changes(AT_ONCE) == 0) {
        throw new IllegalStateException("a thousand picks in a row were of one place");
      }
      done += AT_ONCE;
    }
    spent = THREADS.getCurrentThreadCpuTime() - spent;
    return done * (double) TimeUnit.SECONDS.toNanos(1) / spent;
  }

  private double ofAll(PickSide side, int millis) throws InterruptedException {
    ExecutorService threads = Executors.newFixedThreadPool(cores);
    try {
      CountDownLatch ready = new CountDownLatch(cores);
      List<Future<Double>> rates = new ArrayList<>();
      for (int i = 0; i < cores; i++) {
        rates.add(
            threads.submit(
                () -> {
                  ready.countDown();
                  ready.await();
                  return rate(side, millis);
                }));
      }
      double sum = 0;
      for (Future<Double> each : rates) {
        sum += each.get();
      }
      return sum;
    } catch (ExecutionException e) {
      throw new IllegalStateException(e.getCause());
    } finally {
      threads.shutdownNow();
    }
  }

  private static double allocated(PickSide side) {
    long self = Thread.currentThread().getId();
    side.changes(1);
    long before = THREADS.getThreadAllocatedBytes(self);
    side.changes(COUNTED);
    return (THREADS.getThreadAllocatedBytes(self) - before) / (double) COUNTED;
  }
}
