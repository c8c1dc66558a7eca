package dev.gatehouse.storage.jdbc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.gatehouse.Gatehouse;
import dev.gatehouse.reader.FeatureFeed;
import dev.gatehouse.reader.FeatureRow;
import dev.gatehouse.reader.FeatureSink;
import dev.gatehouse.reader.Position;
import dev.gatehouse.reader.ReaderOptions;
import dev.gatehouse.reader.Reading;
import dev.gatehouse.reader.ReadingState;
import dev.gatehouse.registry.Server;
import dev.gatehouse.registry.Service;
import dev.gatehouse.scheduler.Asked;
import dev.gatehouse.scheduler.SchedulerOptions;
import dev.gatehouse.scheduler.Stepper;
import dev.gatehouse.scheduler.TaskChange;
import dev.gatehouse.scheduler.TaskId;
import dev.gatehouse.scheduler.TaskStatus;
import dev.gatehouse.testing.fixture.RecordingTransport;
import dev.gatehouse.transport.Headers;
import dev.gatehouse.transport.Request;
import dev.gatehouse.transport.Response;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import java.util.stream.Stream;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Readings in databases: each step in a transaction, and a node that dies in the middle of one. */
@Timeout(60)
class JdbcReaderTest {
  private static final String CONTENT = "id,x\nu1,1\nu2,2\nu3,3\n";
  private static final int BEFORE_U2 = CONTENT.indexOf("u2");
  private static final Headers VERSION = Headers.of("ETag", "\"v1\"", "Accept-Ranges", "bytes");

  @Nested
  class OnH2 extends Cases {
    @Override
    DataSource open() {
      return H2.memoryDataSource();
    }

    @Test
    void node_thatDiesWhileItDownloads_isSucceededByAnotherFromTheRowThatIsHeld()
        throws InterruptedException {
      CountDownLatch reached = new CountDownLatch(1);
      CountDownLatch unfrozen = new CountDownLatch(1);
      Gatehouse first =
          node(
              new Rows(
                  row -> {
                    if (row.equals("u2")) {
                      reached.countDown();
                      awaitUninterrupted(unfrozen);
                    }
                  }));
      Stepper stepper = first.stepper();
      first.reader().read(reading());
      Thread frozen = new Thread(() -> run(first, stepper), "frozen node");
      frozen.start();
      reached.await();
      Gatehouse second = node(new Rows(row -> {}));
      second.start();
      awaitFinished(second);
      assertThat(taken)
          .containsExactly("from 0", "u1", "from " + BEFORE_U2, "u2", "u3", "complete 3");
      unfrozen.countDown();
      frozen.join();
      assertThat(state(second).task().status()).isEqualTo(TaskStatus.FINISHED);
      assertThat(sent("/upload")).isEqualTo(1);
    }
  }

  @Nested
  class OnPostgres extends Cases {
    @Override
    DataSource open() {
      return Postgres.dataSource();
    }
  }

  @Nested
  @Tag("mariadb")
  class OnMariaDb extends Cases {
    @Override
    DataSource open() {
      return MariaDb.dataSource();
    }
  }

  @Nested
  @Tag("mysql")
  class OnMySql extends Cases {
    @Override
    DataSource open() {
      return MySql.dataSource();
    }
  }

  abstract static class Cases {
    final DataSource dataSource = open();
    final List<Gatehouse> opened = new ArrayList<>();
    final List<String> taken = new CopyOnWriteArrayList<>();
    final RecordingTransport transport = RecordingTransport.create().always(this::answer);
    final AtomicLong newest = new AtomicLong();
    volatile @Nullable Position held;
    Runnable pausing = () -> {};
    int asked;

    abstract DataSource open();

    @AfterEach
    void close() {
      opened.forEach(node -> node.close(Duration.ZERO));
    }

    static void awaitUninterrupted(CountDownLatch latch) {
      while (latch.getCount() > 0) {
        try {
          latch.await();
        } catch (InterruptedException e) {
          // As somebody who heeds none.
        }
      }
    }

    Gatehouse node(FeatureFeed feed) {
      Gatehouse node =
          Gatehouse.builder()
              .storage(JdbcStorage.of(dataSource))
              .transport(transport)
              .scheduler(SchedulerOptions.builder().lease(Duration.ofSeconds(1)).build())
              .reader(
                  ReaderOptions.builder()
                      .feed("rows", feed)
                      .pollInterval(Duration.ofMillis(1))
                      .build())
              .build();
      opened.add(node);
      node.registry().register(Server.named("features").at("f.example", 80));
      for (String service : List.of("upload", "query", "download")) {
        node.registry().register(Service.named(service).on("features").uri("/" + service));
      }
      return node;
    }

