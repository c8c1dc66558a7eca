package dev.gatehouse.scheduler;

import dev.gatehouse.registry.Application;
import dev.gatehouse.transport.Deadline;
import dev.gatehouse.transport.Request;
import dev.gatehouse.transport.Response;
import dev.gatehouse.transport.Transport;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Arrays;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/**
 * Makes an attempt of a task by posting {@code {"data":CONTENT}} to its application's callback,
 * signed in the application's name. It succeeded if the status is 200..299 and the body, of at most
 * 4 KiB and without white space around it, is {@code success} in ASCII letters of either case.
 *
 * <p>Of an answer that fails, the record keeps the status and the length, not the text: the text is
 * the receiver's to log, may be secret, and would let whoever sets the callback's address read what
 * answers there. An answer of 429 or 503 may ask for a wait ({@link RetryAfterHeader}). Safe for
 * use by multiple threads.
 */
final class CallbackSender {
  /** Longest content, so that the body is no longer than a request's may be. */
  static final int MAX_CONTENT = Request.MAX_BODY - "{\"data\":}".length();

  private static final String PREFIX = "{\"data\":";
  private static final String SUFFIX = "}";
  private static final int MAX_ANSWER = 4 << 10;
  private static final byte[] SUCCESS = "success".getBytes(StandardCharsets.US_ASCII);

  private final Callbacks callbacks;
  private final InstantSource clock;

  CallbackSender(Callbacks callbacks, InstantSource clock) {
    this.callbacks = callbacks;
    this.clock = clock;
  }

  /** An exchange under way, which can be cancelled, and what it comes to; that never fails. */
  record Posted(CompletableFuture<Response> exchange, CompletionStage<Ending> ending) {}

  /** Posts, without waiting for the answer; if there is nobody to post to, that is the ending. */
  Posted post(HeldTask held, @Nullable Application application) {
    Optional<URI> callback = Optional.ofNullable(application).flatMap(Application::callback);
    Transport transport = callbacks.transport();
    if (application == null || callback.isEmpty()) {
      return ended(Ending.failureForGood("the task's application has no callback"));
    }
    if (transport == null) {
      return ended(Ending.failureForGood("no transport: callbacks cannot be made here"));
    }
    Request request =
        Request.post(callback.get(), PREFIX + held.content() + SUFFIX)
            .header("Content-Type", "application/json")
            .header("Idempotency-Key", held.id().toString());
    Request signed = callbacks.signers().apply(application).sign(request).addTo(request);
    Deadline deadline = Deadline.in(Duration.ofMillis(held.row().timeoutMillis()));
    CompletableFuture<Response> exchange = transport.send(signed, deadline).toCompletableFuture();
    return new Posted(exchange, exchange.handle(this::ending));
  }

  private static Posted ended(Ending ending) {
    return new Posted(new CompletableFuture<>(), CompletableFuture.completedFuture(ending));
  }

  private Ending ending(@Nullable Response response, @Nullable Throwable failure) {
    if (response == null) {
      Throwable cause =
          failure instanceof CompletionException && failure.getCause() != null
              ? failure.getCause()
              : failure;
      return cause == null ? Ending.failure(null, "no answer") : Ending.thrown(cause);
    }
    int status = response.status();
    if (status < 200 || status > 299) {
      Duration wait = RetryAfterHeader.of(response, clock.instant());
      return Ending.failure(status, "HTTP " + status, wait);
    }
    byte[] body = response.body();
    if (!response.isTruncated() && isSuccess(body)) {
      return Ending.success(status, null);
    }
    String length = (response.isTruncated() ? "more than " : "") + body.length;
    return Ending.failure(
        status, "HTTP " + status + ", but " + length + " bytes other than 'success'");
  }

  private static boolean isSuccess(byte[] body) {
    if (body.length > MAX_ANSWER) {
      return false;
    }
    int from = 0;
    int to = body.length;
    while (from < to && isBlank(body[from])) {
      from++;
    }
    while (from < to && isBlank(body[to - 1])) {
      to--;
    }
    byte[] word = Arrays.copyOfRange(body, from, to);
    for (int i = 0; i < word.length; i++) {
      if (word[i] >= 'A' && word[i] <= 'Z') {
        word[i] = (byte) (word[i] + ('a' - 'A'));
      }
    }
    return Arrays.equals(word, SUCCESS);
  }

  private static boolean isBlank(byte b) {
    return b == ' ' || (b >= '\t' && b <= '\r');
  }
}
