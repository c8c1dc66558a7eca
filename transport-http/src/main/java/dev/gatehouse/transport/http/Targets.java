package dev.gatehouse.transport.http;

import dev.gatehouse.check.Check;
import dev.gatehouse.error.TransportException;
import dev.gatehouse.transport.BodySource;
import dev.gatehouse.transport.Headers;
import dev.gatehouse.transport.Request;
import java.io.IOException;
import java.io.OutputStream;
import java.net.URI;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.regex.Pattern;
import okhttp3.HttpUrl;
import okhttp3.MediaType;
import okhttp3.RequestBody;
import okio.BufferedSink;
import org.jspecify.annotations.Nullable;

/**
 * Turns requests into OkHttp's, and refuses what could be read in two ways: the target must mean
 * the same to every parser, and the framing is left to OkHttp.
 */
final class Targets {
  /** Which schemes may be called. */
  enum Schemes {
    HTTPS,
    HTTP_AND_HTTPS
  }

  /** The Fetch standard's bad ports: other protocols there would take HTTP for commands. */
  private static final Set<Integer> BAD_PORTS =
      Set.of(
          1, 7, 9, 11, 13, 15, 17, 19, 20, 21, 22, 23, 25, 37, 42, 43, 53, 69, 77, 79, 87, 95, 101,
          102, 103, 104, 109, 110, 111, 113, 115, 117, 119, 123, 135, 137, 139, 143, 161, 179, 389,
          427, 465, 512, 513, 514, 515, 526, 530, 531, 532, 540, 548, 554, 556, 563, 587, 601, 636,
          989, 990, 993, 995, 1719, 1720, 1723, 2049, 3659, 4045, 4190, 5060, 5061, 6000, 6566,
          6665, 6666, 6667, 6668, 6669, 6679, 6697, 10080);

  private static final List<String> FRAMING =
      List.of(
          "connection",
          "content-length",
          "expect",
          "host",
          "keep-alive",
          "proxy-authorization",
          "proxy-connection",
          "te",
          "trailer",
          "transfer-encoding",
          "upgrade");

  /** Hosts that some parsers take for an IPv4 address: 2130706433, 127.1, 0x7f.1, 1.2.3.4. */
  private static final Pattern NUMERIC =
      Pattern.compile("(?:.*\\.)?(?:0[xX][0-9a-fA-F]*|[0-9]+)\\.?");

  /** A power of two. */
  private static final int KNOWN = 256;

  private static final int LONGEST_KNOWN = 1 << 10;

  /** A target that was judged, and what OkHttp is given for it. */
  private record Known(String target, HttpUrl url) {}

  private final Schemes schemes;
  private final Set<Integer> ports;

  /** Of targets without a query, each at the place that its hash says, the latest. */
  private final @Nullable Known[] known = new Known[KNOWN];

  /** An empty set of ports stands for all but the bad ones. */
  Targets(Schemes schemes, Set<Integer> ports) {
    this.schemes = schemes;
    this.ports = Set.copyOf(ports);
  }

  /**
   * The request as OkHttp takes it.
   *
   * @throws TransportException if it may not be sent, with the rule that it breaks
   */
  okhttp3.Request translate(Request request, BodySource body, Trip trip) {
    okhttp3.Request.Builder builder =
        new okhttp3.Request.Builder().url(url(request.uri())).tag(Trip.class, trip);
    if (request.headers().first("User-Agent").isEmpty()) {
      builder.header("User-Agent", "gatehouse");
    }
    if (request.headers().first("Accept-Encoding").isEmpty()) {
      // Left to itself, OkHttp asks for gzip and inflates what comes, however large it becomes.
      builder.header("Accept-Encoding", "identity");
    }
    for (Headers.Field field : request.headers().fields()) {
      checkHeader(field);
      builder.addHeader(field.name(), field.value());
    }
    return builder.method(request.method(), body(request.method(), body)).build();
  }

  okhttp3.Request translate(Request request, Trip trip) {
    return translate(request, new Bytes(request.body()), trip);
  }

