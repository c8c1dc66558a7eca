package dev.gatehouse.reader;

import static dev.gatehouse.reader.VirtualReadings.ACCEPTED;
import static dev.gatehouse.reader.VirtualReadings.NUMBER;
import static dev.gatehouse.reader.VirtualReadings.ROWS;
import static dev.gatehouse.reader.VirtualReadings.RUNNING;
import static dev.gatehouse.reader.VirtualReadings.SUCCESS;
import static dev.gatehouse.reader.VirtualReadings.offer;
import static dev.gatehouse.reader.VirtualReadings.offerAll;
import static dev.gatehouse.reader.VirtualReadings.reading;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.entry;
import static org.assertj.core.api.Assertions.tuple;

import dev.gatehouse.Gatehouse;
import dev.gatehouse.error.ConflictException;
import dev.gatehouse.error.NotFoundException;
import dev.gatehouse.scheduler.Asked;
import dev.gatehouse.scheduler.SchedulerOptions;
import dev.gatehouse.scheduler.TaskChange;
import dev.gatehouse.scheduler.TaskId;
import dev.gatehouse.scheduler.TaskStatus;
import dev.gatehouse.storage.memory.MemoryStorage;
import dev.gatehouse.testing.fixture.VirtualGatehouse;
import dev.gatehouse.transport.Request;
import dev.gatehouse.transport.Response;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Readings in virtual time, by FATE Flow's contract. */
class ApiReaderTest {
  @RegisterExtension final VirtualReadings readings = new VirtualReadings();
  private final Table table = readings.table;
  private final VirtualGatehouse virtual = readings.virtual;

  @Test
  void A25_reader_uploadsOncePollsEachMinuteAndDownloads() {
    String running = "{\"code\":0,\"data\":{\"status\":\"RUNNING\"}}";
    String success = "{\"code\":0,\"data\":{\"status\":\"SUCCESS\"}}";
    readings.read(reading(), ACCEPTED, running, RUNNING, success, ROWS);
    virtual.runDue();
    assertThat(readings.sent()).containsExactly("POST /upload", "POST /query");
    virtual.advance(Duration.ofMillis(59_999));
    assertThat(readings.sent()).hasSize(2);
    virtual.advance(Duration.ofMillis(1));
    assertThat(readings.sent()).hasSize(3);
    assertThat(readings.state().polls()).isEqualTo(2);
    assertThat(readings.state().jobId()).isEqualTo("J1");
    assertThat(readings.state().task().dueAt()).isEqualTo(virtual.now().plusSeconds(60));
    virtual.advance(Duration.ofSeconds(60));

    assertThat(readings.sent())
        .containsExactly(
            "POST /upload", "POST /query", "POST /query", "POST /query", "POST /download");
    List<Request> requests = virtual.transport().requests();
    assertThat(requests.get(0).uri())
        .hasToString(
            "http://f.example:80/upload?requestBody=%7B%22stat_month%22%3A+%22202201%22%2C+%22"
                + "version%22%3A+%22v1%22%2C+%22job_id%22%3A+%22202201010000000000010%22%2C+%22"
                + "sign%22%3A+%22dd75e413e2f4335e0f82233ec5fbaa12%22%7D");
    for (Request query : requests.subList(1, 4)) {
      assertThat(text(query)).isEqualTo("{\"jobId\": \"J1\"}");
    }
    assertThat(requests.get(4).uri())
        .hasToString(
            "http://f.example:80/download?requestBody=%7B%22jobId%22%3A+%22J1%22%2C+%22sign%22%3A"
                + "+%2249b5926251bfc0e5166a1c407ccd1050%22%7D");
    assertThat(requests.get(4).body()).isEmpty();
    assertThat(table.header).isEqualTo(new FeatureHeader("id", List.of("x1")));
    assertThat(table.rows).containsExactly(entry("u1", "3"), entry("u2", "4"));
    assertThat(table.completed).containsEntry(NUMBER, 2L);
    assertThat(readings.status()).isEqualTo(TaskStatus.FINISHED);
    assertThat(readings.state().task().result()).contains("{\"rows\":2,\"bytes\":16}");
  }

