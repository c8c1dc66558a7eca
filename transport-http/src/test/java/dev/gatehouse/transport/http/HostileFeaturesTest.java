package dev.gatehouse.transport.http;

import static org.assertj.core.api.Assertions.assertThat;

import dev.gatehouse.Gatehouse;
import dev.gatehouse.reader.Position;
import dev.gatehouse.reader.ReaderOptions;
import dev.gatehouse.reader.Reading;
import dev.gatehouse.reader.ReadingState;
import dev.gatehouse.registry.RetryPolicy;
import dev.gatehouse.registry.Server;
import dev.gatehouse.registry.Service;
import dev.gatehouse.scheduler.Attempt;
import dev.gatehouse.scheduler.Stepper;
import dev.gatehouse.scheduler.TaskStatus;
import dev.gatehouse.storage.memory.MemoryStorage;
import dev.gatehouse.transport.http.RawServer.Conversation;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Downloads of features from a third party on a real socket that does as it likes. */
@ExtendWith(Leftovers.class)
class HostileFeaturesTest {
  private static final String CONTENT = "id,x1,x2\nu1,3,a\nu2,4,b\nu3,5,c\n";
  private static final int BEFORE_U3 = CONTENT.indexOf("u3");

  private static final String RESUMABLE = "ETag: \"v1\"|Accept-Ranges: bytes|";

  private final KeptRows kept = new KeptRows();
  private final Queue<RawServer.Script> downloads = new ConcurrentLinkedQueue<>();
  private Duration idle = Duration.ofMillis(300);
  private final ReaderOptions.Builder options =
      ReaderOptions.builder()
          .feed("kept", kept)
          .maxLine(64)
          .maxBytes(1_000)
          .rowCountHeader("X-Rows")
          .retryPolicy(RetryPolicy.linear(Duration.ZERO, 1));

  private void converse(Conversation conversation) throws IOException, InterruptedException {
    while (conversation.hearNext()) {
      String head = conversation.last().head();
      if (head.contains("/upload")) {
        json(conversation, "{\"code\":0,\"data\":{\"jobId\":\"J1\"}}");
      } else if (head.contains("/query")) {
        json(conversation, "{\"code\":0,\"status\":\"success\"}");
      } else {
        downloads.remove().run(conversation);
        return;
      }
    }
  }

  private static void json(Conversation conversation, String body) throws IOException {
    conversation.say("HTTP/1.1 200 OK\r\nContent-Length: " + body.length() + "\r\n\r\n" + body);
  }

  private void answering(String... answers) {
    for (String answer : answers) {
      downloads.add(conversation -> conversation.say(answer.replace("|", "\r\n")));
    }
  }

  /** Reads, and tells the errors of all attempts and how it ended. */
  private List<String> read(Reading reading) throws IOException {
    List<String> told = new ArrayList<>();
    try (RawServer server = new RawServer(this::converse);
        Gatehouse gatehouse =
            Gatehouse.builder()
                .storage(MemoryStorage.create())
                .transport(
                    HttpTransport.builder().allow("127.0.0.0/8").streamIdleTimeout(idle).build())
                .reader(options.build())
                .build()) {
      gatehouse.registry().register(Server.named("raw").at("127.0.0.1", server.port()));
      for (String service : List.of("upload", "query", "download")) {
        gatehouse.registry().register(Service.named(service).on("raw").uri("/" + service));
      }
      gatehouse.reader().read(reading);
      Stepper stepper = gatehouse.stepper();
      stepper.run();
      ReadingState state = gatehouse.reader().find("1").orElseThrow();
      state.task().attempts().stream()
          .filter(attempt -> attempt.outcome() != Attempt.Outcome.SUCCESS)
          .map(attempt -> attempt.error().replaceAll(":\\d{4,5}", ":PORT"))
          .forEach(told::add);
      assertThat(state.task().status()).isIn(TaskStatus.FINISHED, TaskStatus.FAILED);
    }
    return told;
  }

  private List<String> read() throws IOException {
    return read(reading());
  }

  private static Reading reading() {
    return Reading.of("1").from("raw").by("kept");
  }

  private static String whole(String headers, String body) {
    return "HTTP/1.1 200 OK|Connection: close|"
        + headers
        + "Content-Length: "
        + body.length()
        + "||"
        + body;
  }

  private static String rest(String headers) {
    String body = CONTENT.substring(BEFORE_U3);
    return "HTTP/1.1 206 Partial|Connection: close|ETag: \"v1\"|Content-Range: bytes 23-29/30|"
        + headers
        + "Content-Length: "
        + body.length()
        + "||"
        + body;
  }

