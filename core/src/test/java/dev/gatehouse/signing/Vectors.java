package dev.gatehouse.signing;

import com.fasterxml.jackson.databind.JsonNode;
import dev.gatehouse.json.Json;
import dev.gatehouse.transport.Headers;
import dev.gatehouse.transport.Request;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** The published test vectors of the Serendipity scheme. */
final class Vectors {
  private static final JsonNode FILE = file();

  private Vectors() {}

  /** One request that was signed. */
  record Vector(
      String id,
      String appKey,
      String secret,
      String timestamps,
      String nonce,
      String content,
      String payload,
      String hex,
      String signature) {

    HmacKey key() {
      return new HmacKey(Key.Algorithm.HMAC_SHA256, secret.getBytes(StandardCharsets.US_ASCII));
    }

    Headers headers() {
      return Headers.of(
          "app_key", appKey,
          "nonce", nonce,
          "timestamps", timestamps,
          "payload", payload,
          "signature", signature);
    }

    /** The content as the body of a request. */
    Request request() {
      return Request.post(URI.create("/task/create"), content);
    }

    Request signedRequest() {
      return request().headers(headers());
    }

    @Override
    public String toString() {
      return id;
    }
  }

  static List<Vector> all() {
    List<Vector> vectors = new ArrayList<>();
    FILE.get("vectors").forEach(node -> vectors.add(vector(node)));
    return vectors;
  }

  static Vector vector(String id) {
    return all().stream().filter(vector -> vector.id().equals(id)).findFirst().orElseThrow();
  }

  /** Signatures of the first vector that are wrong, by what is wrong with them. */
  static Map<String, String> wrongSignatures() {
    Map<String, String> wrong = new TreeMap<>();
    FILE.get("wrongSignaturesOfV1")
        .properties()
        .forEach(entry -> wrong.put(entry.getKey(), entry.getValue().asText()));
    return wrong;
  }

  private static Vector vector(JsonNode node) {
    JsonNode key = FILE.get("keys").get(node.get("key").asText());
    return new Vector(
        node.get("id").asText(),
        key.get("appKey").asText(),
        key.get("secret").asText(),
        node.get("timestamps").asText(),
        node.get("nonce").asText(),
        node.get("payloadOf").asText(),
        node.get("payload").asText(),
        node.get("hex").asText(),
        node.get("signature").asText());
  }

  private static JsonNode file() {
    try (InputStream in = Vectors.class.getResourceAsStream("serendipity-vectors.json")) {
      return Json.parse(in.readAllBytes(), "vectors");
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
