package dev.gatehouse.examples;

import dev.gatehouse.Gatehouse;
import dev.gatehouse.scheduler.Task;
import dev.gatehouse.scheduler.TaskResult;
import dev.gatehouse.storage.memory.MemoryStorage;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;

/** The smallest use: a local handler, in memory. */
public final class FirstTask {
  private FirstTask() {}

  /** Runs the example; takes no arguments. */
  public static void main(String[] arguments) throws InterruptedException {
    CountDownLatch greeted = new CountDownLatch(1);
    try (Gatehouse gatehouse =
        Gatehouse.builder()
            .storage(MemoryStorage.create())
            .handler(
                "greet",
                context -> {
                  System.out.println("Hello " + context.content());
                  greeted.countDown();
                  return TaskResult.done();
                })
            .build()) {
      gatehouse.start();
      gatehouse
          .scheduler()
          .schedule(
              Task.of("greeting-1")
                  .handler("greet")
                  .in(Duration.ofSeconds(1))
                  .content("\"world\""));
      greeted.await();
    }
  }
}
