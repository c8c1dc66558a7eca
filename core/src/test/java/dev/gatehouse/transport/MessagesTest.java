package dev.gatehouse.transport;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Collections;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class MessagesTest {
  private static final URI TARGET = URI.create("https://third.example/a/b?token=t0ken");

  @Test
  void headers_lookup_ignoresCaseAndKeepsOrder() {
    Headers headers = Headers.of("X-A", "1", "b", "2", "x-a", "3");
    assertThat(headers.first("x-A")).contains("1");
    assertThat(headers.all("X-a")).containsExactly("1", "3");
    assertThat(headers.first("c")).isEmpty();
    assertThat(headers.and("c", "4").fields()).hasSize(4);
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "a b", "a:b", "a\r\nb", "ä", "a\u0000"})
  void headers_name_mustBeToken(String name) {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> Headers.of(name, "v"))
        .withMessageStartingWith("header name must match");
  }

  @ParameterizedTest
  @ValueSource(strings = {"a\r\nSet-Cookie: x", "a\nb", "a\u0000b", "a\u007fb"})
  void headers_value_mustNotInject(String value) {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> Headers.of("x", value))
        .withMessageStartingWith("header x must not hold control characters");
  }

  @Test
  void headers_limits_edges() {
    assertThat(Headers.of("x", "v".repeat(16 << 10)).fields()).hasSize(1);
    assertThatIllegalArgumentException()
        .isThrownBy(() -> Headers.of("x", "v".repeat((16 << 10) + 1)));
    Headers.Field field = new Headers.Field("x", "v");
    assertThat(Headers.of(Collections.nCopies(128, field)).fields()).hasSize(128);
    assertThatIllegalArgumentException()
        .isThrownBy(() -> Headers.of(Collections.nCopies(129, field)))
        .withMessage("number of headers must be in 0..128, was 129");
    assertThatIllegalArgumentException().isThrownBy(() -> Headers.of("x"));
  }

  @Test
  void request_body_isCopiedInAndOut() {
    byte[] body = "data".getBytes(StandardCharsets.UTF_8);
    Request request = Request.post(TARGET, body);
    body[0] = 'X';
    request.body()[1] = 'X';
    assertThat(request.body()).isEqualTo("data".getBytes(StandardCharsets.UTF_8));
  }

  @Test
  void request_bodySize_edge() {
    assertThat(Request.post(TARGET, new byte[Request.MAX_BODY]).body()).hasSize(Request.MAX_BODY);
    assertThatIllegalArgumentException()
        .isThrownBy(() -> Request.post(TARGET, new byte[Request.MAX_BODY + 1]))
        .withMessage("body must have at most 1048576 bytes, had 1048577");
  }

  @Test
  void request_method_mustBeUpperCaseLetters() {
    assertThatIllegalArgumentException().isThrownBy(() -> Request.of("get", TARGET));
    assertThatIllegalArgumentException().isThrownBy(() -> Request.of("GET /x", TARGET));
  }

  @Test
  void toString_ofMessages_showsNeitherQueryNorHeaderValueNorBody() {
    Request request = Request.post(TARGET, "s3cret").header("Authorization", "hunter2");
    assertThat(request + " " + request.headers() + " " + Response.of(200, "s3cret"))
        .doesNotContain("t0ken", "s3cret", "hunter2")
        .contains("POST third.example/a/b", "Authorization", "200");
  }

  @Test
  void response_status_range() {
    assertThat(Response.of(100, "").status()).isEqualTo(100);
    assertThatIllegalArgumentException().isThrownBy(() -> Response.of(99, ""));
    assertThatIllegalArgumentException().isThrownBy(() -> Response.of(600, ""));
  }

  @Test
  void response_truncated_saysSoAndIsNoStream() {
    byte[] beginning = {'a', 'b'};
    Response cut = Response.truncated(200, Headers.of("a", "b"), beginning);
    beginning[0] = 'x';
    assertThat(cut.isTruncated()).isTrue();
    assertThat(cut.text()).isEqualTo("ab");
    assertThat(cut.headers().first("a")).contains("b");
    assertThat(Response.of(200, "ab").isTruncated()).isFalse();
    assertThatIllegalArgumentException()
        .isThrownBy(() -> StreamedResponse.of(cut))
        .withMessage("response must be whole, was truncated");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> Response.truncated(99, Headers.NONE, beginning))
        .withMessage("status must be in 100..599, was 99");
  }

  @Test
  void deadline_range_andRemaining() {
    assertThat(Deadline.in(Duration.ofHours(1)).remaining())
        .isBetween(Duration.ofMinutes(59), Duration.ofHours(1));
    assertThatIllegalArgumentException().isThrownBy(() -> Deadline.in(Duration.ZERO));
    assertThatIllegalArgumentException().isThrownBy(() -> Deadline.in(Duration.ofDays(2)));
  }

  @Test
  void deadline_byAnotherClock_comesWhenThatOneSays() {
    AtomicLong nanos = new AtomicLong(Long.MAX_VALUE - 5);
    Deadline deadline = Deadline.in(Duration.ofHours(1), nanos::get);
    nanos.addAndGet(Duration.ofMinutes(59).toNanos());
    assertThat(deadline.remaining()).isEqualTo(Duration.ofMinutes(1));
    assertThat(deadline).hasToString("Deadline in PT1M");
    nanos.addAndGet(Duration.ofHours(2).toNanos());
    assertThat(deadline.remaining()).isZero();
    assertThatIllegalArgumentException().isThrownBy(() -> Deadline.in(Duration.ZERO, nanos::get));
  }

  @Test
  void stream_byATransportThatCannot_failsAndDoesNotThrow() {
    Transport small =
        (request, deadline) -> CompletableFuture.completedFuture(Response.of(200, ""));
    assertThat(
            small.stream(
                    Request.get(URI.create("http://a.example/")),
                    BodySource.of(new byte[0]),
                    Deadline.in(Duration.ofSeconds(1)))
                .toCompletableFuture())
        .failsWithin(Duration.ofSeconds(1))
        .withThrowableThat()
        .withMessageContaining("this transport does not stream bodies");
  }
}
