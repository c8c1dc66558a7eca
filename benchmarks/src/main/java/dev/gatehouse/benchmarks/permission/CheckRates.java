package dev.gatehouse.benchmarks.permission;

import com.sun.management.ThreadMXBean;
import dev.gatehouse.benchmarks.Measurement;
import dev.gatehouse.benchmarks.Metric;
import dev.gatehouse.benchmarks.Plan;
import dev.gatehouse.benchmarks.permission.CheckSide.Asking;
import dev.gatehouse.benchmarks.permission.Rules.Question;
import java.lang.management.ManagementFactory;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.BrokenBarrierException;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.TimeUnit;

/**
 * How fast a side decides: how many checks a second in a loop without a clock in it, how long half
 * of the single checks take at most, what a check allocates, and what a second thread adds.
 */
final class CheckRates {
  private static final int QUESTIONS = 1 << 16;
  private static final int PARTS = 5;
  private static final int THREADS = 2;

  /** The clock is read once in so many checks, or in one if they are slow. */
  private static final int AT_ONCE = 256;

  /** So many answers of each kind are compared with the right ones, as far as the time goes. */
  private static final int COMPARED = 2_000;

  private static final double SECOND = TimeUnit.SECONDS.toNanos(1);

  private final Plan plan;
  private final Rules rules;
  private final List<Question> hits;
  private final List<Question> misses;
  private final List<Question> unknown;
  private final Metric rate;
  private final Metric rateOfTwo;
  private final Metric hitTime;
  private final Metric missTime;
  private final Metric unknownTime;
  private final Metric bytes;

  CheckRates(Plan plan, String name, Rules rules, int users) {
    this.plan = plan;
    this.rules = rules;
    hits = rules.hits(QUESTIONS, users);
    misses = rules.misses(QUESTIONS, users);
    unknown = rules.unknown(QUESTIONS);
    List<Metric> metrics = metrics(name);
    rate = metrics.get(0);
    rateOfTwo = metrics.get(1);
    hitTime = metrics.get(2);
    missTime = metrics.get(3);
    unknownTime = metrics.get(4);
    bytes = metrics.get(5);
  }

  /** What is measured under that name. */
  static List<Metric> metrics(String name) {
    return List.of(
        new Metric("check/s " + name, "1/s"),
        new Metric("check/s " + name + " 2 threads", "1/s"),
        new Metric("check p50 ns " + name, "ns"),
        new Metric("check p50 ns " + name + " miss", "ns"),
        new Metric("check p50 ns " + name + " unknown", "ns"),
        new Metric("bytes per check " + name, "B"));
  }

  Measurement measure(CheckSide.Opener opener) throws InterruptedException {
    Measurement measurement = new Measurement();
    try (CheckSide side = opener.open(rules)) {
      Asking hit = prepare(side, hits);
      Asking miss = prepare(side, misses);
      Asking stranger = prepare(side, unknown);
      System.gc();
      warmUp(hit, true);
      warmUp(miss, false);
      warmUp(stranger, false);
      for (int part = 0; part < PARTS; part++) {
        int millis = plan.pick(60, 600);
        measurement.with(rate, run(hit, true, millis));
        measurement.with(hitTime, median(hit, true, millis));
        measurement.with(missTime, median(miss, false, millis / 2));
        measurement.with(unknownTime, median(stranger, false, millis / 2));
        if (side.isShared()) {
          measurement.with(rateOfTwo, together(hit, millis));
        }
      }
      measurement.with(bytes, allocated(hit));
    }
    return measurement;
  }

  private void warmUp(Asking asking, boolean allowed) {
    run(asking, allowed, plan.pick(150, 2_000));
    median(asking, allowed, plan.pick(50, 500));
  }

  private Asking prepare(CheckSide side, List<Question> questions) {
    Asking asking = side.prepare(questions);
    long end = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(plan.pick(200, 2_000));
    for (int i = 0; i < COMPARED && (i < 2 || System.nanoTime() < end); i++) {
      if (asking.ask(i) != questions.get(i).allowed()) {
        throw new IllegalStateException("a wrong answer to " + questions.get(i));
      }
    }
    return asking;
  }

  /** Checks in a second. */
  private static double run(Asking asking, boolean allowed, int millis) {
    long begin = System.nanoTime();
    long end = begin + TimeUnit.MILLISECONDS.toNanos(millis);
    long done = 0;
    long yes = 0;
    long now = begin;
    int step = 1;
    while (now < end) {
      int from = (int) (done % QUESTIONS);
      int until = Math.min(from + step, QUESTIONS);
      yes += asking.count(from, until);
      done += until - from;
      long last = now;
      now = System.nanoTime();
      step = now - last < TimeUnit.MILLISECONDS.toNanos(1) ? AT_ONCE : 1;
    }
    require(yes == (allowed ? done : 0));
    return done * SECOND / (now - begin);
  }

  /** All questions of one kind have one answer; asking whether they had it keeps them alive. */
  private static void require(boolean right) {
    if (!right) {
      throw new IllegalStateException("wrong answers among checks that were counted");
    }
  }

  /** Nanoseconds that half of the checks take at most, the reading of the clock included. */
  private static double median(Asking asking, boolean allowed, int millis) {
    long[] nanos = new long[QUESTIONS];
    long end = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(millis);
    int done = 0;
    long yes = 0;
    while (done < QUESTIONS && (done < 3 || System.nanoTime() < end)) {
      int until = Math.min(done + (done < 3 || nanos[done - 1] > 100_000 ? 1 : AT_ONCE), QUESTIONS);
      yes += asking.time(done, until, nanos);
      done = until;
    }
    require(yes == (allowed ? done : 0));
    Arrays.sort(nanos, 0, done);
    return nanos[done / 2];
  }

  /** Checks in a second of two threads that begin together. */
  private static double together(Asking asking, int millis) throws InterruptedException {
    double[] rates = new double[THREADS];
    CyclicBarrier barrier = new CyclicBarrier(THREADS);
    Thread[] threads = new Thread[THREADS];
    for (int i = 0; i < THREADS; i++) {
      int number = i;
      threads[i] =
          new Thread(
              () -> {
                try {
                  barrier.await();
                  rates[number] = run(asking, true, millis);
                } catch (InterruptedException | BrokenBarrierException e) {
                  Thread.currentThread().interrupt();
                }
              },
              "benchmark-check-" + i);
      threads[i].start();
    }
    for (Thread thread : threads) {
      thread.join();
    }
    return Arrays.stream(rates).sum();
  }

  private static double allocated(Asking asking) {
    ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    long self = Thread.currentThread().getId();
    long begin = System.nanoTime();
    asking.count(0, 1);
    int count = System.nanoTime() - begin > 100_000 ? 10 : QUESTIONS;
    asking.count(0, count);
    long before = threads.getThreadAllocatedBytes(self);
    asking.count(0, count);
    return (threads.getThreadAllocatedBytes(self) - before) / (double) count;
  }
}
