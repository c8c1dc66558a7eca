package dev.gatehouse.signing;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.assertj.core.api.Assertions.catchThrowable;

import com.fasterxml.jackson.databind.node.ObjectNode;
import com.nimbusds.jose.JOSEException;
import com.nimbusds.jose.JWSAlgorithm;
import com.nimbusds.jose.JWSHeader;
import com.nimbusds.jose.JWSSigner;
import com.nimbusds.jose.JWSVerifier;
import com.nimbusds.jose.crypto.ECDSASigner;
import com.nimbusds.jose.crypto.ECDSAVerifier;
import com.nimbusds.jose.crypto.MACSigner;
import com.nimbusds.jose.crypto.MACVerifier;
import com.nimbusds.jose.crypto.RSASSASigner;
import com.nimbusds.jose.crypto.RSASSAVerifier;
import com.nimbusds.jose.jwk.Curve;
import com.nimbusds.jose.jwk.ECKey;
import com.nimbusds.jose.jwk.JWK;
import com.nimbusds.jose.jwk.KeyUse;
import com.nimbusds.jose.jwk.OctetSequenceKey;
import com.nimbusds.jose.jwk.RSAKey;
import com.nimbusds.jose.jwk.gen.ECKeyGenerator;
import com.nimbusds.jose.jwk.gen.OctetSequenceKeyGenerator;
import com.nimbusds.jose.jwk.gen.RSAKeyGenerator;
import com.nimbusds.jose.util.Base64URL;
import dev.gatehouse.json.Json;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** JSON Web Keys, beside those of nimbus-jose-jwt. */
class KeyMaterialJwkTest {
  private static final byte[] MESSAGE = "a message".getBytes(StandardCharsets.US_ASCII);

  /** RFC 8037, appendix A.1. */
  private static final String ED25519 =
      "{\"kty\":\"OKP\",\"crv\":\"Ed25519\","
          + "\"d\":\"nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A\","
          + "\"x\":\"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo\"}";

  private static final RSAKey RSA = rsa();

  /** One for all, since it takes long to make. */
  private static RSAKey rsa() {
    try {
      return new RSAKeyGenerator(2048).generate();
    } catch (JOSEException e) {
      throw new IllegalStateException(e);
    }
  }

  private static JWK theirs(Key.Algorithm algorithm) throws Exception {
    return switch (algorithm) {
      case HMAC_SHA256 ->
          new OctetSequenceKeyGenerator(256).algorithm(JWSAlgorithm.HS256).generate();
      case RSA_PKCS1_SHA256 ->
          new RSAKey.Builder(RSA)
              .algorithm(JWSAlgorithm.RS256)
              .keyUse(KeyUse.SIGNATURE)
              .keyID("1")
              .build();
      case RSA_PSS_SHA256, RSA_PSS_SHA512 -> RSA;
      case ECDSA_P256_SHA256 -> new ECKeyGenerator(Curve.P_256).keyID("2").generate();
      default -> throw new IllegalArgumentException(algorithm.name());
    };
  }

  private static JWSAlgorithm name(Key.Algorithm algorithm) {
    return JWSAlgorithm.parse(KeyForms.jwkAlgorithm(algorithm));
  }

  private static JWSSigner signer(JWK key) throws Exception {
    if (key instanceof RSAKey rsa) {
      return new RSASSASigner(rsa);
    }
    return key instanceof ECKey ec ? new ECDSASigner(ec) : new MACSigner((OctetSequenceKey) key);
  }

  private static JWSVerifier verifier(JWK key) throws Exception {
    if (key instanceof RSAKey rsa) {
      return new RSASSAVerifier(rsa.toPublicJWK());
    }
    return key instanceof ECKey ec
        ? new ECDSAVerifier(ec.toPublicJWK())
        : new MACVerifier((OctetSequenceKey) key);
  }

  private static boolean verifiesThere(JWK key, Key.Algorithm algorithm, byte[] signature)
      throws Exception {
    return verifier(key)
        .verify(new JWSHeader(name(algorithm)), MESSAGE, Base64URL.encode(signature));
  }

  @ParameterizedTest
  @EnumSource(
      mode = EnumSource.Mode.EXCLUDE,
      names = {"HMAC_SHA1", "HMAC_SM3", "ED25519", "SM2_SM3"})
  void ofJwk_theirs_eachVerifiesWhatTheOtherSigned(Key.Algorithm algorithm) throws Exception {
    JWK theirs = theirs(algorithm);
    KeyMaterial ours = KeyMaterial.ofJwk(algorithm, theirs.toJSONString());
    byte[] here = ours.signatureKey().sign(MESSAGE);
    assertThat(verifiesThere(theirs, algorithm, here)).isTrue();
    byte[] there = signer(theirs).sign(new JWSHeader(name(algorithm)), MESSAGE).decode();
    assertThat(ours.signatureKey().verify(MESSAGE, there)).isTrue();
    if (theirs.toPublicJWK() != null) {
      KeyMaterial half = KeyMaterial.ofJwk(algorithm, theirs.toPublicJWK().toJSONString());
      assertThat(half.canSign()).isFalse();
      assertThat(half.signatureKey().verify(MESSAGE, there)).isTrue();
    }
  }