  private static String digest(String content) throws NoSuchAlgorithmException {
    byte[] digest =
        MessageDigest.getInstance("SHA-256").digest(content.getBytes(StandardCharsets.US_ASCII));
    return "Repr-Digest: sha-256=:" + Base64.getEncoder().encodeToString(digest) + ":|";
  }

  @Test
  void download_brokenOffInTheMiddle_goesOnFromTheRowThatIsHeld() throws IOException {
    answering(
        "HTTP/1.1 200 OK|ETag: \"v1\"|Accept-Ranges: bytes|Content-Length: "
            + CONTENT.length()
            + "||"
            + CONTENT.substring(0, BEFORE_U3 + 1),
        "HTTP/1.1 206 Partial|ETag: \"v1\"|Content-Range: bytes "
            + BEFORE_U3
            + "-29/30|Content-Length: "
            + (CONTENT.length() - BEFORE_U3)
            + "||"
            + CONTENT.substring(BEFORE_U3));
    assertThat(read())
        .containsExactly("download error: no whole answer from http://127.0.0.1:PORT");
    assertThat(kept.rows).containsExactly("id[x1, x2]", "u1[3, a]", "u2[4, b]", "u3[5, c]");
    assertThat(kept.openedAt)
        .containsExactly(Position.START, new Position(BEFORE_U3, 2, 2, "\"v1\""));
    assertThat(kept.endings).containsExactly("broken", "complete 3");
  }

  @Test
  void download_goneOnWithAnotherFile_beginsAnew() throws IOException {
    kept.held = new Position(BEFORE_U3, 2, 2, "\"v0\"");
    answering(whole("ETag: \"v1\"|", CONTENT));
    assertThat(read()).isEmpty();
    assertThat(kept.openedAt).containsExactly(Position.START);
    assertThat(kept.rows).hasSize(4);
    kept.held = new Position(9_999, 2, 2, "\"v1\"");
    answering("HTTP/1.1 416 No|Connection: close|Content-Length: 0||", whole("", CONTENT));
    assertThat(read()).isEmpty();
    assertThat(kept.endings).containsExactly("complete 3", "complete 3");
  }

  @Test
  void download_allHeldButForTheWord_isComplete() throws IOException {
    kept.held = new Position(CONTENT.length(), 3, 2, "\"v1\"");
    answering(
        "HTTP/1.1 416 No|Content-Range: bytes */" + CONTENT.length() + "|Content-Length: 0||");
    assertThat(read()).isEmpty();
    assertThat(kept.openedAt).containsExactly(kept.held);
    assertThat(kept.endings).containsExactly("complete 3");
  }

  @Test
  void download_goneOnElsewhereThanAsked_isNotTaken() throws IOException {
    kept.held = new Position(BEFORE_U3, 2, 2, "\"v1\"");
    String elsewhere =
        "HTTP/1.1 206 P|Connection: close|Content-Range: bytes 0-30/31|Content-Length: 2||u9";
    answering(elsewhere, elsewhere);
    assertThat(read())
        .containsOnly("download must go on at byte 23 as asked, had Content-Range 'bytes 0-30/31'")
        .hasSize(2);
    assertThat(kept.openedAt).isEmpty();
  }

  @Test
  void download_cutShortByALyingLength_isNoticedByTheRowsWidth() throws IOException {
    answering("HTTP/1.1 200 OK|Content-Length: 20||" + CONTENT);
    assertThat(read()).containsExactly("line 3 must have 2 values as the first line says, had 1");
    assertThat(kept.endings).containsExactly("broken");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = ';',
      value = {
        "HTTP/1.1 200 OK||CONTENT ; download must tell its length or come in chunks, so that its"
            + " end can be told",
        "HTTP/1.0 200 OK||CONTENT ; download must tell its length or come in chunks, so that its"
            + " end can be told",
        "HTTP/1.1 200 OK|Content-Encoding: gzip|Content-Length: 1||x ; download must not be"
            + " encoded, was as gzip",
        "HTTP/1.1 200 OK|Content-Type: application/json|Content-Length: 10||{\"code\":1} ; download"
            + " return: {\"code\":1}",
        "HTTP/1.1 302 Found|Location: http://127.0.0.1/|Content-Length: 0|| ; download return:"
            + " HTTP 302",
        "HTTP/1.1 206 Partial|Content-Range: bytes 0-1/9|Content-Length: 2||id ; download return:"
            + " id",
        "HTTP/1.1 200 OK|Content-Length: 0|| ; download must begin with its columns, was empty",
        "HTTP/1.1 200 OK|Content-Length: 9||id,x~,3~a ; line 2 must begin with an id",
        "HTTP/1.1 200 OK|Content-Length: 10||id,x~u1,3,4 ; line 2 must have 1 values as the first"
            + " line says, had 2",
        "HTTP/1.1 200 OK|Content-Length: 8||id,x~u\u00ff, ; line 2 must be UTF-8"
      })
  void download_headOrLinesThatBreakARule_failForGood(String answer, String error)
      throws IOException {
    answering(answer.replace('~', '\n').replace("CONTENT", CONTENT));
    assertThat(read()).containsExactly(error);
    assertThat(kept.endings).doesNotContain("complete 3");
  }

