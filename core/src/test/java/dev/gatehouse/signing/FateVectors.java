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
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.spec.PKCS8EncodedKeySpec;
import java.security.spec.X509EncodedKeySpec;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;

/** What Python and OpenSSL signed by the schemes of FATE; see fate-vectors.py. */
final class FateVectors {
  private static final JsonNode FILE = file();

  private FateVectors() {}

  /** One body that a site signed. */
  record Site(String base64, String sha256, String signature, String signatureWithMd5) {
    byte[] body() {
      return Base64.getDecoder().decode(base64);
    }

    Request request() {
      return Request.post(URI.create("/v1/party/J1/guest/9999/create"), body());
    }

    Request signedRequest() {
      return signedRequest(signature);
    }

    Request signedRequest(String otherSignature) {
      return request().header("SRC-PARTY-ID", "10000").header("SITE-SIGNATURE", otherSignature);
    }

    @Override
    public String toString() {
      return new String(body(), StandardCharsets.UTF_8);
    }
  }

  /** One request that a client signed. */
  record Client(String target, String contentType, String base64, String signature) {
    byte[] body() {
      return Base64.getDecoder().decode(base64);
    }

    Request request() {
      return Request.post(URI.create("http://127.0.0.1:9380" + target), body())
          .header("Content-Type", contentType);
    }

    Request signedRequest() {
      return request()
          .headers(
              Headers.of(
                  "TIMESTAMP",
                  client("timestamp"),
                  "NONCE",
                  client("nonce"),
                  "APP_KEY",
                  client("appKey"),
                  "SIGNATURE",
                  signature));
    }

    @Override
    public String toString() {
      return target + " " + new String(body(), StandardCharsets.UTF_8);
    }
  }

  static List<Site> sites() {
    List<Site> sites = new ArrayList<>();
    FILE.get("sites")
        .forEach(
            node ->
                sites.add(
                    new Site(
                        node.get("body").asText(),
                        node.get("sha256").asText(),
                        node.get("signature").asText(),
                        node.get("signatureWithMd5").asText())));
    return sites;
  }

  static List<Client> clients() {
    List<Client> clients = new ArrayList<>();
    FILE.get("clients")
        .forEach(
            node ->
                clients.add(
                    new Client(
                        node.get("target").asText(),
                        node.get("contentType").asText(),
                        node.get("body").asText(),
                        node.get("signature").asText())));
    return clients;
  }

  static String client(String name) {
    return FILE.get("client").get(name).asText();
  }

  static SignatureKey clientKey() {
    return JcaKey.hmac(
        Key.Algorithm.HMAC_SHA1, client("secret").getBytes(StandardCharsets.US_ASCII));
  }

  /** The site's key, read as FATE keeps it. */
  static SignatureKey siteKey(Key.Algorithm algorithm) {
    try (InputStream in = FateVectors.class.getResourceAsStream("fate-site-key.pem")) {
      String pem = new String(in.readAllBytes(), StandardCharsets.US_ASCII);
      return KeyMaterial.ofPem(algorithm, pem).signatureKey();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** The same key in the hands of the JDK. */
  static SignatureKey siteKeyOfTheJdk() {
    try {
      KeyFactory rsa = KeyFactory.getInstance("RSA");
      return JcaKey.rsa(
          rsa.generatePrivate(new PKCS8EncodedKeySpec(base64(FILE.get("privateKey")))),
          rsa.generatePublic(new X509EncodedKeySpec(base64(FILE.get("publicKey")))));
    } catch (GeneralSecurityException e) {
      throw new AssertionError(e);
    }
  }

  private static byte[] base64(JsonNode node) {
    return Base64.getDecoder().decode(node.asText());
  }

  private static JsonNode file() {
    try (InputStream in = FateVectors.class.getResourceAsStream("fate-vectors.json")) {
      return Json.parse(in.readAllBytes(), "vectors");
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