    private Response answer(Request request) {
      return switch (request.uri().getPath()) {
        case "/upload" -> {
          pausing.run();
          yield Response.of(200, "{\"code\":0,\"data\":{\"jobId\":\"J1\"}}");
        }
        case "/query" -> {
          asked++;
          String status = asked < 4 ? "running" : "success";
          yield Response.of(200, "{\"code\":0,\"data\":{\"status\":\"" + status + "\"}}");
        }
        default -> {
          boolean part = request.headers().first("Range").isPresent();
          Headers headers =
              part ? VERSION.and("Content-Range", "bytes " + BEFORE_U2 + "-19/20") : VERSION;
          String body = part ? CONTENT.substring(BEFORE_U2) : CONTENT;
          yield Response.of(part ? 206 : 200, headers, body.getBytes(StandardCharsets.US_ASCII));
        }
      };
    }

    static Reading reading() {
      return Reading.of("r-1").from("features").by("rows");
    }

    static ReadingState state(Gatehouse node) {
      return node.reader().find("r-1").orElseThrow();
    }

    static void run(Gatehouse node, Stepper stepper) {
      while (!state(node).task().status().isFinal()) {
        stepper.run();
      }
    }

    static void awaitFinished(Gatehouse node) {
      await()
          .atMost(Duration.ofSeconds(30))
          .pollInterval(Duration.ofMillis(10))
          .untilAsserted(
              () -> assertThat(state(node).task().status()).isEqualTo(TaskStatus.FINISHED));
    }

    long sent(String path) {
      return transport.requests().stream()
          .filter(request -> request.uri().getPath().equals(path))
          .count();
    }

    @Test
    void pause_duringAStep_keepsTheNextFromBeginning() {
      Gatehouse node = node(new Rows(row -> {}));
      Stepper stepper = node.stepper();
      TaskId id = node.reader().read(reading());
      pausing = () -> assertThat(node.scheduler().pause(id)).isEqualTo(TaskChange.REQUESTED);
      stepper.run();
      stepper.run();
      assertThat(transport.requests()).hasSize(1);
      assertThat(state(node).task().asked()).isEqualTo(Asked.PAUSE);
      assertThat(state(node).jobId()).isEqualTo("J1");
      node.scheduler().resume(id);
      run(node, stepper);
      assertThat(taken).containsExactly("from 0", "u1", "u2", "u3", "complete 3");
    }

    @Test
    void reading_stepAfterStep_isOneTaskToItsEnd() {
      Gatehouse node = node(new Rows(row -> {}));
      TaskId id = node.reader().read(reading());
      node.start();
      awaitFinished(node);
      ReadingState state = state(node);
      assertThat(state.task().id()).isEqualTo(id);
      assertThat(state.task().status()).isEqualTo(TaskStatus.FINISHED);
      assertThat(state.task().result()).contains("{\"rows\":3,\"bytes\":20}");
      assertThat(state.polls()).isEqualTo(4);
      assertThat(state.jobId()).isEqualTo("J1");
      assertThat(transport.requests()).hasSize(6);
      assertThat(taken).containsExactly("from 0", "u1", "u2", "u3", "complete 3");
    }

    /** Keeps each row for good, as a host's table would. */
    final class Rows implements FeatureFeed {
      private final Consumer<String> coming;

      Rows(Consumer<String> coming) {
        this.coming = coming;
      }

      @Override
      public Stream<String> ids(Reading reading) {
        return Stream.of("u1", "u2", "u3");
      }

      @Override
      public Optional<Position> held(Reading reading) {
        return Optional.ofNullable(held);
      }

      @Override
      public FeatureSink open(Reading reading, Position from, long fence) {
        newest.accumulateAndGet(fence, Math::max);
        taken.add("from " + from.bytes());
        return new FeatureSink() {
          @Override
          public void row(FeatureRow row, Position after) {
            coming.accept(row.key());
            if (fence == newest.get()) {
              taken.add(row.key());
              held = Position.parse(after.text());
            }
          }

          @Override
          public void complete(long count) {
            if (fence == newest.get()) {
              taken.add("complete " + count);
            }
          }
        };
      }
    }
  }
}
