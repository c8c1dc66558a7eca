package dev.gatehouse.signing;

import static java.util.Objects.requireNonNull;

import dev.gatehouse.check.Check;
import dev.gatehouse.transport.Headers;
import dev.gatehouse.transport.Request;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.time.Duration;
import java.time.Instant;
import java.util.Base64;
import java.util.HexFormat;
import java.util.List;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.slf4j.LoggerFactory;

/**
 * The scheme of Serendipity-job: headers {@code app_key}, {@code nonce}, {@code timestamps}, {@code
 * payload} and {@code signature}, where
 *
 * <pre>{@code
 * signature = Base64(lower-case hex(HMAC-SHA256(secret, timestamps || nonce || payload)))
 * }</pre>
 *
 * <p>Header names are alike whatever their case and with {@code -} in place of {@code _}, since
 * many proxies drop names with underscores. A header that occurs twice is refused, in whichever
 * spelling.
 *
 * <p>Signing puts the lower-case hex MD5 of the body, or of the raw query if the body is empty,
 * into {@code payload}, as every receiver of this scheme expects. MD5 cannot be forged for a given
 * body, but whoever may choose a body that we sign can prepare a second one with the same MD5.
 * Neither method nor path is signed, nor whether a message is a request or a callback: use this
 * scheme over TLS.
 *
 * <p>Two profiles differ in what they accept. Immutable.
 */
public final class SerendipityScheme extends Scheme {
  /** How far a timestamp may lie in the future, and in {@link #strict} in the past. */
  public static final Duration SKEW = Duration.ofMinutes(5);

  /** Greatest age in {@link #compat()}. */
  public static final Duration DEFAULT_AGE = Duration.ofDays(30);

  /** Greatest age that {@link #compat(Duration)} can be given: what upstream accepts. */
  public static final Duration MAX_AGE = Duration.ofDays(1800);

  private static final Pattern APP_KEY = Pattern.compile("[A-Za-z0-9]{16}");
  private static final Pattern SIGNATURE = Pattern.compile("[A-Za-z0-9+/]{86}==");
  private static final Pattern VISIBLE = Pattern.compile("[\\x21-\\x7e]{1,256}");
  private static final Pattern STRICT_TIMESTAMP = Pattern.compile("[0-9]{10}");
  private static final Pattern STRICT_NONCE = Pattern.compile("[A-Za-z0-9]{6,64}");
  private static final Pattern STRICT_PAYLOAD = Pattern.compile("[0-9a-f]{32}|[0-9a-f]{64}");
  private static final Pattern COMPAT_TIMESTAMP = Pattern.compile("[1-9][0-9]{0,9}");
  private static final Pattern LOWER_HEX = Pattern.compile("[0-9a-f]{64}");
  private static final HexFormat HEX = HexFormat.of();

  private static final SerendipityScheme STRICT = new SerendipityScheme();

  private final boolean strict;
  private final long maxAgeSeconds;

  private SerendipityScheme() {
    super(TimeWindow.DEFAULT);
    strict = true;
    maxAgeSeconds = SKEW.toSeconds();
  }

  private SerendipityScheme(Duration maxAge) {
    strict = false;
    maxAgeSeconds = maxAge.toSeconds();
  }

  /**
   * For all new work: timestamps of ten digits at most 300 s off either way; nonces of 6..64
   * letters and digits, each accepted once; and a payload that is the lower-case hex MD5 or SHA-256
   * of the raw body, or of the raw query if the body is empty.
   */
  public static SerendipityScheme strict() {
    return STRICT;
  }

  /** As {@link #compat(Duration)} with 30 days. */
  public static SerendipityScheme compat() {
    return compat(DEFAULT_AGE);
  }

