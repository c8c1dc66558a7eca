package dev.gatehouse.examples;

import dev.gatehouse.Gatehouse;
import dev.gatehouse.reader.FeatureFeed;
import dev.gatehouse.reader.FeatureRow;
import dev.gatehouse.reader.FeatureSink;
import dev.gatehouse.reader.Position;
import dev.gatehouse.reader.ReaderOptions;
import dev.gatehouse.reader.Reading;
import dev.gatehouse.registry.Server;
import dev.gatehouse.registry.Service;
import dev.gatehouse.storage.memory.MemoryStorage;
import dev.gatehouse.transport.http.HttpTransport;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.LongConsumer;
import java.util.stream.LongStream;
import java.util.stream.Stream;

/**
 * Sends any number of ids to a third party on a real socket and takes as many rows, in memory that
 * does not grow with them: five millions, unless told otherwise, in a heap of 24 MiB ({@code java
 * -Xmx24m}). Checks itself.
 */
public final class LargeReading implements FeatureFeed {
  private final long count;
  private final LongConsumer came;
  private final CountDownLatch complete = new CountDownLatch(1);
  private long rows;
  private long sum;

  /**
   * A reading.
   *
   * @param came hears after each row how many have come
   */
  LargeReading(long count, LongConsumer came) {
    this.count = count;
    this.came = came;
  }

  /**
   * Ends with an exception if a row was missing or wrong.
   *
   * @param arguments how many rows, if any
   */
  public static void main(String[] arguments) throws IOException, InterruptedException {
    long count = arguments.length == 0 ? 5_000_000 : Long.parseLong(arguments[0]);
    long start = System.nanoTime();
    new LargeReading(count, rows -> {}).run();
    System.out.printf(
        "%d rows in %.1f s, in a heap of at most %d MiB%n",
        count, (System.nanoTime() - start) / 1e9, Runtime.getRuntime().maxMemory() >> 20);
  }

  void run() throws IOException, InterruptedException {
    try (FeatureServer features = new FeatureServer();
        Gatehouse gatehouse =
            Gatehouse.builder()
                .storage(MemoryStorage.create())
                .transport(HttpTransport.builder().allow("127.0.0.0/8").build())
                .reader(
                    ReaderOptions.builder()
                        .feed("squares", this)
                        .pollInterval(Duration.ofMillis(50))
                        .build())
                .build()) {
      gatehouse.registry().register(Server.named("features").at("127.0.0.1", features.port()));
      for (String service : List.of("upload", "query", "download")) {
        gatehouse.registry().register(Service.named(service).on("features").uri("/" + service));
      }
      gatehouse.reader().read(Reading.of("large").from("features").by("squares"));
      gatehouse.start();
      if (!complete.await(10, TimeUnit.MINUTES)) {
        throw new IllegalStateException(
            "not complete: " + gatehouse.reader().find("large").orElseThrow().task().attempts());
      }
      long expected = LongStream.rangeClosed(1, count).map(i -> i * i).sum();
      if (features.ids() != count || rows != count || sum != expected) {
        throw new IllegalStateException(
            "of " + count + " ids " + features.ids() + " came there, and " + rows + " rows here");
      }
    }
  }

  @Override
  public Stream<String> ids(Reading reading) {
    return LongStream.rangeClosed(1, count).mapToObj(i -> "u" + i);
  }

  @Override
  public FeatureSink open(Reading reading, Position from, long fence) {
    rows = 0;
    sum = 0;
    return new FeatureSink() {
      @Override
      public void row(FeatureRow row, Position after) {
        rows++;
        sum += Long.parseLong(row.values().get(0));
        came.accept(rows);
      }

      @Override
      public void complete(long all) {
        complete.countDown();
      }
    };
  }
}