  @Test
  void A25_upload_isAFormWithOneFileOfIds() {
    table.ids = List.of("u1", "\u4e2d", "a b");
    readings.read(reading().idColumn("phone"), ACCEPTED, SUCCESS, ROWS);
    virtual.runDue();
    Request upload = virtual.transport().requests().get(0);
    String type = upload.headers().first("Content-Type").orElseThrow();
    assertThat(type).startsWith("multipart/form-data; boundary=");
    String boundary = type.substring(type.indexOf('=') + 1);
    assertThat(text(upload))
        .isEqualTo(
            "--"
                + boundary
                + "\r\nContent-Disposition: form-data; name=\"file\"; filename=\"id\"\r\n"
                + "Content-Type: application/octet-stream\r\n\r\n"
                + "phone\nu1\n\u4e2d\na b\n"
                + "\r\n--"
                + boundary
                + "--\r\n");
  }

  @Test
  void A25_statusFailed_failsWithoutDownload() {
    readings.read(reading(), ACCEPTED, "{\"code\":0,\"data\":{\"status\":\"failed\"}}");
    virtual.advance(Duration.ofHours(1));
    assertThat(readings.sent()).containsExactly("POST /upload", "POST /query");
    assertThat(readings.status()).isEqualTo(TaskStatus.FAILED);
    assertThat(readings.error()).isEqualTo("query return: status failed");
  }

  /** What is left of it may read as a whole answer, with blanks behind it. */
  @Test
  void A25_uploadAnsweredTooLong_failsAndIsTakenForNothing() {
    String blanks = " ".repeat((64 << 10) + 1 - ACCEPTED.length());
    readings.read(reading(), ACCEPTED + blanks);
    virtual.advance(Duration.ofHours(1));
    assertThat(readings.error())
        .isEqualTo("upload return: is too long, of which 65536 bytes were kept");
    assertThat(readings.sent()).containsExactly("POST /upload");
  }

  @Test
  void A25_queryAnsweredTooLong_failsAndIsTakenForNothing() {
    readings.read(reading(), ACCEPTED);
    virtual.transport().truncate(503, SUCCESS).truncate(200, SUCCESS);
    virtual.advance(Duration.ofHours(1));
    assertThat(readings.error())
        .isEqualTo("query return: is too long, of which " + SUCCESS.length() + " bytes were kept");
    assertThat(readings.sent()).containsExactly("POST /upload", "POST /query", "POST /query");
    assertThat(table.rows).isEmpty();
  }

  @Test
  void A25_alwaysRunning_failsAfterSoManyPolls() {
    readings.read(reading().polls(3), ACCEPTED, RUNNING, RUNNING, RUNNING);
    virtual.advance(Duration.ofHours(1));
    assertThat(readings.sent())
        .containsExactly("POST /upload", "POST /query", "POST /query", "POST /query");
    assertThat(readings.status()).isEqualTo(TaskStatus.FAILED);
    assertThat(readings.error()).isEqualTo("check status timeout");
  }