  /**
   * For clients that were written against upstream and cannot be changed yet: any decimal timestamp
   * that is no older than the age and at most 300 s in the future, any nonce and any payload. The
   * content is not covered and headers can be used again and again while they are young enough:
   * they are as good as a password. What PHP takes for empty, such as {@code 0}, is refused.
   *
   * @param maxAge whole seconds, 1 s to 1800 days; above 30 days a warning is logged
   */
  public static SerendipityScheme compat(Duration maxAge) {
    Check.range(maxAge, Duration.ofSeconds(1), MAX_AGE, "maxAge");
    Check.that(maxAge.toNanosPart() == 0, "maxAge must be whole seconds, was " + maxAge);
    if (maxAge.compareTo(DEFAULT_AGE) > 0) {
      LoggerFactory.getLogger(SerendipityScheme.class)
          .warn(
              "Signed headers are accepted for {} days: whoever gets hold of some can use them as"
                  + " long; meant for a migration only",
              maxAge.toDays());
    }
    return new SerendipityScheme(maxAge);
  }

  @Override
  Claim read(Request request) {
    Headers headers = request.headers();
    String appKey = single(headers, "app_key", APP_KEY);
    String nonce = single(headers, "nonce", strict ? STRICT_NONCE : VISIBLE);
    String timestamp = single(headers, "timestamps", strict ? STRICT_TIMESTAMP : COMPAT_TIMESTAMP);
    String payload = single(headers, "payload", strict ? STRICT_PAYLOAD : VISIBLE);
    String signature = single(headers, "signature", SIGNATURE);
    return new Claim(
        appKey,
        Instant.ofEpochSecond(Long.parseLong(timestamp)),
        nonce,
        payload,
        List.of(new Proof(message(timestamp, nonce, payload), decode(signature), algorithms())));
  }

  private static String single(Headers headers, String name, Pattern form) {
    String value = LooseHeaders.one(headers, name, form);
    if (value.equals("0")) {
      throw HeaderReader.malformed("header " + name + " is 0, which upstream takes for empty");
    }
    return value;
  }

  /** Reads one spelling only, so that no second text stands for the same signature. */
  private static byte[] decode(String signature) {
    byte[] hex = Base64.getDecoder().decode(signature);
    String text = new String(hex, StandardCharsets.ISO_8859_1);
    if (!LOWER_HEX.matcher(text).matches() || !encode(HEX.parseHex(text)).equals(signature)) {
      throw HeaderReader.malformed("header signature is not Base64 of lower-case hex");
    }
    return HEX.parseHex(text);
  }

  private static String encode(byte[] signature) {
    byte[] hex = HEX.formatHex(signature).getBytes(StandardCharsets.US_ASCII);
    return Base64.getEncoder().encodeToString(hex);
  }

  private static byte[] message(String timestamp, String nonce, String payload) {
    return (timestamp + nonce + payload).getBytes(StandardCharsets.UTF_8);
  }

  @Override
  boolean isTimely(Claim claim, Instant now) {
    if (strict) {
      return super.isTimely(claim, now);
    }
    long age = now.getEpochSecond() - requireNonNull(claim.signedAt()).getEpochSecond();
    return age <= maxAgeSeconds && -age <= SKEW.toSeconds();
  }

  @Override
  boolean covers(Claim claim, Request request) {
    if (!strict) {
      return true;
    }
    String algorithm = claim.content().length() == 32 ? "MD5" : "SHA-256";
    byte[] digest = HEX.parseHex(claim.content());
    return MessageDigest.isEqual(digest, SignedBytes.digest(algorithm, content(request)));
  }

  @Override
  SignedHeaders sign(Request request, Signing signing) {
    LooseHeaders.unsigned(
        request.headers(), "app_key", "nonce", "timestamps", "payload", "signature");
    String timestamp = Long.toString(signing.now().getEpochSecond());
    String payload = HEX.formatHex(SignedBytes.digest("MD5", content(request)));
    byte[] signature = signing.key().sign(message(timestamp, signing.nonce(), payload));
    return new SignedHeaders(
        Headers.of(
            "app_key", signing.party(),
            "nonce", signing.nonce(),
            "timestamps", timestamp,
            "payload", payload,
            "signature", encode(signature)));
  }

  private static byte[] content(Request request) {
    byte[] body = request.body();
    if (body.length > 0) {
      return body;
    }
    @Nullable String query = request.uri().getRawQuery();
    return query == null ? body : query.getBytes(StandardCharsets.UTF_8);
  }

  @Override
  public String toString() {
    return strict
        ? "SerendipityScheme strict"
        : "SerendipityScheme compat, " + maxAgeSeconds + " s";
  }
}
