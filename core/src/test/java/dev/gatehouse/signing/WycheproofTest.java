package dev.gatehouse.signing;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.gatehouse.json.Json;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import javax.crypto.Cipher;
import javax.crypto.spec.SecretKeySpec;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/**
 * Vectors in the form of Project Wycheproof: the project's own, which are few, and with {@code
 * -Dgatehouse.vectors=DIR} the published ones in the folder {@code DIR/wycheproof}. Of a vector
 * that is called acceptable none passes.
 */
class WycheproofTest {
  private static final String FOLDER = System.getProperty("gatehouse.vectors", "");
  private static final HexFormat HEX = HexFormat.of();

  private static final Map<String, Judge> JUDGES =
      new TreeMap<>(
          Map.of(
              "aes_gcm.json",
              WycheproofTest::opens,
              "ecdsa_secp256r1_sha256.json",
              WycheproofTest::verifiesDer,
              "ecdsa_secp256r1_sha256_p1363.json",
              (group, test) -> verifies(Key.Algorithm.ECDSA_P256_SHA256, group, test),
              "ed25519.json",
              (group, test) -> verifies(Key.Algorithm.ED25519, group, test),
              "hmac_sha1.json",
              (group, test) -> authenticates(Key.Algorithm.HMAC_SHA1, group, test),
              "hmac_sha256.json",
              (group, test) -> authenticates(Key.Algorithm.HMAC_SHA256, group, test),
              "hmac_sm3.json",
              (group, test) -> authenticates(Key.Algorithm.HMAC_SM3, group, test),
              "rsa_pss_2048_sha256_mgf1_0.json",
              (group, test) -> verifies(Key.Algorithm.RSA_PSS_SHA256, group, test),
              "rsa_pss_2048_sha256_mgf1_32.json",
              (group, test) -> verifies(Key.Algorithm.RSA_PSS_SHA256, group, test),
              "rsa_signature_2048_sha256.json",
              (group, test) -> verifies(Key.Algorithm.RSA_PKCS1_SHA256, group, test)));

  /** Says whether a vector passes. */
  private interface Judge {
    boolean passes(JsonNode group, JsonNode test);
  }

  @TestFactory
  Stream<DynamicTest> own_everyVector_asItSays() throws URISyntaxException {
    Path own = Path.of(WycheproofTest.class.getResource("vectors").toURI());
    assertThat(names(own)).isEqualTo(List.copyOf(JUDGES.keySet()));
    return JUDGES.keySet().stream().map(name -> judging(own.resolve(name)));
  }

  @TestFactory
  Stream<DynamicTest> published_everyVector_asItSays() {
    if (FOLDER.isEmpty()) {
      return Stream.empty();
    }
    Path folder = Path.of(FOLDER, "wycheproof");
    List<String> found = names(folder);
    assertThat(found).as("files in %s", folder).isEqualTo(List.copyOf(JUDGES.keySet()));
    return found.stream().map(name -> judging(folder.resolve(name)));
  }

  /** A folder that is named but is not there must not pass for one without vectors. */
  @Test
  void published_folderNamed_isThere() {
    assertThat(FOLDER.isEmpty() || Files.isDirectory(Path.of(FOLDER, "wycheproof")))
        .as("gatehouse.vectors=%s", FOLDER)
        .isTrue();
  }

  private static List<String> names(Path folder) {
    try (Stream<Path> files = Files.list(folder)) {
      return files
          .map(file -> file.getFileName().toString())
          .filter(name -> name.endsWith(".json"))
          .sorted()
          .toList();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static DynamicTest judging(Path file) {
    return DynamicTest.dynamicTest(
        file.getFileName().toString(),
        () -> {
          JsonNode vectors = Json.parse(Files.readAllBytes(file), "vectors");
          Judge judge = JUDGES.get(file.getFileName().toString());
          int judged = 0;
          for (JsonNode group : vectors.get("testGroups")) {
            for (JsonNode test : group.get("tests")) {
              assertThat(judge.passes(group, test))
                  .as("%s %s", file.getFileName(), test)
                  .isEqualTo(shouldPass(test));
              judged++;
            }
          }
          assertThat(judged).isEqualTo(vectors.get("numberOfTests").asInt()).isPositive();
        });
  }

  /**
   * Whether the vector should pass here: of what is acceptable (PKCS#1 v1.5 without NULL) nothing
   * does.
   */
  private static boolean shouldPass(JsonNode test) {
    return test.get("result").asText().equals("valid");
  }

  private static byte[] bytes(JsonNode node, String name) {
    return HEX.parseHex(node.get(name).asText());
  }

  private static boolean verifies(Key.Algorithm algorithm, JsonNode group, JsonNode test) {
    return verifies(algorithm, group, test, bytes(test, "sig"));
  }

  private static boolean verifies(
      Key.Algorithm algorithm, JsonNode group, JsonNode test, byte[] signature) {
    KeyMaterial key = KeyMaterial.ofPem(algorithm, group.get("publicKeyPem").asText());
    if (!group.has("sLen")) {
      return key.signatureKey().verify(bytes(test, "msg"), signature);
    }
    return verifiesWithSalt(key, group.get("sLen").asInt(), bytes(test, "msg"), signature);
  }

  /** A signature is good for one length of salt, and for no other. */
  private static boolean verifiesWithSalt(
      KeyMaterial key, int length, byte[] message, byte[] signature) {
    boolean verified = key.saltLength(length).signatureKey().verify(message, signature);
    if (verified) {
      for (int other : new int[] {0, 1, 31, 32}) {
        assertThat(key.saltLength(other).signatureKey().verify(message, signature))
            .as("with salt of %s", other)
            .isEqualTo(other == length);
      }
    }
    return verified;
  }

  private static boolean verifiesDer(JsonNode group, JsonNode test) {
    byte[] der = bytes(test, "sig");
    return EcSignatures.raw(der)
        .filter(raw -> Arrays.equals(EcSignatures.der(raw), der))
        .filter(raw -> verifies(Key.Algorithm.ECDSA_P256_SHA256, group, test, raw))
        .isPresent();
  }

  /** A tag that was cut is good for the vectors and not for us, who never cut one. */
  private static boolean authenticates(Key.Algorithm algorithm, JsonNode group, JsonNode test) {
    HmacKey key = new HmacKey(algorithm, bytes(test, "key"));
    byte[] message = bytes(test, "msg");
    byte[] tag = bytes(test, "tag");
    byte[] whole = key.sign(message);
    int length = group.get("tagSize").asInt() / Byte.SIZE;
    boolean same = Arrays.equals(Arrays.copyOf(whole, length), tag);
    assertThat(key.verify(message, tag)).isEqualTo(same && length == whole.length);
    return same;
  }

  private static boolean opens(JsonNode unused, JsonNode test) {
    byte[] message = bytes(test, "msg");
    byte[] sealed = HEX.parseHex(test.get("ct").asText() + test.get("tag").asText());
    try {
      boolean opened = Arrays.equals(cipher(Cipher.DECRYPT_MODE, test).doFinal(sealed), message);
      assertThat(cipher(Cipher.ENCRYPT_MODE, test).doFinal(message)).isEqualTo(sealed);
      return opened;
    } catch (GeneralSecurityException e) {
      return false;
    }
  }

  private static Cipher cipher(int mode, JsonNode test) throws GeneralSecurityException {
    return Vault.cipher(
        mode, new SecretKeySpec(bytes(test, "key"), "AES"), bytes(test, "iv"), bytes(test, "aad"));
  }
}