  @Test
  void A25_download404_failsWithItsText() {
    readings.read(reading(), ACCEPTED, SUCCESS, "404 nope");
    virtual.advance(Duration.ofHours(1));
    assertThat(readings.sent()).containsExactly("POST /upload", "POST /query", "POST /download");
    assertThat(readings.error()).isEqualTo("download return: nope");
    assertThat(table.openedAt).isEmpty();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "400 no such month | upload return: no such month",
        "302 | upload return: HTTP 302",
        "x | upload return: must be a JSON object",
        "[] | upload return: must be a JSON object",
        "{\"code\":1,\"message\":\"bad\\nmonth\"} | upload return: code 1, bad?month",
        "{\"code\":\"0\",\"data\":{\"jobId\":\"J1\"}} | upload return: code \"0\"",
        "{\"code\":false,\"data\":{\"jobId\":\"J1\"}} | upload return: code false",
        "{\"data\":{\"jobId\":\"J1\"}} | upload return: code none",
        "{\"code\":0} | upload return: data.jobId must be a text of 1..256 characters or an integer",
        "{\"code\":0,\"data\":{\"jobId\":\"a\\u0000\"}} "
            + "| upload return: data.jobId must be a text of 1..256 characters or an integer"
      })
  void upload_anythingButCode0WithAJob_failsForGood(String answer, String error) {
    readings.read(reading(), answer.length() == 3 ? answer + " " : answer);
    virtual.advance(Duration.ofHours(1));
    assertThat(readings.error()).isEqualTo(error);
    assertThat(readings.sent()).containsExactly("POST /upload");
  }

  @Test
  void upload_jobIdIsANumber_isUsedAsText() {
    readings.read(
        reading(), "{\"code\":0,\"data\":{\"jobId\":12345678901234567890}}", SUCCESS, ROWS);
    virtual.runDue();
    assertThat(text(virtual.transport().requests().get(1)))
        .isEqualTo("{\"jobId\": \"12345678901234567890\"}");
    assertThat(readings.status()).isEqualTo(TaskStatus.FINISHED);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{\"code\":0,\"status\":\"success\"}",
        "{\"status\":\" Success \"}",
        "{\"code\":0,\"data\":{},\"status\":\"SUCCESS\"}",
        "500 {\"data\":{\"status\":\"success\"}}"
      })
  void query_statusOfEitherShape_counts(String answer) {
    readings.read(reading(), ACCEPTED, answer, ROWS);
    virtual.runDue();
    assertThat(readings.status()).isEqualTo(TaskStatus.FINISHED);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "{\"code\":0,\"data\":{\"status\":\"waiting\"}} | query return: status waiting",
        "{\"code\":0} | query return: must have a status",
        "{\"code\":3,\"data\":{\"status\":\"success\"},\"message\":\"e\"} | query return: code 3, e",
        "{\"data\":{\"status\":\"failed\"},\"status\":\"success\"} | query return: status failed",
        "{ | query return: must be a JSON object",
        "404 gone | query return: gone",
        "404 {\"status\":\"success\"} | query return: {\"status\":\"success\"}"
      })
  void query_anythingElse_failsForGood(String answer, String error) {
    readings.read(reading(), ACCEPTED, answer);
    virtual.advance(Duration.ofHours(1));
    assertThat(readings.error()).isEqualTo(error);
    assertThat(readings.sent()).containsExactly("POST /upload", "POST /query");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "503 {\"status\":\"error\",\"message\":\"down\"}",
        "503 {\"code\":503,\"message\":\"down\"}",
        "500 {\"code\":100,\"data\":{\"status\":\"running\"}}"
      })
  void query_errorInJson_isAskedAgain(String answer) {
    readings.read(reading(), ACCEPTED, answer, SUCCESS, ROWS);
    virtual.advance(Duration.ofMinutes(1));
    assertThat(readings.status()).isEqualTo(TaskStatus.FINISHED);
  }

  @Test
  void query_outOfReach_isAskedAgainAndDoesNotCount() {
    readings.read(reading().polls(2), ACCEPTED, "503 ", RUNNING);
    virtual.transport().fail();
    virtual.transport().answer(200, SUCCESS).answer(200, ROWS);
    virtual.advance(Duration.ofMinutes(2));
    assertThat(readings.sent()).hasSize(6);
    assertThat(readings.state().polls()).isEqualTo(2);
    assertThat(readings.status()).isEqualTo(TaskStatus.FINISHED);
  }

  @Test
  void upload_outOfReach_failsAfterTheRetries() {
    virtual.transport().fail().fail().fail();
    readings.read(reading());
    virtual.advance(Duration.ofHours(1));
    assertThat(readings.sent()).hasSize(3);
    assertThat(readings.error()).isEqualTo("upload error: no answer, as told");
    assertThat(readings.status()).isEqualTo(TaskStatus.FAILED);
  }

  @Test
  void restart_whileItWaits_goesOnAskingWhereItWas() {
    TaskId id = readings.read(reading(), ACCEPTED, RUNNING, RUNNING);
    virtual.advance(Duration.ofSeconds(60));
    virtual.restart();
    assertThat(readings.state().polls()).isEqualTo(2);
    virtual.transport().answer(200, SUCCESS).answer(200, ROWS);
    virtual.advance(Duration.ofSeconds(59));
    assertThat(readings.sent()).hasSize(3);
    virtual.advance(Duration.ofSeconds(1));
    assertThat(readings.sent())
        .containsExactly(
            "POST /upload", "POST /query", "POST /query", "POST /query", "POST /download");
    assertThat(readings.status()).isEqualTo(TaskStatus.FINISHED);
    assertThat(readings.state().task().id()).isEqualTo(id);
  }

  @Test
  void finishedTasksAreNotKept_readingGoesOnUnderItsNumber() {
    try (VirtualGatehouse forgetful =
        VirtualGatehouse.create(
            builder ->
                builder
                    .reader(readings.options)
                    .scheduler(
                        SchedulerOptions.builder()
                            .lease(Duration.ofDays(36_500))
                            .retention(Duration.ZERO)
                            .build()))) {
      offerAll(forgetful.gatehouse());
      forgetful.transport().answer(200, ACCEPTED).answer(200, RUNNING);
      forgetful.transport().answer(200, SUCCESS).answer(200, ROWS);
      forgetful.gatehouse().reader().read(reading());
      forgetful.runDue();
      assertThat(forgetful.gatehouse().reader().find(NUMBER).orElseThrow().polls()).isEqualTo(1);
      forgetful.advance(Duration.ofMinutes(1));
      assertThat(table.completed).containsEntry(NUMBER, 2L);
      assertThat(forgetful.gatehouse().reader().find(NUMBER)).isEmpty();
    }
  }

  @Test
  void cancel_whileItWaits_asksNoMore() {
    TaskId id = readings.read(reading(), ACCEPTED, RUNNING);
    virtual.runDue();
    virtual.gatehouse().scheduler().cancel(id);
    virtual.advance(Duration.ofHours(1));
    assertThat(readings.sent()).hasSize(2);
    assertThat(readings.status()).isEqualTo(TaskStatus.CANCELLED);
  }

  @ParameterizedTest
  @ValueSource(strings = {"/upload", "/query"})
  void pause_duringAStep_keepsTheNextFromBeginning(String path) {
    virtual
        .transport()
        .always(
            request -> {
              String asked = request.uri().getPath();
              if (asked.equals(path)) {
                assertThat(virtual.gatehouse().scheduler().pause(readings.state().task().id()))
                    .isEqualTo(TaskChange.REQUESTED);
              }
              String answer = asked.equals("/upload") ? ACCEPTED : SUCCESS;
              return Response.of(200, asked.equals("/download") ? ROWS : answer);
            });
    TaskId id = readings.read(reading());
    virtual.advance(Duration.ofHours(1));
    assertThat(readings.sent()).last().isEqualTo("POST " + path);
    assertThat(readings.state().task().asked()).isEqualTo(Asked.PAUSE);
    for (int pauses = 0; pauses < 2 && !readings.status().isFinal(); pauses++) {
      virtual.gatehouse().scheduler().resume(id);
      virtual.advance(Duration.ofHours(1));
    }
    assertThat(readings.sent()).containsExactly("POST /upload", "POST /query", "POST /download");
    assertThat(readings.status()).isEqualTo(TaskStatus.FINISHED);
  }

  @Test
  void cancel_duringAStep_asksNoMore() {
    virtual
        .transport()
        .always(
            request -> {
              virtual.gatehouse().scheduler().cancel(readings.state().task().id());
              return Response.of(200, ACCEPTED);
            });
    readings.read(reading());
    virtual.advance(Duration.ofHours(1));
    assertThat(readings.sent()).containsExactly("POST /upload");
    assertThat(readings.status()).isEqualTo(TaskStatus.CANCELLED);
  }

  @Test
  void requeue_afterItFailed_goesOnFromThatStep() {
    TaskId id = readings.read(reading(), ACCEPTED, SUCCESS, "404 not yet", ROWS);
    virtual.runDue();
    assertThat(readings.status()).isEqualTo(TaskStatus.FAILED);
    virtual.gatehouse().scheduler().requeue(id);
    virtual.runDue();
    assertThat(readings.sent())
        .containsExactly("POST /upload", "POST /query", "POST /download", "POST /download");
    assertThat(table.completed).containsEntry(NUMBER, 2L);
  }

  @Test
  void read_whatCannotBe_isRefusedAtOnce() {
    assertThatThrownBy(() -> readings.read(Reading.of("1").from("nowhere").by("scores")))
        .isInstanceOf(NotFoundException.class)
        .hasMessage("no server 'nowhere' is registered");
    virtual.gatehouse().registry().removeService("features", "query");
    assertThatThrownBy(() -> readings.read(reading()))
        .isInstanceOf(NotFoundException.class)
        .hasMessage("no service 'query' is registered on server 'features'");
    offer(virtual.gatehouse(), "query", service -> service);
    readings.read(reading());
    assertThatThrownBy(() -> readings.read(reading())).isInstanceOf(ConflictException.class);
    assertThatThrownBy(() -> reading().parameters("[]"))
        .hasMessage("parameters must be a JSON object, was of type array");
    assertThatThrownBy(() -> reading().polls(0)).isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> Reading.of("1").from("features").by("a b"))
        .isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void read_inATransaction_isBegunOnlyIfThatIsCommitted() {
    MemoryStorage storage = MemoryStorage.create();
    try (Gatehouse host =
        Gatehouse.builder()
            .storage(storage)
            .transport(virtual.transport())
            .reader(readings.options)
            .build()) {
      offerAll(host);
      assertThatThrownBy(
              () ->
                  storage.run(
                      transaction -> {
                        host.reader().joining(transaction).read(reading());
                        throw new IllegalStateException("the host's");
                      }))
          .hasMessage("the host's");
      assertThat(host.reader().find(NUMBER)).isEmpty();
      storage.run(transaction -> host.reader().joining(transaction).read(reading()));
      assertThat(host.reader().find(NUMBER).orElseThrow().stage()).isEqualTo(Progress.Stage.UPLOAD);
    }
  }

  @Test
  void ids_thatWouldMakeOtherLines_failForGood() {
    table.ids = List.of("u1", "u2\nu3");
    readings.read(reading());
    virtual.advance(Duration.ofHours(1));
    assertThat(readings.sent()).isEmpty();
    assertThat(readings.error()).isEqualTo("id must not hold control characters, held U+000A at 2");
  }

  @Test
  void progress_ofEachStage_isTold() {
    readings.read(reading(), ACCEPTED, RUNNING, SUCCESS, ROWS);
    virtual.advance(Duration.ofMinutes(1));
    assertThat(table.told)
        .extracting(Progress::stage, Progress::polls)
        .containsExactly(
            tuple(Progress.Stage.UPLOAD, 0),
            tuple(Progress.Stage.QUERY, 1),
            tuple(Progress.Stage.QUERY, 2),
            tuple(Progress.Stage.DOWNLOAD, 2));
    assertThat(table.told.get(3).percent()).isEqualTo(100);
    assertThat(table.told.get(3).rows()).isEqualTo(2);
  }

  private static String text(Request request) {
    return new String(request.body(), StandardCharsets.UTF_8);
  }
}
