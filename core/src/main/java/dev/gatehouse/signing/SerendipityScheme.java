package dev.gatehouse.signing;

import static java.util.Objects.requireNonNull;

import dev.gatehouse.check.Check;
import dev.gatehouse.check.Form;
import dev.gatehouse.registry.Application;
import dev.gatehouse.transport.Headers;
import dev.gatehouse.transport.Request;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.time.Duration;
import java.time.Instant;
import java.util.Base64;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.Set;
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

  private static final Form APP_KEY = Form.of("[A-Za-z0-9]", 16, 16);
  private static final Form VISIBLE = Form.of("[\\x21-\\x7e]", 1, 256);
  private static final Form STRICT_TIMESTAMP = Form.of("[0-9]", 10, 10);
  private static final Form STRICT_NONCE = Form.of("[A-Za-z0-9]", 6, 64);
  private static final int MD5_BYTES = 16;
  private static final int SHA256_BYTES = 32;
  private static final int MAC_BYTES = 32;
  private static final HexFormat HEX = HexFormat.of();

  private static final SerendipityScheme STRICT = new SerendipityScheme(0, Set.of());

  /** 0 if all are judged strictly. */
  private final long maxAgeSeconds;

  /** The app keys whose requests are not judged strictly, or null if that is all. */
  private final @Nullable Set<String> lenientTo;

  private SerendipityScheme(long maxAgeSeconds, @Nullable Set<String> lenientTo) {
    super(TimeWindow.DEFAULT);
    this.maxAgeSeconds = maxAgeSeconds;
    this.lenientTo = lenientTo;
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
   * they are as good as a password, those too that were signed to be judged by {@link #strict()}.
   * What PHP takes for empty, such as {@code 0}, is refused. Where only some clients need it, name
   * them: {@link #compat(Duration, Set)}.
   *
   * @param maxAge whole seconds, 1 s to 1800 days; above 30 days a warning is logged
   */
  public static SerendipityScheme compat(Duration maxAge) {
    return lenient(maxAge, null);
  }

  /**
   * As {@link #compat(Duration)} for the applications named, and as {@link #strict()} for all
   * others, so that an endpoint need not be open for all because of one old client. Whoever knows
   * an app key can find out by requests that are refused whether it is one of those named.
   *
   * @param maxAge whole seconds, 1 s to 1800 days; above 30 days a warning is logged
   * @param appKeys of the clients that cannot be changed yet
   */
  public static SerendipityScheme compat(Duration maxAge, Set<String> appKeys) {
    Set<String> named = Set.copyOf(requireNonNull(appKeys, "appKeys"));
    for (String appKey : named) {
      Check.matches(appKey, APP_KEY, "appKey");
    }
    return lenient(maxAge, named);
  }

  private static SerendipityScheme lenient(Duration maxAge, @Nullable Set<String> appKeys) {
    Check.range(maxAge, Duration.ofSeconds(1), MAX_AGE, "maxAge");
    Check.that(maxAge.toNanosPart() == 0, "maxAge must be whole seconds, was " + maxAge);
    if (maxAge.compareTo(DEFAULT_AGE) > 0) {
      LoggerFactory.getLogger(SerendipityScheme.class)
          .warn(
              "Signed headers are accepted for {} days: whoever gets hold of some can use them as"
                  + " long; meant for a migration only",
              maxAge.toDays());
    }
    return new SerendipityScheme(maxAge.toSeconds(), appKeys);
  }

  /** Or a request could choose how it is judged by naming another. */
  @Override
  Scheme forOnly(Application application) {
    return isStrict(application.appKey()) ? STRICT : new SerendipityScheme(maxAgeSeconds, null);
  }

  /** Whether requests of that application are judged as in {@link #strict()}. */
  private boolean isStrict(String appKey) {
    return maxAgeSeconds == 0 || (lenientTo != null && !lenientTo.contains(appKey));
  }

  @Override
  Claim read(Request request) {
    Headers headers = request.headers();
    String appKey = single(headers, "app_key");
    HeaderReader.matching(appKey, APP_KEY, "header app_key");
    boolean strict = isStrict(appKey);
    String nonce = single(headers, "nonce");
    HeaderReader.matching(nonce, strict ? STRICT_NONCE : VISIBLE, "header nonce");
    String timestamp = single(headers, "timestamps");
    Instant signedAt =
        strict
            ? Instant.ofEpochSecond(
                Long.parseLong(
                    HeaderReader.matching(timestamp, STRICT_TIMESTAMP, "header timestamps")))
            : HeaderReader.seconds(timestamp, "header timestamps");
    String payload = single(headers, "payload");
    if (strict) {
      int bytes = payload.length() == 2 * MD5_BYTES ? MD5_BYTES : SHA256_BYTES;
      HeaderReader.lowerHex(payload, bytes, "header payload");
    } else {
      HeaderReader.matching(payload, VISIBLE, "header payload");
    }
    byte[] signature = signature(single(headers, "signature"));
    Proof proof = new Proof(message(timestamp, nonce, payload), signature, algorithms());
    return new Claim(appKey, signedAt, nonce, payload, List.of(proof));
  }

  private static String single(Headers headers, String name) {
    String value = LooseHeaders.one(headers, name);
    if (value.equals("0")) {
      throw HeaderReader.malformed("header " + name + " is 0, which upstream takes for empty");
    }
    return value;
  }

  /** Reads one spelling only, so that no second text stands for the same signature. */
  private static byte[] signature(String base64) {
    byte[] hex = HeaderReader.base64(base64, "header signature");
    return HeaderReader.lowerHex(
        new String(hex, StandardCharsets.ISO_8859_1), MAC_BYTES, "header signature, decoded,");
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
    if (isStrict(claim.party())) {
      return super.isTimely(claim, now);
    }
    long age = now.getEpochSecond() - requireNonNull(claim.signedAt()).getEpochSecond();
    return age <= maxAgeSeconds && -age <= SKEW.toSeconds();
  }

  @Override
  boolean covers(Claim claim, Request request) {
    if (!isStrict(claim.party())) {
      return true;
    }
    String algorithm = claim.content().length() == 2 * MD5_BYTES ? "MD5" : "SHA-256";
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
  Optional<Instant> remembersUntil(Claim claim, Instant now) {
    return isStrict(claim.party()) ? super.remembersUntil(claim, now) : Optional.empty();
  }

  @Override
  public String toString() {
    if (maxAgeSeconds == 0) {
      return "SerendipityScheme strict";
    }
    return "SerendipityScheme compat, "
        + maxAgeSeconds
        + " s"
        + (lenientTo == null ? "" : ", for " + lenientTo.size() + " applications");
  }
}
