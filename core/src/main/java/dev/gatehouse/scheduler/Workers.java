package dev.gatehouse.scheduler;

import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;

/** Makes the executors that handlers run on. */
final class Workers {
  private static final String NAME = "gatehouse-task-";

  private Workers() {}

  /**
   * A virtual thread for each attempt where the JDK has them (21 and later), else a pool of at most
   * so many daemon threads, which end after 10 s without work.
   */
  static ExecutorService create(int max) {
    try {
      return virtual();
    } catch (ReflectiveOperationException e) {
      return pool(max);
    }
  }

  private static ExecutorService virtual() throws ReflectiveOperationException {
    Class<?> builderType = Class.forName("java.lang.Thread$Builder");
    Object builder = Thread.class.getMethod("ofVirtual").invoke(null);
    Object named =
        builderType.getMethod("name", String.class, long.class).invoke(builder, NAME, 0L);
    Object factory = builderType.getMethod("factory").invoke(named);
    return (ExecutorService)
        Executors.class
            .getMethod("newThreadPerTaskExecutor", ThreadFactory.class)
            .invoke(null, factory);
  }

  private static ExecutorService pool(int max) {
    AtomicLong number = new AtomicLong();
    ThreadPoolExecutor pool =
        new ThreadPoolExecutor(
            max,
            max,
            10,
            TimeUnit.SECONDS,
            new LinkedBlockingQueue<>(),
            work -> {
              Thread thread = new Thread(work, NAME + number.getAndIncrement());
              thread.setDaemon(true);
              return thread;
            });
    pool.allowCoreThreadTimeOut(true);
    return pool;
  }
}
