package dev.gatehouse.scheduler;

import dev.gatehouse.transport.Headers;
import dev.gatehouse.transport.Response;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;
import java.util.Optional;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * How long a receiver asks to be left alone: {@code Retry-After} of an answer of 429 or 503, in
 * whole seconds or as an IMF-fixdate (RFC 9110, 10.2.3 and 5.6.7). The receiver is a stranger: what
 * is neither counts as not said, a time past as none, more than {@link #LONGEST} as that, and of
 * several fields the longest.
 */
final class RetryAfterHeader {
  /** Longest wait that a receiver may ask for. */
  static final Duration LONGEST = Duration.ofHours(1);

  private static final Pattern SECONDS = Pattern.compile("[0-9]{1,64}");
  private static final int MAX_TEXT = 64;

  private RetryAfterHeader() {}

  /** The wait, counted from now; null if none was asked for. */
  static @Nullable Duration of(Response response, Instant now) {
    int status = response.status();
    return status == 429 || status == 503 ? of(response.headers(), now) : null;
  }

  private static @Nullable Duration of(Headers headers, Instant now) {
    return headers.all("Retry-After").stream()
        .flatMap(text -> parse(text.strip(), now).stream())
        .max(Duration::compareTo)
        .orElse(null);
  }

  private static Optional<Duration> parse(String text, Instant now) {
    if (text.length() > MAX_TEXT) {
      return Optional.empty();
    }
    if (SECONDS.matcher(text).matches()) {
      String digits = text.replaceFirst("^0+(?=.)", "");
      return Optional.of(
          digits.length() > 4 ? LONGEST : bounded(Duration.ofSeconds(Long.parseLong(digits))));
    }
    try {
      ZonedDateTime date = ZonedDateTime.parse(text, DateTimeFormatter.RFC_1123_DATE_TIME);
      return Optional.of(bounded(Duration.between(now, date.toInstant())));
    } catch (DateTimeException e) {
      return Optional.empty();
    }
  }

  private static Duration bounded(Duration wait) {
    if (wait.isNegative()) {
      return Duration.ZERO;
    }
    return wait.compareTo(LONGEST) > 0 ? LONGEST : wait;
  }
}
