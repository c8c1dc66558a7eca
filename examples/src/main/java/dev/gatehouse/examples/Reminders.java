package dev.gatehouse.examples;

import dev.gatehouse.Gatehouse;
import dev.gatehouse.scheduler.Cancellation;
import dev.gatehouse.scheduler.Task;
import dev.gatehouse.scheduler.TaskContext;
import dev.gatehouse.scheduler.TaskResult;
import java.time.Duration;
import java.util.function.Consumer;

/** A part of a host: reminds whoever has not paid an invoice after thirty days. */
public final class Reminders {
  /** The name of the handler that a Gatehouse must know. */
  public static final String HANDLER = "remind";

  private static final Duration PATIENCE = Duration.ofDays(30);

  private final Gatehouse gatehouse;

  /** Reminders that are kept by that Gatehouse. */
  public Reminders(Gatehouse gatehouse) {
    this.gatehouse = gatehouse;
  }

  /** Does the work of {@link #HANDLER}: hands the number of the unpaid invoice to the mailer. */
  public static TaskResult remind(TaskContext context, Consumer<String> mailer) {
    mailer.accept(context.content());
    return TaskResult.done();
  }

  /** From now on, payment is awaited. */
  public void sent(String invoice) {
    gatehouse
        .scheduler()
        .schedule(Task.of(invoice).handler(HANDLER).in(PATIENCE).content("\"" + invoice + "\""));
  }

  /** No reminder is needed any more; false if it had been sent. */
  public boolean paid(String invoice) {
    return gatehouse
        .scheduler()
        .findTask(invoice)
        .map(task -> gatehouse.scheduler().cancel(task.id()) == Cancellation.CANCELLED)
        .orElse(false);
  }
}
