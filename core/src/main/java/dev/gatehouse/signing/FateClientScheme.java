package dev.gatehouse.signing;

import static java.util.Objects.requireNonNull;

import dev.gatehouse.check.Check;
import dev.gatehouse.check.Form;
import dev.gatehouse.registry.Application;
import dev.gatehouse.registry.Registry;
import dev.gatehouse.transport.Headers;
import dev.gatehouse.transport.Request;
import java.io.ByteArrayOutputStream;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Base64;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The scheme by which clients of FATE Flow sign: headers {@code TIMESTAMP} in epoch milliseconds,
 * {@code NONCE}, {@code APP_KEY} and {@code SIGNATURE}, where
 *
 * <pre>{@code
 * signature = Base64(HMAC-SHA1(secret, timestamp LF nonce LF app key LF target LF body LF form))
 * }</pre>
 *
 * <p>The target is path and query as they stand in the request, without question marks at the end;
 * the form is that of a body of type {@code application/x-www-form-urlencoded}, its fields sorted
 * and percent-encoded, else empty; the body is the raw body, but empty if it is a form or JSON that
 * Python takes for false, such as <code>{}</code>, {@code []} or {@code 0}. Neither method nor host
 * is signed, and one such body can be put in place of another: use this scheme over TLS.
 *
 * <p>Upstream accepts a request again and again for 60 s; here each nonce is accepted once. A
 * timestamp must be less than 60 s off, either way. Upstream leaves some content unsigned: a body
 * that is neither JSON nor a form, all but the first field of a name, a question mark at the end of
 * a query. Here such a body is signed as it is, and such a form or query is refused; of what
 * upstream accepts from its clients, only uploads of files fail.
 *
 * <p>Header names are alike whatever their case and with {@code -} in place of {@code _}. A header
 * that occurs twice is refused, in whichever spelling. An app key is the one that the registry gave
 * to the application, or one that the client brings along and that {@link #client} says is the
 * application's; the secret of such a client comes in by {@link KeyMaterial#fateSecret}. Immutable.
 */
public final class FateClientScheme extends Scheme {
  /** A timestamp must be less than this off. */
  public static final Duration WINDOW = Duration.ofSeconds(60);

  /** What is dated ahead holds for twice the window; once more for a clock that is set back. */
  private static final Duration REMEMBERED = WINDOW.multipliedBy(3);

  private static final Set<Key.Algorithm> ALGORITHMS = Set.of(Key.Algorithm.HMAC_SHA1);
  private static final int TIMESTAMP_DIGITS = 15;
  private static final int SIGNATURE_BYTES = 20;
  private static final Form VISIBLE = Form.of("[\\x21-\\x7e]", 1, NonceStore.MAX_NONCE);

  /** What Python writes for what it takes for false. */
  private static final Set<String> FALSE =
      Set.of("null", "false", "0", "0.0", "-0.0", "\"\"", "[]", "{}");

  /** Most clients with an app key of their own. */
  public static final int MAX_CLIENTS = Aliases.MAX;

  private static final FateClientScheme PLAIN = new FateClientScheme(Aliases.NONE);

  private final Aliases clients;

  private FateClientScheme(Aliases clients) {
    this.clients = clients;
  }

  /** The scheme, for clients with the app keys that the registry gave them. */
  public static FateClientScheme create() {
    return PLAIN;
  }

  /**
   * This scheme with a client that there was before it was registered here, and that goes on using
   * its own app key: requests with that are the application's, as those with its registered one
   * are, and what is signed for the application has that. Meant for what a FATE site has configured
   * as its {@code http_app_key}.
   *
   * @param appKey 1..128 characters of visible ASCII
   * @throws IllegalArgumentException if the app key or the application was given before, or {@value
   *     #MAX_CLIENTS} were
   */
  public FateClientScheme client(String appKey, Application application) {
    Check.matches(appKey, VISIBLE, "appKey");
    return new FateClientScheme(clients.and(appKey, application));
  }

  @Override
  Optional<Application> application(Claim claim, Registry registry) {
    return registry.findApplicationByKey(clients.appKey(claim.party()));
  }

  @Override
  Set<Key.Algorithm> algorithms() {
    return ALGORITHMS;
  }

  @Override
  Claim read(Request request) {
    Headers headers = request.headers();
    String appKey = LooseHeaders.one(headers, "app_key", VISIBLE);
    String nonce = LooseHeaders.one(headers, "nonce", VISIBLE);
    String timestamp = LooseHeaders.one(headers, "timestamp");
    long millis = HeaderReader.decimal(timestamp, TIMESTAMP_DIGITS, "header timestamp");
    byte[] signature = LooseHeaders.base64(headers, "signature", SIGNATURE_BYTES, SIGNATURE_BYTES);
    byte[] message;
    try {
      message = message(timestamp, nonce, appKey, request);
    } catch (IllegalArgumentException e) {
      throw HeaderReader.malformed(String.valueOf(e.getMessage()));
    }
    return new Claim(
        appKey,
        Instant.ofEpochMilli(millis),
        nonce,
        "",
        List.of(new Proof(message, signature, ALGORITHMS)));
  }

  @Override
  ChronoUnit precision() {
    return ChronoUnit.MILLIS;
  }

  @Override
  boolean isTimely(Claim claim, Instant now) {
    Duration age = Duration.between(requireNonNull(claim.signedAt()), now).abs();
    return age.compareTo(WINDOW) < 0;
  }

  @Override
  Optional<Instant> remembersUntil(Claim claim, Instant now) {
    return Optional.of(now.plus(REMEMBERED));
  }

  @Override
  SignedHeaders sign(Request request, Signing signing) {
    LooseHeaders.unsigned(request.headers(), "timestamp", "nonce", "app_key", "signature");
    String timestamp = Long.toString(signing.now().toEpochMilli());
    String appKey = clients.name(signing.party());
    byte[] message = message(timestamp, signing.nonce(), appKey, request);
    return new SignedHeaders(
        Headers.of(
            "TIMESTAMP",
            timestamp,
            "NONCE",
            signing.nonce(),
            "APP_KEY",
            appKey,
            "SIGNATURE",
            Base64.getEncoder().encodeToString(signing.key().sign(message))));
  }

  /**
   * What is signed.
   *
   * @throws IllegalArgumentException if part of the request would not be
   */
  private static byte[] message(String timestamp, String nonce, String appKey, Request request) {
    boolean isForm = FateForm.isForm(request.headers());
    byte[] body = request.body();
    String head = String.join("\n", timestamp, nonce, appKey, target(request.uri()), "");
    ByteArrayOutputStream message = new ByteArrayOutputStream(head.length() + body.length + 1);
    message.writeBytes(head.getBytes(StandardCharsets.UTF_8));
    if (!isForm && !isFalse(body)) {
      message.writeBytes(body);
    }
    message.write('\n');
    if (isForm) {
      message.writeBytes(FateForm.sorted(body).getBytes(StandardCharsets.US_ASCII));
    }
    return message.toByteArray();
  }

  private static String target(URI uri) {
    Check.that(
        uri.getScheme() != null || uri.getRawAuthority() == null,
        "a target without a host must not begin with two slashes");
    @Nullable String path = uri.getRawPath();
    @Nullable String query = uri.getRawQuery();
    String start = path == null || path.isEmpty() ? "/" : path;
    if (query == null || query.isEmpty()) {
      return start;
    }
    Check.that(
        !query.endsWith("?"), "a query must not end in a question mark, which would not be signed");
    return start + "?" + query;
  }

  /**
   * Whether the body is JSON that Python takes for false. What is not JSON, or JSON that is not
   * read here, is not.
   */
  private static boolean isFalse(byte[] body) {
    if (isFilled(body)) {
      return false;
    }
    try {
      return PythonJson.rewrite(body).filter(FALSE::contains).isPresent();
    } catch (IllegalArgumentException e) {
      return false;
    }
  }

  /** Whether the body begins an object or array and does not end it at once; spares reading it. */
  private static boolean isFilled(byte[] body) {
    int first = skipBlanks(body, 0);
    if (first == body.length || (body[first] != '{' && body[first] != '[')) {
      return false;
    }
    int second = skipBlanks(body, first + 1);
    return second == body.length || body[second] != body[first] + 2;
  }

  private static int skipBlanks(byte[] body, int start) {
    int at = start;
    while (at < body.length
        && (body[at] == ' ' || body[at] == '\t' || body[at] == '\n' || body[at] == '\r')) {
      at++;
    }
    return at;
  }

  @Override
  public String toString() {
    return "FateClientScheme";
  }
}
