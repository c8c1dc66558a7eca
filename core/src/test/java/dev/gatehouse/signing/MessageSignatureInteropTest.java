package dev.gatehouse.signing;

import static dev.gatehouse.signing.Signed.header;
import static dev.gatehouse.signing.Signed.proves;
import static dev.gatehouse.signing.Signed.with;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.gatehouse.json.Json;
import dev.gatehouse.transport.Request;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.List;
import java.util.zip.GZIPInputStream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * Random requests as another implementation signs them, in another language: ours accepts what it
 * signs, and writes the very same where a signature is not itself random. The script beside the
 * data says how they were made.
 */
class MessageSignatureInteropTest {
  private static final int EACH = 20;

  private static List<JsonNode> vectors(String algorithm) {
    try (InputStream file =
            MessageSignatureInteropTest.class.getResourceAsStream("message-signatures-random.gz");
        InputStream in = new GZIPInputStream(file)) {
      return Json.parse(in.readAllBytes(), "vectors")
          .valueStream()
          .filter(vector -> vector.path("algorithm").asText().equals(algorithm))
          .toList();
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  private static String resource(String name) {
    try (InputStream in =
        MessageSignatureInteropTest.class.getResourceAsStream("keys/" + name + ".pem")) {
      return new String(in.readAllBytes(), StandardCharsets.US_ASCII);
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  private static SignatureKey key(String algorithm) {
    return switch (algorithm) {
      case "hmac-sha256" -> TestKeys.hmac("0123456789abcdef0123456789abcdef");
      case "ed25519" -> TestKeys.ofPem(Key.Algorithm.ED25519, resource("ed25519-pkcs8"));
      case "ecdsa-p256-sha256" ->
          TestKeys.ofPem(Key.Algorithm.ECDSA_P256_SHA256, resource("p256-pkcs8"));
      case "rsa-v1_5-sha256" ->
          TestKeys.ofPem(Key.Algorithm.RSA_PKCS1_SHA256, resource("rsa-pkcs8"));
      case "rsa-pss-sha512" -> TestKeys.ofPem(Key.Algorithm.RSA_PSS_SHA512, resource("rsa-pkcs8"));
      default -> throw new AssertionError(algorithm);
    };
  }

  private static Request request(JsonNode vector) {
    Request request =
        Request.of(vector.path("method").asText(), URI.create(vector.path("url").asText()))
            .body(vector.path("body").asText().getBytes(StandardCharsets.UTF_8));
    for (JsonNode field : vector.path("fields")) {
      for (JsonNode value : field.get(1)) {
        request = request.header(field.get(0).asText(), value.asText().strip());
      }
    }
    return request;
  }

  /** The digest of a body is covered by itself. */
  private static MessageSignatureScheme scheme(JsonNode vector) {
    String[] components =
        vector
            .path("components")
            .valueStream()
            .map(component -> component.asText().replaceFirst("\"([^\"]*)\"", "$1"))
            .filter(component -> !component.equals("content-digest"))
            .toArray(String[]::new);
    return MessageSignatureScheme.create().components(components);
  }

  @ParameterizedTest
  @CsvSource({
    "hmac-sha256, true",
    "ed25519, true",
    "rsa-v1_5-sha256, true",
    "ecdsa-p256-sha256, false",
    "rsa-pss-sha512, false"
  })
  void theirsAreProven_oursAreTheSame(String algorithm, boolean repeats) {
    SignatureKey key = key(algorithm);
    List<JsonNode> vectors = vectors(algorithm);
    assertThat(vectors).hasSize(EACH);
    for (JsonNode vector : vectors) {
      MessageSignatureScheme scheme = scheme(vector);
      Instant created = Instant.ofEpochSecond(vector.path("created").asLong());
      Request request = request(vector);
      String nonce = vector.path("nonce").asText();
      Signing signing = Signed.signing(Signed.PARTY, key, created, nonce);
      Request ours = scheme.sign(request, signing).addTo(request);
      String theirInput = vector.path("input").asText();
      String theirs = vector.path("signature").asText();
      assertThat(header(ours, "Signature-Input")).isEqualTo(theirInput);
      if (repeats) {
        assertThat(header(ours, "Signature")).as(theirInput).isEqualTo(theirs);
      }
      Request signed = with(ours, "Signature", theirs);
      assertThat(proves(scheme, key, signed, created)).as(theirInput).isTrue();
      String altered = Signed.altered(theirs, theirs.length() / 2);
      assertThat(proves(scheme, key, with(signed, "Signature", altered), created)).isFalse();
    }
  }
}
