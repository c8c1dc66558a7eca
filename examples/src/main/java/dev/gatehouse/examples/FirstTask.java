package dev.gatehouse.examples;

import dev.gatehouse.Gatehouse;
import dev.gatehouse.scheduler.Task;
import dev.gatehouse.scheduler.TaskResult;
import dev.gatehouse.storage.memory.MemoryStorage;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;

/** The smallest use: a local handler, in memory. */
public final class FirstTask {
  private static final Duration SOON = Duration.ofSeconds(1);
  private static final CountDownLatch GREETED = new CountDownLatch(1);

  private FirstTask() {}

  /** Runs the example; takes no arguments. */
  public static void main(String[] arguments) throws InterruptedException {
    try (Gatehouse gatehouse =
        Gatehouse.builder()
            .storage(MemoryStorage.create())
            .handler("greet", context -> greet(context.content()))
            .build()) {
      gatehouse.start();
      gatehouse
          .scheduler()
          .schedule(Task.of("greeting-1").handler("greet").in(SOON).content("\"world\""));
      GREETED.await();
    }
  }

  private static TaskResult greet(String whom) {
    System.out.println("Hello " + whom);
    GREETED.countDown();
    return TaskResult.done();
  }
}