  @ParameterizedTest
  @EnumSource(
      mode = EnumSource.Mode.EXCLUDE,
      names = {"HMAC_SHA1", "HMAC_SM3", "ED25519", "SM2_SM3"})
  void toJwk_ours_readThere(Key.Algorithm algorithm) throws Exception {
    KeyMaterial ours = KeyMaterial.generate(algorithm);
    JWK theirs = JWK.parse(ours.toJwk());
    assertThat(theirs.isPrivate()).isTrue();
    assertThat(theirs.getAlgorithm().getName()).isEqualTo(KeyForms.jwkAlgorithm(algorithm));
    assertThat(verifiesThere(theirs, algorithm, ours.signatureKey().sign(MESSAGE))).isTrue();
    if (algorithm != Key.Algorithm.HMAC_SHA256) {
      assertThat(JWK.parse(ours.publicPart().toJwk()).isPrivate()).isFalse();
    }
  }

  @Test
  void ofJwk_ed25519OfTheRfc_signsAsItSays() {
    KeyMaterial ours = KeyMaterial.ofJwk(Key.Algorithm.ED25519, ED25519);
    byte[] message =
        "eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc"
            .getBytes(StandardCharsets.US_ASCII);
    assertThat(Base64URL.encode(ours.signatureKey().sign(message)).toString())
        .isEqualTo(
            "hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg");
  }

  @ParameterizedTest
  @EnumSource(
      mode = EnumSource.Mode.EXCLUDE,
      names = {"SM2_SM3", "HMAC_SM3"})
  void ofJwk_whatToJwkWrote_theSameKey(Key.Algorithm algorithm) {
    KeyMaterial material = TestKeys.material(algorithm);
    KeyMaterial back = KeyMaterial.ofJwk(algorithm, material.toJwk());
    assertThat(back.isSameAs(material)).isTrue();
    assertThat(back.toJwk()).isEqualTo(material.toJwk());
  }

  @Test
  void jwk_ofHmacWithSm3_refused() {
    KeyMaterial material = KeyMaterial.generate(Key.Algorithm.HMAC_SM3);
    assertThatIllegalStateException()
        .isThrownBy(material::toJwk)
        .withMessage("no JWK is registered for keys of HMAC with SM3");
    String jwk = KeyMaterial.generate(Key.Algorithm.HMAC_SHA256).toJwk();
    assertThatIllegalArgumentException()
        .isThrownBy(() -> KeyMaterial.ofJwk(Key.Algorithm.HMAC_SM3, jwk))
        .withMessage("no JWK is registered for HMAC with SM3");
  }

  @Test
  void jwk_ofSm2_refused() {
    KeyMaterial material = KeyMaterial.generate(Key.Algorithm.SM2_SM3);
    assertThatIllegalStateException()
        .isThrownBy(material::toJwk)
        .withMessage("no JWK is registered for keys of SM2: use PEM");
    String jwk = KeyMaterial.generate(Key.Algorithm.ECDSA_P256_SHA256).toJwk();
    assertThatIllegalArgumentException()
        .isThrownBy(() -> KeyMaterial.ofJwk(Key.Algorithm.SM2_SM3, jwk))
        .withMessage("no JWK is registered for SM2: use PEM");
  }

  private interface Alteration {
    Object on(ObjectNode jwk);
  }

  private static void assertRefused(
      Key.Algorithm algorithm, String jwk, List<Alteration> alterations) {
    KeyMaterial.ofJwk(algorithm, jwk);
    for (int i = 0; i < alterations.size(); i++) {
      ObjectNode altered = (ObjectNode) Json.parse(jwk, "jwk");
      alterations.get(i).on(altered);
      Throwable failure = catchThrowable(() -> KeyMaterial.ofJwk(algorithm, Json.write(altered)));
      assertThat(failure).as("%s", i).isExactlyInstanceOf(IllegalArgumentException.class);
      String secret = altered.path("d").asText(altered.path("k").asText());
      assertThat(secret.length() > 8 && failure.getMessage().contains(secret)).isFalse();
    }
  }

