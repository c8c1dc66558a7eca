package dev.gatehouse.examples;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.io.OutputStream;
import java.math.BigInteger;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.util.Base64;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentSkipListSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/**
 * A third party as it might be written by someone who has never seen Gatehouse: it signs its
 * requests, receives callbacks on a socket of this machine, and believes only those whose signature
 * it has recomputed with the JDK alone.
 */
final class ThirdParty implements AutoCloseable {
  /** How the third party answers the callbacks of one order. */
  enum Mood {
    WILLING,
    FAILS_TWICE,
    BROKEN
  }

  private static final Pattern ORDER = Pattern.compile("\"order\":\"?([^\"}]+)");

  private final HttpServer server;
  private final Map<String, Mood> moods = new ConcurrentHashMap<>();
  private final Map<String, Integer> calls = new ConcurrentHashMap<>();
  private final Set<String> nonces = new ConcurrentSkipListSet<>();
  private final Set<String> complaints = new ConcurrentSkipListSet<>();
  private volatile String appKey = "";
  private volatile String secret = "";

  ThirdParty() throws IOException {
    System.setProperty("sun.net.httpserver.nodelay", "true");
    server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.createContext("/callback", this::receive);
    server.start();
  }

  /** Where it wants to be called. */
  String url() {
    return "http://127.0.0.1:" + server.getAddress().getPort() + "/callback";
  }

  /** What it was told when it was registered. */
  void credentials(String key, String sharedSecret) {
    appKey = key;
    secret = sharedSecret;
  }

  void expect(String order, Mood mood) {
    moods.put(order, mood);
  }

  /** How often it was called for the order. */
  int calls(String order) {
    return calls.getOrDefault(order, 0);
  }

  /** Callbacks that it did not believe. */
  Set<String> complaints() {
    return new TreeSet<>(complaints);
  }

  /** The five headers that prove a request. */
  Map<String, String> sign(String nonce, long epochSecond, String body) {
    String timestamp = Long.toString(epochSecond);
    String payload = md5(body.getBytes(StandardCharsets.UTF_8));
    return Map.of(
        "app_key", appKey,
        "nonce", nonce,
        "timestamps", timestamp,
        "payload", payload,
        "signature", signature(timestamp + nonce + payload));
  }

  private void receive(HttpExchange exchange) throws IOException {
    byte[] body = exchange.getRequestBody().readAllBytes();
    String order = order(new String(body, StandardCharsets.UTF_8));
    int status;
    String answer;
    if (!isGenuine(exchange, body)) {
      complaints.add(order);
      status = 401;
      answer = "who are you?";
    } else {
      int call = calls.merge(order, 1, Integer::sum);
      Mood mood = moods.getOrDefault(order, Mood.BROKEN);
      boolean well = mood == Mood.WILLING || (mood == Mood.FAILS_TWICE && call > 2);
      status = well ? 200 : 503;
      answer = well ? "success" : "not now";
    }
    byte[] bytes = answer.getBytes(StandardCharsets.UTF_8);
    exchange.sendResponseHeaders(status, bytes.length);
    try (OutputStream out = exchange.getResponseBody()) {
      out.write(bytes);
    }
  }

  private boolean isGenuine(HttpExchange exchange, byte[] body) {
    String timestamp = header(exchange, "timestamps");
    String nonce = header(exchange, "nonce");
    String payload = header(exchange, "payload");
    String expected = signature(timestamp + nonce + payload);
    return header(exchange, "app_key").equals(appKey)
        && payload.equals(md5(body))
        && MessageDigest.isEqual(
            expected.getBytes(StandardCharsets.US_ASCII),
            header(exchange, "signature").getBytes(StandardCharsets.US_ASCII))
        && nonces.add(nonce);
  }

  private String signature(String message) {
    try {
      Mac mac = Mac.getInstance("HmacSHA256");
      mac.init(new SecretKeySpec(secret.getBytes(StandardCharsets.UTF_8), "HmacSHA256"));
      String hex = hex(mac.doFinal(message.getBytes(StandardCharsets.UTF_8)));
      return Base64.getEncoder().encodeToString(hex.getBytes(StandardCharsets.US_ASCII));
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException(e);
    }
  }

  private static String header(HttpExchange exchange, String name) {
    String value = exchange.getRequestHeaders().getFirst(name);
    return value == null ? "" : value;
  }

  private static String md5(byte[] body) {
    try {
      return hex(MessageDigest.getInstance("MD5").digest(body));
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException(e);
    }
  }

  private static String hex(byte[] bytes) {
    return String.format("%0" + 2 * bytes.length + "x", new BigInteger(1, bytes));
  }

  private static String order(String body) {
    Matcher order = ORDER.matcher(body);
    return order.find() ? order.group(1) : body;
  }

  @Override
  public void close() {
    server.stop(0);
  }
}
