package dev.gatehouse.scheduler;

import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.SynchronousQueue;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;

/** Makes the executors that handlers run on. */
final class Workers {
  private static final String NAME = "gatehouse-task-";

  private Workers() {}

  /**
   * A virtual thread for each piece of work where the JDK has them (21 and later), else a pool of
   * daemon threads, which end after 10 s without work. It has a thread for all it is given; how
   * much that is, is up to its user.
   */
  static ExecutorService create() {
    try {
      return virtual();
    } catch (ReflectiveOperationException e) {
      return pool();
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

  private static ExecutorService pool() {
    AtomicLong number = new AtomicLong();
    // Handing over directly, it uses the thread that was idle last, and a new one only if none is.
    return new ThreadPoolExecutor(
        0,
        Integer.MAX_VALUE,
        10,
        TimeUnit.SECONDS,
        new SynchronousQueue<>(),
        work -> {
          Thread thread = new Thread(work, NAME + number.getAndIncrement());
          thread.setDaemon(true);
          return thread;
        });
  }
}