  /** The algorithm is the host's to say; a key that says another is refused, not obeyed. */
  @ParameterizedTest
  @EnumSource(
      mode = EnumSource.Mode.EXCLUDE,
      names = {"SM2_SM3", "HMAC_SM3"})
  void ofJwk_anotherAlgorithmOrUse_refused(Key.Algorithm algorithm) {
    assertRefused(
        algorithm,
        TestKeys.material(algorithm).toJwk(),
        List.of(
            jwk -> jwk.put("alg", "none"),
            jwk -> jwk.put("alg", algorithm == Key.Algorithm.HMAC_SHA256 ? "RS256" : "HS256"),
            jwk -> jwk.put("alg", ""),
            jwk -> jwk.putNull("alg"),
            jwk -> jwk.put("kty", "EC2"),
            jwk -> jwk.remove("kty"),
            jwk -> jwk.put("kty", algorithm == Key.Algorithm.HMAC_SHA256 ? "RSA" : "octet"),
            jwk -> jwk.put("use", "enc"),
            jwk -> jwk.put("use", 1),
            jwk -> jwk.putArray("key_ops"),
            jwk -> jwk.put("key_ops", "sign"),
            jwk -> jwk.putArray("key_ops").add("sign").add("wrapKey")));
    KeyMaterial.ofJwk(
        algorithm,
        Json.write(
            ((ObjectNode) Json.parse(TestKeys.material(algorithm).toJwk(), "jwk"))
                .put("use", "sig")
                .put("kid", "any")
                .set("key_ops", Json.parse("[\"sign\",\"verify\"]", "operations"))));
  }

  @Test
  void ofJwk_badSecret_refused() {
    assertRefused(
        Key.Algorithm.HMAC_SHA256,
        KeyMaterial.generate(Key.Algorithm.HMAC_SHA256).toJwk(),
        List.of(
            jwk -> jwk.put("k", ""),
            jwk -> jwk.put("k", "c2hvcnQ"),
            jwk -> jwk.remove("k"),
            jwk -> jwk.put("k", 7),
            jwk -> jwk.put("k", jwk.get("k").asText() + "="),
            jwk -> jwk.put("k", "+" + jwk.get("k").asText().substring(1)),
            jwk -> jwk.put("k", "\u0660".repeat(44)),
            jwk -> jwk.put("k", "A".repeat(20) + "AB")));
  }

  @Test
  void ofJwk_badPointOrScalar_refused() {
    String zeros = "A".repeat(43);
    assertRefused(
        Key.Algorithm.ECDSA_P256_SHA256,
        KeyMaterial.generate(Key.Algorithm.ECDSA_P256_SHA256).toJwk(),
        List.of(
            jwk -> jwk.put("x", zeros),
            jwk -> jwk.put("y", zeros),
            jwk -> jwk.put("x", jwk.get("y").asText()),
            jwk -> jwk.put("x", "AA"),
            jwk -> jwk.put("x", "AAAA" + jwk.get("x").asText()),
            jwk -> jwk.remove("y"),
            jwk -> jwk.put("d", zeros),
            jwk -> jwk.put("d", "_____wAAAAD__________7zm-q2nF56E87nKwvxjJVE"),
            jwk -> jwk.put("d", "A".repeat(42) + "E"),
            jwk -> jwk.put("crv", "P-384"),
            jwk -> jwk.put("crv", "secp256k1")));
    assertRefused(
        Key.Algorithm.ED25519,
        ED25519,
        List.of(
            jwk -> jwk.put("x", zeros),
            jwk -> jwk.put("x", "AQ" + "A".repeat(41)),
            jwk -> jwk.put("x", "AA"),
            jwk -> jwk.put("d", zeros),
            jwk -> jwk.put("d", "AA"),
            jwk -> jwk.put("crv", "X25519"),
            jwk -> jwk.put("crv", "Ed448")));
  }

  @Test
  void ofJwk_badRsa_refused() {
    assertRefused(
        Key.Algorithm.RSA_PKCS1_SHA256,
        TestKeys.material(Key.Algorithm.RSA_PKCS1_SHA256).toJwk(),
        List.of(
            jwk -> jwk.put("e", "AQ"),
            jwk -> jwk.put("e", "Aw"),
            jwk -> jwk.put("e", "AAEAAQ"),
            jwk -> jwk.put("e", "AQAD"),
            jwk -> jwk.put("n", "AA" + "A".repeat(340)),
            jwk -> jwk.put("n", "sw"),
            jwk -> jwk.put("n", "_".repeat(10_000)),
            jwk -> jwk.remove("p"),
            jwk -> jwk.put("p", jwk.get("q").asText()),
            jwk -> jwk.put("qi", "AQ"),
            jwk -> jwk.put("dp", jwk.get("dq").asText()),
            jwk -> jwk.put("d", "AQ"),
            jwk -> jwk.putArray("oth"),
            jwk -> jwk.put("d", "")));
  }

  @Test
  void ofJwk_noJsonObject_refused() {
    for (String text :
        List.of(
            "",
            "null",
            "[]",
            "\"x\"",
            "{",
            "{}",
            "{\"kty\":\"OKP\",\"kty\":\"OKP\"}",
            ED25519 + "{}",
            "[".repeat(5_000),
            " ".repeat(Pem.MAX_LENGTH) + ED25519)) {
      assertThatIllegalArgumentException()
          .isThrownBy(() -> KeyMaterial.ofJwk(Key.Algorithm.ED25519, text));
    }
  }
}
