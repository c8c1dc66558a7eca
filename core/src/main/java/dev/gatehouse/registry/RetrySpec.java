package dev.gatehouse.registry;

import static java.util.Objects.requireNonNull;

import dev.gatehouse.check.Check;
import java.time.Duration;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Reads the texts in which stores keep retry policies. Figures are bounded before they are read.
 */
final class RetrySpec {
  private static final Pattern LINEAR =
      Pattern.compile("linear:([0-9]{1,4}):([0-9]{1,2})(?::([0-9]{1,3}))?");
  private static final Pattern EXPONENTIAL =
      Pattern.compile(
          "exp:([0-9]{1,8}):([0-9]{1,2}(?:\\.[0-9])?):([0-9]{1,8}):([0-9]{1,2}):([0-9]{1,3})");

  private RetrySpec() {}

  static RetryPolicy parse(String spec) {
    requireNonNull(spec, "spec");
    Matcher linear = LINEAR.matcher(spec);
    if (linear.matches()) {
      String jitter = linear.group(3);
      return new LinearRetry(
          Duration.ofSeconds(Long.parseLong(linear.group(1))),
          Integer.parseInt(linear.group(2)),
          jitter == null ? 0 : Integer.parseInt(jitter));
    }
    Matcher exponential = EXPONENTIAL.matcher(spec);
    Check.that(
        exponential.matches(),
        "retry policy must match "
            + LINEAR
            + " or "
            + EXPONENTIAL
            + ", was '"
            + Check.shown(spec)
            + "'");
    return new ExponentialRetry(
        Duration.ofMillis(Long.parseLong(exponential.group(1))),
        Double.parseDouble(exponential.group(2)),
        Duration.ofMillis(Long.parseLong(exponential.group(3))),
        Integer.parseInt(exponential.group(4)),
        Integer.parseInt(exponential.group(5)));
  }
}