  /** Judging costs more than all else of a translation, and most targets come again. */
  private HttpUrl url(URI given) {
    String target = given.toString();
    int place = target.hashCode() & (KNOWN - 1);
    Known before = known[place];
    if (before != null && before.target().equals(target)) {
      return before.url();
    }
    HttpUrl url = judged(given);
    if (given.getRawQuery() == null && target.length() <= LONGEST_KNOWN) {
      known[place] = new Known(target, url);
    }
    return url;
  }

  private HttpUrl judged(URI given) {
    URI uri = URI.create(given.toASCIIString());
    String scheme = uri.getScheme() == null ? "" : uri.getScheme().toLowerCase(Locale.ROOT);
    if (schemes == Schemes.HTTPS) {
      rule(scheme.equals("https"), "the target must be an absolute https URI");
    } else {
      rule(
          scheme.equals("https") || scheme.equals("http"),
          "the target must be an absolute http or https URI");
    }
    rule(uri.getRawUserInfo() == null, "the target must not hold user info");
    rule(uri.getRawFragment() == null, "the target must not hold a fragment");
    HttpUrl url = HttpUrl.parse(uri.toString());
    if (uri.getHost() == null || url == null || !isPlain(uri.getHost(), url.host())) {
      throw new TransportException(
          "the target's host must be a name or a plain address, was '"
              + Check.shown(uri.getRawAuthority() == null ? "" : uri.getRawAuthority())
              + "'");
    }
    String path = uri.getRawPath().isEmpty() ? "/" : uri.getRawPath();
    rule(url.encodedPath().equals(path), "the target's path must not hold dot segments");
    int port = url.port();
    boolean permitted = ports.isEmpty() ? !BAD_PORTS.contains(port) : ports.contains(port);
    rule(permitted, "the target's port may not be called, was " + port);
    return url;
  }

  /** Whether java.net.URI, OkHttp and whoever resolves the name see the same host. */
  private static boolean isPlain(String host, String canonical) {
    if (host.startsWith("[")) {
      return true;
    }
    return host.toLowerCase(Locale.ROOT).equals(canonical)
        && (!NUMERIC.matcher(host).matches() || Cidr.isIpv4(host));
  }

  private static void checkHeader(Headers.Field field) {
    if (isFraming(field.name())) {
      throw new TransportException("header " + field.name() + " is set by the transport alone");
    }
    String value = field.value();
    for (int i = 0; i < value.length(); i++) {
      if (value.charAt(i) >= 0x7f) {
        throw new TransportException("header " + field.name() + " must be ASCII to be sent");
      }
    }
  }

  private static boolean isFraming(String name) {
    for (String framing : FRAMING) {
      if (framing.equalsIgnoreCase(name)) {
        return true;
      }
    }
    return false;
  }

  private static @Nullable RequestBody body(String method, BodySource body) {
    switch (method) {
      case "GET", "HEAD" -> {
        rule(body.length() == 0, "a " + method + " must not have a body");
        return null;
      }
      case "CONNECT", "TRACE" -> throw new TransportException("the method must not be " + method);
      default -> {
        return new OnceBody(body);
      }
    }
  }

  private static void rule(boolean holds, String message) {
    if (!holds) {
      throw new TransportException(message);
    }
  }

  /** A body that is nobody else's. */
  private static final class Bytes implements BodySource {
    private final byte[] bytes;

    Bytes(byte[] bytes) {
      this.bytes = bytes;
    }

    @Override
    public long length() {
      return bytes.length;
    }

    @Override
    public void writeTo(OutputStream out) throws IOException {
      out.write(bytes);
    }
  }

  /** A body that OkHttp must not send a second time, whatever happened to the first. */
  private static final class OnceBody extends RequestBody {
    private final BodySource source;

    OnceBody(BodySource source) {
      this.source = source;
    }

    @Override
    public @Nullable MediaType contentType() {
      return null;
    }

    @Override
    public long contentLength() {
      return source.length();
    }

    @Override
    public boolean isOneShot() {
      return true;
    }

    @Override
    public void writeTo(BufferedSink sink) throws IOException {
      try {
        source.writeTo(sink.outputStream());
      } catch (RuntimeException e) {
        // OkHttp would let it end the thread.
        throw new IOException("the body could not be written", e);
      }
    }
  }
}
