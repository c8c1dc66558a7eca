package dev.gatehouse.examples;

import dev.gatehouse.Gatehouse;
import dev.gatehouse.registry.RetryPolicy;
import dev.gatehouse.scheduler.CatchUp;
import dev.gatehouse.scheduler.Schedule;
import dev.gatehouse.scheduler.ScheduleDetail;
import java.time.Duration;
import java.time.ZoneId;

/** A part of a host: work that recurs, however many nodes the host has. */
public final class Nightly {
  /** The name of the handler that closes the books of a day. */
  public static final String CLOSE_BOOKS = "close-books";

  /** The name of the handler that asks for new rates. */
  public static final String FETCH_RATES = "fetch-rates";

  private Nightly() {}

  /** Sets it all up; every node does so whenever it starts. Again, it has no effect. */
  public static ScheduleDetail setUp(Gatehouse gatehouse) {
    gatehouse
        .scheduler()
        .repeat(
            Schedule.every("rates", Duration.ofMinutes(10))
                .handler(FETCH_RATES)
                .catchUp(CatchUp.NONE)
                .retryPolicy(
                    RetryPolicy.exponential(Duration.ofSeconds(1), Duration.ofMinutes(1), 5)));
    return gatehouse
        .scheduler()
        .repeat(
            Schedule.cron("books", "30 2 * * MON-FRI")
                .zone(ZoneId.of("Europe/Berlin"))
                .handler(CLOSE_BOOKS)
                .catchUp(CatchUp.all(5)));
  }
}
