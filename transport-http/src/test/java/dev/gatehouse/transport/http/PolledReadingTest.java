package dev.gatehouse.transport.http;

import static org.assertj.core.api.Assertions.assertThat;

import dev.gatehouse.Gatehouse;
import dev.gatehouse.reader.ReaderOptions;
import dev.gatehouse.reader.Reading;
import dev.gatehouse.reader.ReadingState;
import dev.gatehouse.registry.RetryPolicy;
import dev.gatehouse.registry.Server;
import dev.gatehouse.registry.Service;
import dev.gatehouse.scheduler.Attempt;
import dev.gatehouse.scheduler.TaskStatus;
import dev.gatehouse.storage.memory.MemoryStorage;
import dev.gatehouse.transport.http.RawServer.Conversation;
import dev.gatehouse.transport.http.RawServer.Heard;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;

/**
 * FATE Flow's acceptance case of the reader, over sockets and by the scheduler's own threads, which
 * ask again when it is time; a minute is 150 ms here.
 */
@Timeout(60)
@ExtendWith(Leftovers.class)
final class PolledReadingTest {
  private static final Duration INTERVAL = Duration.ofMillis(150);
  private static final String NUMBER = "202201010000000000010";

  private final KeptRows kept = new KeptRows();
  private final Queue<String> answers = new ConcurrentLinkedQueue<>();

  /** When each request had come, and when its answer went out. */
  private final List<Long> cameAt = new CopyOnWriteArrayList<>();

  private final List<Long> answeredAt = new CopyOnWriteArrayList<>();

  private void converse(Conversation conversation) throws IOException {
    while (conversation.hearNext()) {
      cameAt.add(System.nanoTime());
      String answer = answers.remove();
      answeredAt.add(System.nanoTime());
      conversation.say(answer);
    }
  }

  private void answering(int status, String body) {
    answers.add(
        "HTTP/1.1 " + status + " X\r\nContent-Length: " + body.length() + "\r\n\r\n" + body);
  }

  private void acceptedThen(String... statuses) {
    answering(200, "{\"code\":0,\"data\":{\"jobId\":\"J1\"}}");
    for (String status : statuses) {
      answering(200, "{\"code\":0,\"data\":{\"status\":\"" + status + "\"}}");
    }
  }

  private static Reading reading() {
    return Reading.of(NUMBER)
        .from("raw")
        .by("kept")
        .parameters("{\"stat_month\":\"202201\",\"version\":\"v1\"}");
  }

  private ReadingState read(RawServer server, Reading reading) throws InterruptedException {
    try (Gatehouse gatehouse =
        Gatehouse.builder()
            .storage(MemoryStorage.create())
            .transport(HttpTransport.builder().allow("127.0.0.0/8").build())
            .reader(
                ReaderOptions.builder()
                    .feed("kept", kept)
                    .pollInterval(INTERVAL)
                    .retryPolicy(RetryPolicy.NONE)
                    .build())
            .build()) {
      gatehouse.registry().register(Server.named("raw").at("127.0.0.1", server.port()));
      for (String service : List.of("upload", "query", "download")) {
        gatehouse.registry().register(Service.named(service).on("raw").uri("/" + service));
      }
      gatehouse.start();
      gatehouse.reader().read(reading);
      while (!state(gatehouse).task().status().isFinal()) {
        TimeUnit.MILLISECONDS.sleep(2);
      }
      return state(gatehouse);
    }
  }

  private static ReadingState state(Gatehouse gatehouse) {
    return gatehouse.reader().find(NUMBER).orElseThrow();
  }

  private static List<String> requestLines(RawServer server) {
    return server.heard().stream().map(heard -> heard.lines().get(0)).toList();
  }

  private static String error(ReadingState state) {
    assertThat(state.task().status()).isEqualTo(TaskStatus.FAILED);
    List<Attempt> attempts = state.task().attempts();
    return attempts.get(attempts.size() - 1).error();
  }

  @Test
  void A25_runningTwiceThenSuccess_oneUploadThreeQueriesInTimeOneDownload() throws Exception {
    acceptedThen("RUNNING", "running", "SUCCESS");
    answering(200, "id,x1\nu1,3\nu2,4\n");
    try (RawServer server = new RawServer(this::converse)) {
      ReadingState state = read(server, reading());
      assertThat(state.task().status()).isEqualTo(TaskStatus.FINISHED);
      assertThat(state.polls()).isEqualTo(3);
      assertThat(requestLines(server))
          .containsExactly(
              "POST /upload?requestBody=%7B%22stat_month%22%3A+%22202201%22%2C+%22version%22%3A+%22"
                  + "v1%22%2C+%22job_id%22%3A+%22202201010000000000010%22%2C+%22sign%22%3A+%22"
                  + "dd75e413e2f4335e0f82233ec5fbaa12%22%7D HTTP/1.1",
              "POST /query HTTP/1.1",
              "POST /query HTTP/1.1",
              "POST /query HTTP/1.1",
              "POST /download?requestBody=%7B%22jobId%22%3A+%22J1%22%2C+%22sign%22%3A+%22"
                  + "49b5926251bfc0e5166a1c407ccd1050%22%7D HTTP/1.1");
      Heard upload = server.heard().get(0);
      assertThat(upload.head()).contains("Content-Type: multipart/form-data; boundary=");
      assertThat(upload.body().utf8())
          .contains(
              "name=\"file\"; filename=\"id\"\r\nContent-Type: application/octet-stream\r\n\r\n"
                  + "sid\nu1\n");
      assertThat(server.heard().subList(1, 4))
          .allMatch(query -> query.body().utf8().equals("{\"jobId\": \"J1\"}"));
      assertThat(server.heard().get(4).body().size()).isZero();
    }
    assertThat(kept.rows).containsExactly("id[x1]", "u1[3]", "u2[4]");
    assertThat(kept.endings).containsExactly("complete 2");
    assertThat(IntStream.of(2, 3).map(this::millisBefore))
        .as("between an answer and the next query; a millisecond is what tasks are due by")
        .allMatch(millis -> millis >= INTERVAL.toMillis() - 1);
  }

  /** From the answer before the request of that index until the request. */
  private int millisBefore(int request) {
    return (int) TimeUnit.NANOSECONDS.toMillis(cameAt.get(request) - answeredAt.get(request - 1));
  }

  @Test
  void A25_statusFailed_endsWithoutADownload() throws Exception {
    acceptedThen("failed");
    try (RawServer server = new RawServer(this::converse)) {
      assertThat(error(read(server, reading()))).isEqualTo("query return: status failed");
      assertThat(server.heard()).hasSize(2);
    }
    assertThat(kept.openedAt).isEmpty();
  }

  @Test
  void A25_alwaysRunning_endsAfterThreePolls() throws Exception {
    acceptedThen("running", "running", "running", "running");
    try (RawServer server = new RawServer(this::converse)) {
      assertThat(error(read(server, reading().polls(3)))).isEqualTo("check status timeout");
      assertThat(server.heard()).hasSize(4);
    }
    assertThat(kept.openedAt).isEmpty();
  }

  @Test
  void A25_download404_endsWithItsText() throws Exception {
    acceptedThen("success");
    answering(404, "nope");
    try (RawServer server = new RawServer(this::converse)) {
      assertThat(error(read(server, reading()))).isEqualTo("download return: nope");
      assertThat(server.heard()).hasSize(3);
    }
    assertThat(kept.openedAt).isEmpty();
  }
}
