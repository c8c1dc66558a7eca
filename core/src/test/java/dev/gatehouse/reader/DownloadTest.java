package dev.gatehouse.reader;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.gatehouse.transport.Headers;
import dev.gatehouse.transport.StreamedResponse;
import java.io.ByteArrayInputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CancellationException;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class DownloadTest {
  private final List<String> calls = new ArrayList<>();

  private final FeatureFeed feed =
      new FeatureFeed() {
        @Override
        public Stream<String> ids(Reading reading) {
          return Stream.of();
        }

        @Override
        public FeatureSink open(Reading reading, Position from, long fence) {
          return new FeatureSink() {
            @Override
            public void row(FeatureRow row, Position after) {
              calls.add(row.key());
            }

            @Override
            public void complete(long rows) {
              calls.add("complete");
            }

            @Override
            public void broken() {
              calls.add("broken");
            }
          };
        }
      };

  private Download download(long told, String content, Download.Teller teller) {
    StreamedResponse answer =
        StreamedResponse.of(
            200,
            Headers.of("Content-Length", String.valueOf(told)),
            new ByteArrayInputStream(content.getBytes(StandardCharsets.US_ASCII)));
    Step step = Step.first(Reading.of("1").from("s").by("f"));
    return new Download(step, feed, ReaderOptions.DEFAULT, answer, teller);
  }

  @ParameterizedTest
  @ValueSource(ints = {9, 11})
  void take_ofAnotherLengthThanTold_isNotComplete(int told) {
    Download download = download(told, "id,x\nu1,3\n", (bytes, total, rows) -> {});
    assertThatThrownBy(() -> download.take(Position.START, 1))
        .hasMessage("download must end at byte " + told + " as its head tells, ended at 10");
    assertThat(calls).containsExactly("u1", "broken");
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 2_000})
  void take_ofAnAttemptThatIsOver_endsBeforeTheNextRowOrTheWord(int emptyLines) {
    String content = "id,x\nu1,3\n" + "\n".repeat(emptyLines) + (emptyLines == 0 ? "" : "u2,4\n");
    Download download =
        download(
            content.length(),
            content,
            (bytes, total, rows) -> {
              throw new CancellationException("the attempt is over");
            });
    assertThatThrownBy(() -> download.take(Position.START, 1))
        .isInstanceOf(CancellationException.class);
    assertThat(calls).containsExactly("u1", "broken");
  }
}