  @Test
  void download_endlessLine_isCutOffAtItsLimit() throws IOException {
    downloads.add(
        conversation -> {
          conversation.say("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
          while (true) {
            conversation.say("400\r\n" + "x".repeat(1_024) + "\r\n");
          }
        });
    options.maxBytes(1L << 40);
    assertThat(read()).containsExactly("line 1 must have at most 64 bytes, had more");
  }

  @Test
  void download_endlessLines_areCutOffAtTheLimit() throws IOException {
    downloads.add(
        conversation -> {
          conversation.say("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nid,x\n\r\n");
          while (true) {
            conversation.say("5\r\nu1,3\n\r\n");
          }
        });
    assertThat(read()).containsExactly("download must have at most 1000 bytes, had more");
    assertThat(kept.endings).containsExactly("broken");
  }

  @Test
  void download_silence_failsAndIsRepeated() throws IOException {
    downloads.add(
        conversation -> {
          conversation.say("HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\nid,x1,x2\n");
          conversation.awaitHangUp();
        });
    answering(whole("", CONTENT));
    assertThat(read())
        .containsExactly("download error: no whole answer from http://127.0.0.1:PORT");
    assertThat(kept.endings).containsExactly("broken", "complete 3");
  }

  @Test
  void download_slowDrip_endsWithItsTime() throws IOException {
    idle = Duration.ofMinutes(1);
    options
        .transferTimeout(Duration.ofMillis(250))
        .retryPolicy(RetryPolicy.NONE)
        .maxLine(1 << 20)
        .maxBytes(1 << 20);
    downloads.add(
        conversation -> {
          conversation.say("HTTP/1.1 200 OK\r\nContent-Length: 99999\r\n\r\nid,x1,x2\n");
          conversation.drip("u");
        });
    assertThat(read())
        .containsExactly("download error: no answer in time from http://127.0.0.1:PORT");
  }

  @Test
  void download_digestOrRowsOtherThanTold_failsAndIsRepeated() throws Exception {
    String right = digest(CONTENT);
    answering(whole(right, CONTENT.replace('a', 'z')), whole(right + "X-Rows: 3|", CONTENT));
    assertThat(read())
        .containsExactly("download must have the SHA-256 digest that its head tells, had another");
    answering(whole("X-Rows: 4|", CONTENT), whole("X-Rows: 3|", CONTENT));
    assertThat(read()).containsExactly("download must have 4 rows as its head tells, had 3");
    assertThat(kept.endings).containsExactly("broken", "complete 3", "broken", "complete 3");
  }

  @Test
  void download_contradictedWhereItCouldGoOn_isVoidAndBeginsAnew() throws IOException {
    String allHeld =
        "HTTP/1.1 416 No|Content-Range: bytes */" + CONTENT.length() + "|Content-Length: 0||";
    answering(whole(RESUMABLE + "X-Rows: 4|", CONTENT), whole(RESUMABLE, CONTENT), allHeld);
    assertThat(read()).containsExactly("download must have 4 rows as its head tells, had 3");
    assertThat(kept.endings).containsExactly("broken", "broken", "complete 3");
    assertThat(kept.openedAt).containsOnly(Position.START).hasSize(3);
    downloads.clear();
    kept.held = new Position(BEFORE_U3, 2, 2, "\"v1\"");
    answering(rest("X-Rows: 4|"), whole(RESUMABLE, CONTENT));
    assertThat(read()).containsExactly("download must have 4 rows as its head tells, had 3");
    assertThat(kept.rows).hasSize(4);
  }

  @Test
  void download_thatTellsADigest_beginsAnewAndIsHeldAgainstIt() throws Exception {
    String digest = digest(CONTENT);
    String cut = CONTENT.substring(0, BEFORE_U3 + 1);
    answering(
        "HTTP/1.1 200 OK|" + RESUMABLE + digest + "Content-Length: 30||" + cut,
        whole(RESUMABLE + digest, CONTENT.replace('a', 'z')));
    assertThat(read())
        .containsExactly(
            "download error: no whole answer from http://127.0.0.1:PORT",
            "download must have the SHA-256 digest that its head tells, had another");
    assertThat(kept.held).isNotNull().matches(position -> !position.isResumable());
    kept.held = new Position(BEFORE_U3, 2, 2, "\"v1\"");
    answering(rest(digest), whole(RESUMABLE + digest, CONTENT));
    assertThat(read()).isEmpty();
    assertThat(kept.openedAt).containsOnly(Position.START);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = ';',
      value = {
        "ETag: \"v1\"|Content-Range: bytes 23-26/30|Content-Length: 4||u3,5",
        "ETag: \"v1\"|Content-Range: bytes 23-29/*|Content-Length: 7||u3,5,c~",
        "ETag: \"v2\"|Content-Range: bytes 23-29/30|Content-Length: 7||z3,5,c~",
        "Content-Range: bytes 23-29/30|Content-Length: 7||z3,5,c~"
      })
  void download_goneOnWithOtherThanTheRest_beginsAnewAtOnce(String part) throws IOException {
    kept.held = new Position(BEFORE_U3, 2, 2, "\"v1\"");
    answering(
        "HTTP/1.1 206 P|Connection: close|" + part.replace('~', '\n'), whole(RESUMABLE, CONTENT));
    assertThat(read()).isEmpty();
    assertThat(kept.openedAt).containsExactly(Position.START);
    assertThat(kept.rows).containsExactly("id[x1, x2]", "u1[3, a]", "u2[4, b]", "u3[5, c]");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "Content-Length: 900|Content-Length: x|",
        "Content-Length: 30|Content-Length: 16|",
        "Content-Length: 30|Content-Length: 30|",
        "Content-Length: 5|Transfer-Encoding: x-chunked|",
        "Content-Length: +30|",
        "Transfer-Encoding: identity, chunked|",
        "Transfer-Encoding: chunked|Transfer-Encoding: identity|"
      })
  void download_framedInMoreThanOneWay_isRefused(String framing) throws IOException {
    options.framing(ReaderOptions.Framing.ANY);
    answering("HTTP/1.1 200 OK|Connection: close|" + framing + "|" + CONTENT);
    assertThat(read())
        .singleElement()
        .asString()
        .startsWith(
            "download must tell its length in digits, or come in chunks, once; had Content");
    assertThat(kept.openedAt).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "Content-Type: application/vnd.api+json; charset=utf-8|",
        "Content-Type: text/JSON|",
        "Content-Type: text/html;charset=utf-8|",
        "Content-Type: application/xhtml+xml|",
        ""
      })
  void download_ofAnotherKindThanRows_failsForGood(String type) throws IOException {
    answering(whole(type, "{\"code\":1,\"message\":\"expired\"}"));
    assertThat(read()).containsExactly("download return: {\"code\":1,\"message\":\"expired\"}");
    answering(whole("", " [{\"code\":1}]\n"));
    assertThat(read()).containsExactly("download return: [{\"code\":1}]");
    assertThat(kept.endings).doesNotContain("complete 0");
  }

  @Test
  void download_endingWithItsConnection_isTakenWhereTheHostSaysSo() throws IOException {
    options.framing(ReaderOptions.Framing.ANY);
    answering("HTTP/1.0 200 OK||" + CONTENT);
    assertThat(read()).isEmpty();
    assertThat(kept.endings).containsExactly("complete 3");
  }

  @Test
  void download_otherFormats_areReadAsFateDoes() throws IOException {
    String content = "id;x1\r\nu1,3 \r\n\r\nu2\r\n";
    answering(whole("", content));
    assertThat(read(reading().idDelimiter(";"))).isEmpty();
    assertThat(kept.rows).containsExactly("id[x1]", "u1[3]", "u2[]");
    kept.held = null;
    answering(whole("", "u1,3\nu2,4,5"));
    assertThat(read(reading().head(Reading.Head.NONE))).isEmpty();
    assertThat(kept.rows).containsExactly("u1[3]", "u2[4, 5]");
    kept.held = null;
    answering(whole("", "x\nu1,3\nu2,4\n"));
    assertThat(read(reading().key(Reading.Key.MADE))).isEmpty();
    List<String> keys = kept.rows.stream().map(row -> row.replaceAll("\\[.*", "")).toList();
    assertThat(keys).doesNotHaveDuplicates().hasSize(3);
    assertThat(kept.rows.get(2)).endsWith("[u2,4]");
  }
}
