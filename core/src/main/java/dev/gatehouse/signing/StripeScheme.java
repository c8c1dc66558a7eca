package dev.gatehouse.signing;

import dev.gatehouse.check.Check;
import dev.gatehouse.transport.Headers;
import dev.gatehouse.transport.Request;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Webhooks as Stripe signs them: one header {@code Stripe-Signature: t=1614265330,v1=...}, where
 * {@code v1} is the lower-case hex HMAC-SHA256 of timestamp, full stop and the exact bytes of the
 * body. There may be up to eight {@code v1}, of which any one is enough; {@code v0} and whatever
 * else is listed (16 entries at most) is passed over. When signing there is one by the key that
 * signs, and one by each that did before and is left to verify. A second {@code t} is refused. The
 * timestamp may be off by 5 minutes either way.
 *
 * <p>The key is the whole text of the secret as Stripe shows it, {@code whsec_} included, and not
 * what its Base64 stands for. Nothing in the header is unique to a message, so that it is
 * remembered by the hash of what was signed: the same body can be sent once in a second.
 *
 * <p>The header does not tell who signed: see {@link Verifier#from}. A key must not serve another
 * style of webhooks besides, or what is signed for the one could be taken for the other. Immutable.
 */
public final class StripeScheme extends WebhookScheme {
  private static final String HEADER = "Stripe-Signature";
  private static final Pattern NAME = Pattern.compile("[A-Za-z0-9-]{1,64}");
  private static final int MAX_ENTRIES = 16;
  private static final int MAX_SIGNATURES = 8;
  private static final int HMAC_LENGTH = 32;

  private final String header;

  private StripeScheme(String header, TimeWindow window) {
    super(window);
    this.header = header;
  }

  /** As Stripe does, with a tolerance of 5 minutes. */
  public static StripeScheme create() {
    return new StripeScheme(HEADER, TimeWindow.DEFAULT);
  }

  /**
   * For others that sign in this style under a name of their own, such as {@code
   * Calendly-Webhook-Signature}.
   *
   * @param header its name: 1..64 letters, digits and hyphens
   * @param tolerance how far a timestamp may be off either way: whole seconds, 1 s to 1 hour
   */
  public static StripeScheme create(String header, Duration tolerance) {
    return new StripeScheme(Check.matches(header, NAME, "header"), new TimeWindow(tolerance));
  }

  @Override
  Claim read(Request request) {
    String[] entries = HeaderReader.single(request.headers(), header).split(",", MAX_ENTRIES + 1);
    if (entries.length > MAX_ENTRIES) {
      throw HeaderReader.malformed(header + " lists more than " + MAX_ENTRIES + " entries");
    }
    @Nullable String timestamp = null;
    List<byte[]> signatures = new ArrayList<>(1);
    for (String entry : entries) {
      int equals = entry.indexOf('=');
      if (equals < 1) {
        throw HeaderReader.malformed(header + " holds what is no name and value");
      }
      String value = entry.substring(equals + 1);
      switch (entry.substring(0, equals)) {
        case "t" -> {
          if (timestamp != null) {
            throw HeaderReader.malformed(header + " holds more than one t");
          }
          timestamp = value;
        }
        case "v1" -> signatures.add(HeaderReader.lowerHex(value, HMAC_LENGTH, header));
        default -> {}
      }
    }
    return claim(request, timestamp, signatures);
  }

  private Claim claim(Request request, @Nullable String timestamp, List<byte[]> signatures) {
    if (timestamp == null) {
      throw HeaderReader.malformed(header + " holds no t");
    }
    Instant signedAt = HeaderReader.seconds(timestamp, header);
    if (signatures.isEmpty() || signatures.size() > MAX_SIGNATURES) {
      throw HeaderReader.malformed(header + " does not hold 1.." + MAX_SIGNATURES + " v1");
    }
    byte[] message = SignedBytes.of(timestamp + ".", request.body(), "");
    Proof proof = new Proof(message, signatures, algorithms());
    return new Claim("", signedAt, SignedBytes.hash(message), "", List.of(proof));
  }

  @Override
  SignedHeaders sign(Request request, Signing signing) {
    SignedBytes.unsigned(request.headers(), header);
    String timestamp = Long.toString(signing.now().getEpochSecond());
    byte[] message = SignedBytes.of(timestamp + ".", request.body(), "");
    String signatures =
        signing.keys().stream()
            .map(ready -> ",v1=" + HexFormat.of().formatHex(ready.signature().sign(message)))
            .collect(Collectors.joining());
    return new SignedHeaders(Headers.of(header, "t=" + timestamp + signatures));
  }

  @Override
  Set<Key.Algorithm> algorithms() {
    return Set.of(Key.Algorithm.HMAC_SHA256);
  }

  @Override
  public String toString() {
    return "StripeScheme " + header;
  }
}
