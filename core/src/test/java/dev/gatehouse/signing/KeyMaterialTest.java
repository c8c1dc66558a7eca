package dev.gatehouse.signing;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.assertj.core.api.Assertions.catchThrowable;

import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.Arrays;
import java.util.Base64;
import java.util.HexFormat;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

class KeyMaterialTest {
  private static final byte[] MESSAGE = "message digest".getBytes(StandardCharsets.US_ASCII);
  private static final byte[] SECRET =
      "nE3wS8hYdL5uJ1fGk6oT0pCiVbMxWqRz".getBytes(StandardCharsets.US_ASCII);

  static Path keys() throws URISyntaxException {
    return Path.of(KeyMaterialTest.class.getResource("keys").toURI());
  }

  static String pem(String name) throws IOException, URISyntaxException {
    return Files.readString(keys().resolve(name + ".pem"));
  }

  static Stream<String> badKeys() throws IOException, URISyntaxException {
    try (Stream<Path> files = Files.list(keys())) {
      return files
          .map(file -> file.getFileName().toString())
          .filter(name -> name.startsWith("bad-"))
          .map(name -> name.replace(".pem", ""))
          .sorted()
          .toList()
          .stream();
    }
  }

  /** Files made with OpenSSL, but for the signature, which is by its keys too. */
  @ParameterizedTest
  @CsvSource({
    "RSA_PKCS1_SHA256, rsa-pkcs1, rsa-spki",
    "RSA_PSS_SHA256, rsa-pkcs1, rsa-spki",
    "RSA_PSS_SHA512, rsa-pkcs1, rsa-spki",
    "RSA_PKCS1_SHA256, rsa-pkcs8, rsa-public-pkcs1",
    "ED25519, ed25519-pkcs8, ed25519-spki",
    "ECDSA_P256_SHA256, p256-sec1, p256-spki",
    "ECDSA_P256_SHA256, p256-pkcs8, p256-spki-compressed",
    "SM2_SM3, sm2-pkcs8, sm2-spki"
  })
  void ofPem_pairMadeElsewhere_halvesBelongTogether(
      Key.Algorithm algorithm, String privateName, String publicName) throws Exception {
    KeyMaterial pair = KeyMaterial.ofPem(algorithm, pem(privateName));
    KeyMaterial half = KeyMaterial.ofPem(algorithm, pem(publicName));
    assertThat(pair.canSign()).isTrue();
    assertThat(half.canSign()).isFalse();
    assertThat(half.fingerprint()).isEqualTo(pair.fingerprint()).isPresent();
    byte[] signature = pair.signatureKey().sign(MESSAGE);
    assertThat(half.signatureKey().verify(MESSAGE, signature)).isTrue();
    assertThat(pair.publicPart().toPem()).isEqualTo(half.toPem());
  }

  /** By {@code openssl pkey -pubin -outform DER | sha256sum}: hosts compare them with such. */
  @ParameterizedTest
  @CsvSource({
    "RSA_PKCS1_SHA256, rsa-spki, 376d440293aa748c53fa0f0dd48526815e3d40f2262f61395fbf002487c940f0",
    "ED25519, ed25519-spki, a0da9e393d5715bf18af8f9b244d14dff799a22778839f847b4bb3fad66d2d30",
    "ECDSA_P256_SHA256, p256-spki, d8183c84048cd2c34d9c88149136df1a58413ed71ded443fe40a0c92efa0a1b5",
    "ECDSA_P256_SHA256, p256-spki-compressed, d8183c84048cd2c34d9c88149136df1a58413ed71ded443fe40a0c92efa0a1b5",
    "SM2_SM3, sm2-spki, aff3e8b6f57955bf34aae25225aaf72429d9fab7766ad013093994b722217a6b"
  })
  void fingerprint_publicHalf_asOpenSslHasIt(
      Key.Algorithm algorithm, String name, String fingerprint) throws Exception {
    assertThat(KeyMaterial.ofPem(algorithm, pem(name)).fingerprint()).contains(fingerprint);
  }

  /** What OpenSSL 3 signed with these keys. */
  @ParameterizedTest
  @CsvSource({
    "ED25519, ed25519-spki, 1a550335d76b9d6db36cdc3cc17dc3986d49ee33b59d0875de82d126d7aac9b2bab8e945a92db38caf907a8c42b52a8d379ca7ba537e7907284ea9031b595c0c",
    "ECDSA_P256_SHA256, p256-spki, 304502200b8cb879fb0e49c58457c16155450d7d1523906daeb8e71a48f3294392ebd07e0221008bfaf04c4828b64dc121785f6a8b88654cd3e8542f078dcf9a42ebaf9fa8015c",
    "SM2_SM3, sm2-spki, 30460221008f5483e49885d43840e83e4fae87e1bc2e8e54040254002c57a3ae2da132e4be022100a72ff986a560d2683a90b996e7ec0660be33c52e6e52674236f6bbc2a2bd28f4"
  })
  void verify_signatureMadeElsewhere_true(Key.Algorithm algorithm, String name, String hex)
      throws Exception {
    byte[] signature = HexFormat.of().parseHex(hex);
    byte[] raw =
        algorithm == Key.Algorithm.ED25519 ? signature : EcSignatures.raw(signature).orElseThrow();
    assertThat(KeyMaterial.ofPem(algorithm, pem(name)).signatureKey().verify(MESSAGE, raw))
        .isTrue();
  }

  @ParameterizedTest
  @CsvSource({
    "RSA_PKCS1_SHA256, rsa-pkcs8, rsa-spki",
    "ED25519, ed25519-pkcs8, ed25519-spki",
    "ECDSA_P256_SHA256, p256-pkcs8, p256-spki",
    "SM2_SM3, sm2-pkcs8, sm2-spki"
  })
  void toPem_asOthersWriteIt(Key.Algorithm algorithm, String privateName, String publicName)
      throws Exception {
    KeyMaterial pair = KeyMaterial.ofPem(algorithm, pem(privateName));
    assertThat(pair.toPem()).isEqualTo(pem(privateName));
    assertThat(pair.publicPart().toPem()).isEqualTo(pem(publicName));
  }

  @Test
  void toPkcs1Pem_rsaPrivateKey_asOthersWriteIt() throws Exception {
    KeyMaterial pair = KeyMaterial.ofPem(Key.Algorithm.RSA_PKCS1_SHA256, pem("rsa-pkcs8"));
    assertThat(pair.toPkcs1Pem()).isEqualTo(pem("rsa-pkcs1"));
    assertThatIllegalStateException().isThrownBy(() -> pair.publicPart().toPkcs1Pem());
    assertThatIllegalStateException()
        .isThrownBy(() -> KeyMaterial.generate(Key.Algorithm.ED25519).toPkcs1Pem())
        .withMessage(
            "only an RSA private key has the form PKCS#1, this is KeyMaterial[ED25519 pair]");
  }

  @ParameterizedTest
  @MethodSource("badKeys")
  void ofPem_noSoundKey_refusedWithoutAWordOfIt(String name) throws Exception {
    String pem = pem(name);
    for (Key.Algorithm algorithm : Key.Algorithm.values()) {
      Throwable failure = catchThrowable(() -> KeyMaterial.ofPem(algorithm, pem));
      assertThat(failure).as("%s", algorithm).isExactlyInstanceOf(IllegalArgumentException.class);
      assertThat(failure.getCause()).isNull();
      for (String line : pem.lines().toList()) {
        if (line.length() > 8 && !line.startsWith("-")) {
          assertThat(failure.getMessage()).doesNotContain(line.substring(0, 8));
        }
      }
    }
  }

  @ParameterizedTest
  @EnumSource
  void ofPem_keyOfAnotherAlgorithm_refused(Key.Algorithm algorithm) throws Exception {
    for (String name :
        List.of(
            "rsa-pkcs1",
            "rsa-pkcs8",
            "rsa-spki",
            "rsa-public-pkcs1",
            "ed25519-pkcs8",
            "ed25519-spki",
            "p256-sec1",
            "p256-pkcs8",
            "p256-spki",
            "sm2-pkcs8",
            "sm2-spki")) {
      boolean fits =
          switch (algorithm) {
            case HMAC_SHA256, HMAC_SHA1, HMAC_SM3 -> false;
            case RSA_PKCS1_SHA256, RSA_PSS_SHA256, RSA_PSS_SHA512 -> name.startsWith("rsa");
            case ED25519 -> name.startsWith("ed25519");
            case ECDSA_P256_SHA256 -> name.startsWith("p256");
            case SM2_SM3 -> name.startsWith("sm2");
          };
      Throwable failure = catchThrowable(() -> KeyMaterial.ofPem(algorithm, pem(name)));
      if (fits) {
        assertThat(failure).as(name).isNull();
      } else {
        assertThat(failure).as(name).isExactlyInstanceOf(IllegalArgumentException.class);
      }
    }
  }

  @Test
  void ofPem_textThatIsNotOneBlock_refused() throws Exception {
    String good = pem("ed25519-spki");
    for (String text :
        List.of(
            "",
            " ",
            "MCowBQYDK2VwAyEAX6sm3Y23n5ms8ymXAxRqjUPzLmiGhz8pGX/QfOGDdNk=",
            good + good,
            "subject=somebody\n" + good,
            good + "more",
            good.replace("END PUBLIC KEY", "END PRIVATE KEY"),
            good.replace("PUBLIC KEY", "CERTIFICATE"),
            good.replace("PUBLIC KEY", "public key"),
            good.replace("=", ""),
            good.replace("dNk=", "dNl="),
            good.replace("dNk=", "dNk=="),
            good.replace("MCow", "MC*w"),
            good.replace("-----BEGIN PUBLIC KEY-----\n", "-----BEGIN PUBLIC KEY-----\nX: y\n\n"),
            "-----BEGIN PUBLIC KEY-----\n",
            good + " ".repeat(Pem.MAX_LENGTH))) {
      assertThatIllegalArgumentException()
          .as(text)
          .isThrownBy(() -> KeyMaterial.ofPem(Key.Algorithm.ED25519, text));
    }
    assertThat(KeyMaterial.ofPem(Key.Algorithm.ED25519, "\r\n " + good.replace("\n", "\r\n")))
        .isNotNull();
  }

  @Test
  void ofPem_anyByteAltered_noOtherFailureAndNoOtherPrivateKey() throws Exception {
    Random random = new Random(3);
    for (String name : List.of("p256-pkcs8", "ed25519-pkcs8", "p256-sec1", "rsa-pkcs8")) {
      String label = name.endsWith("sec1") ? "EC PRIVATE KEY" : "PRIVATE KEY";
      Key.Algorithm algorithm =
          name.startsWith("p256")
              ? Key.Algorithm.ECDSA_P256_SHA256
              : name.startsWith("rsa") ? Key.Algorithm.RSA_PSS_SHA256 : Key.Algorithm.ED25519;
      byte[] der = Pem.of(pem(name)).der();
      for (int i = 0; i < 2_000; i++) {
        byte[] altered = der.clone();
        altered[random.nextInt(der.length)] = (byte) random.nextInt(256);
        Throwable failure =
            catchThrowable(() -> KeyMaterial.ofPem(algorithm, new Pem(label, altered).text()));
        assertThat(failure == null || failure.getClass() == IllegalArgumentException.class)
            .as("%s", failure)
            .isTrue();
      }
    }
  }

  /** The classic confusion: what everybody knows as the secret. */
  @Test
  void secret_publicKey_refused() throws Exception {
    for (String name : List.of("rsa-spki", "ed25519-spki", "p256-spki", "rsa-public-pkcs1")) {
      String pem = pem(name);
      for (byte[] bytes :
          List.of(
              pem.getBytes(StandardCharsets.US_ASCII),
              ("\n" + pem).getBytes(StandardCharsets.US_ASCII),
              Pem.of(pem).der())) {
        assertThatIllegalArgumentException()
            .isThrownBy(() -> KeyMaterial.secret(Key.Algorithm.HMAC_SHA256, bytes))
            .withMessageStartingWith(
                bytes.length > KeyMaterial.MAX_SECRET ? "length of secret" : "secret must not be");
      }
    }
  }

  @Test
  void secret_publicKeyInAnotherForm_refused() throws Exception {
    String jwk = KeyMaterial.ofPem(Key.Algorithm.ED25519, pem("ed25519-spki")).toJwk();
    byte[] der = Pem.of(pem("ed25519-spki")).der();
    for (String text :
        List.of(
            jwk,
            " " + jwk + "\n",
            "{\"keys\":[" + jwk + "]}",
            "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIF+rJt2Nt5+ZrPMplwMUao1D8y5ohoc/KRl/0HzhgzXZ me",
            "[" + jwk + "]",
            "\ufeff" + jwk,
            "restrict ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIF+rJt2Nt5+ZrPMplwMUao1D8y5ohoc/KRl/0HzhgzXZ me",
            "# ours\n" + pem("ed25519-spki"),
            Base64.getEncoder().encodeToString(jwk.getBytes(StandardCharsets.US_ASCII)),
            Base64.getEncoder()
                .encodeToString(pem("ed25519-spki").getBytes(StandardCharsets.US_ASCII)),
            Base64.getUrlEncoder().withoutPadding().encodeToString(der),
            HexFormat.of().formatHex(der),
            HexFormat.of().withUpperCase().formatHex(der) + "\n",
            WebhookKeyText.of(KeyMaterial.ofPem(Key.Algorithm.ED25519, pem("ed25519-spki"))),
            WebhookKeyText.of(KeyMaterial.generate(Key.Algorithm.ED25519)),
            HeadKeys.key("ours", KeyMaterial.generate(Key.Algorithm.ED25519)).toString(),
            HeadKeys.key("ours", KeyMaterial.generate(Key.Algorithm.SM2_SM3)).toString(),
            Base64.getEncoder().encodeToString(der),
            "\n" + Base64.getMimeEncoder().encodeToString(der) + "\n")) {
      byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
      for (Key.Algorithm algorithm : List.of(Key.Algorithm.HMAC_SHA1, Key.Algorithm.HMAC_SM3)) {
        assertThatIllegalArgumentException()
            .as(text)
            .isThrownBy(() -> KeyMaterial.secret(algorithm, bytes))
            .withMessage("secret must not be a public key, was one");
      }
      assertThatIllegalArgumentException().isThrownBy(() -> KeyMaterial.fateSecret(text));
    }
  }

  /** A check that is too eager would refuse secrets that people have. */
  @Test
  void secret_onlyLikeAPublicKey_taken() {
    for (String text :
        List.of(
            "{not json at all}",
            "{\"secret\":\"of a kind\"}",
            "ssh is not a key here",
            "MCowBQYDK2VwAyEA",
            "-----begin nothing",
            "0123456789abcdef0123456789abcdef")) {
      byte[] bytes = text.getBytes(StandardCharsets.US_ASCII);
      assertThat(KeyMaterial.secret(Key.Algorithm.HMAC_SHA256, bytes).reveal()).isEqualTo(bytes);
    }
    Random random = new Random(7);
    for (int i = 0; i < 20_000; i++) {
      byte[] bytes = new byte[16 + random.nextInt(64)];
      random.nextBytes(bytes);
      bytes[0] = i % 2 == 0 ? (byte) 0x30 : bytes[0];
      KeyMaterial.secret(Key.Algorithm.HMAC_SHA256, bytes);
    }
  }

  @Test
  void fateSecret_asShortAsSitesHaveThem_signsAndIsStored() {
    for (String text : List.of("s", "sk", "123456", "\u5bc6\u94a5", "x".repeat(512))) {
      KeyMaterial material = KeyMaterial.fateSecret(text);
      assertThat(material.algorithm()).isEqualTo(Key.Algorithm.HMAC_SHA1);
      assertThat(material.reveal()).isEqualTo(text.getBytes(StandardCharsets.UTF_8));
      KeyMaterial back = KeyMaterial.decode(Key.Algorithm.HMAC_SHA1, material.encoded());
      assertThat(back.isSameAs(material)).isTrue();
      assertThat(back.isShort()).isEqualTo(text.length() < 16);
    }
    for (String text : List.of("", "x".repeat(513), "\u5bc6".repeat(171))) {
      assertThatIllegalArgumentException()
          .isThrownBy(() -> KeyMaterial.fateSecret(text))
          .withMessageStartingWith("length of secret must be in 1..512, was ");
    }
  }

  /** What is short is FATE's: no row, and no way round, makes it a secret of another algorithm. */
  @Test
  void fateSecret_takenForAnotherAlgorithms_refused() {
    byte[] encoded = KeyMaterial.fateSecret("sk").encoded();
    for (Key.Algorithm algorithm : Key.Algorithm.values()) {
      if (algorithm != Key.Algorithm.HMAC_SHA1) {
        assertThatIllegalArgumentException()
            .isThrownBy(() -> KeyMaterial.decode(algorithm, encoded));
      }
    }
    byte[] asSecret = encoded.clone();
    asSecret[0] = KeyForms.SECRET;
    assertThatIllegalArgumentException()
        .isThrownBy(() -> KeyMaterial.decode(Key.Algorithm.HMAC_SHA1, asSecret));
    byte[] empty = {KeyForms.SHORT_SECRET, 0};
    assertThatIllegalArgumentException()
        .isThrownBy(() -> KeyMaterial.decode(Key.Algorithm.HMAC_SHA1, empty));
    String jwk = KeyMaterial.fateSecret("sk").toJwk();
    assertThatIllegalArgumentException()
        .isThrownBy(() -> KeyMaterial.ofJwk(Key.Algorithm.HMAC_SHA1, jwk));
  }

  @ParameterizedTest
  @EnumSource(names = "RSA_PSS_SHA256")
  void saltLength_ofItsOwn_onlyThatVerifies(Key.Algorithm algorithm) throws Exception {
    KeyMaterial pair = KeyMaterial.ofPem(algorithm, pem("rsa-pkcs8"));
    byte[] none = pair.saltLength(0).signatureKey().sign(MESSAGE);
    assertThat(pair.saltLength(0).signatureKey().sign(MESSAGE)).as("no salt").isEqualTo(none);
    assertThat(pair.saltLength(0).publicPart().signatureKey().verify(MESSAGE, none)).isTrue();
    assertThat(pair.signatureKey().verify(MESSAGE, none)).isFalse();
    byte[] usual = pair.signatureKey().sign(MESSAGE);
    assertThat(pair.saltLength(0).signatureKey().verify(MESSAGE, usual)).isFalse();
    int digest = algorithm == Key.Algorithm.RSA_PSS_SHA256 ? 32 : 64;
    assertThat(pair.saltLength(0).saltLength(digest).signatureKey().verify(MESSAGE, usual))
        .isTrue();
    KeyMaterial back = KeyMaterial.decode(algorithm, pair.saltLength(20).encoded());
    byte[] twenty = back.signatureKey().sign(MESSAGE);
    assertThat(pair.saltLength(20).signatureKey().verify(MESSAGE, twenty)).isTrue();
    assertThat(pair.saltLength(21).signatureKey().verify(MESSAGE, twenty)).isFalse();
    assertThatIllegalStateException().isThrownBy(() -> pair.saltLength(0).toJwk());
    assertThat(KeyMaterial.ofJwk(algorithm, pair.toJwk()).isSameAs(pair.saltLength(0))).isTrue();
    for (int length : new int[] {-1, digest + 1, Integer.MAX_VALUE}) {
      assertThatIllegalArgumentException().isThrownBy(() -> pair.saltLength(length));
    }
  }

  /** Whoever is told of it can keep it as text only. */
  @ParameterizedTest
  @EnumSource(names = {"HMAC_SHA256", "HMAC_SHA1", "HMAC_SM3"})
  void generate_sharedSecret_isText(Key.Algorithm algorithm) {
    String secret =
        new String(KeyMaterial.generate(algorithm).reveal(), StandardCharsets.ISO_8859_1);
    assertThat(secret).matches("[A-Za-z0-9]{32}");
  }

  @Test
  void saltLength_ofWhatHasNone_refused() {
    for (Key.Algorithm algorithm :
        List.of(
            Key.Algorithm.RSA_PKCS1_SHA256,
            Key.Algorithm.RSA_PSS_SHA512,
            Key.Algorithm.ED25519,
            Key.Algorithm.HMAC_SHA256)) {
      KeyMaterial material = TestKeys.material(algorithm);
      assertThatIllegalStateException()
          .isThrownBy(() -> material.saltLength(32))
          .withMessage("only keys of RSA_PSS_SHA256 have salt of any length, this is " + algorithm);
      byte[] encoded = material.encoded();
      byte[] salted = new byte[encoded.length + 1];
      System.arraycopy(encoded, 0, salted, 0, 2);
      System.arraycopy(encoded, 2, salted, 3, encoded.length - 2);
      salted[1] = 1;
      salted[2] = 20;
      assertThatIllegalStateException().isThrownBy(() -> KeyMaterial.decode(algorithm, salted));
    }
  }

  @Test
  void secret_lengths_fromSixteenBytes() {
    for (int length : new int[] {0, 1, 15, 513}) {
      assertThatIllegalArgumentException()
          .isThrownBy(() -> KeyMaterial.secret(Key.Algorithm.HMAC_SHA1, new byte[length]))
          .withMessage("length of secret must be in 16..512, was " + length);
    }
    for (int length : new int[] {16, 512}) {
      assertThat(KeyMaterial.secret(Key.Algorithm.HMAC_SHA1, new byte[length]).reveal())
          .hasSize(length);
    }
  }

  @Test
  void secret_algorithmOfPairs_refused() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> KeyMaterial.secret(Key.Algorithm.RSA_PKCS1_SHA256, SECRET));
  }

  @Test
  void secret_arrayAlteredLater_noDifference() {
    byte[] bytes = SECRET.clone();
    KeyMaterial material = KeyMaterial.secret(Key.Algorithm.HMAC_SHA256, bytes);
    bytes[0]++;
    material.reveal()[1]++;
    assertThat(material.reveal()).isEqualTo(SECRET);
  }

  @Test
  void secret_whatOnlyPairsHave_refused() {
    KeyMaterial material = KeyMaterial.secret(Key.Algorithm.HMAC_SHA256, SECRET);
    assertThat(material.fingerprint()).isEmpty();
    assertThat(material.canSign()).isTrue();
    assertThatIllegalStateException().isThrownBy(material::publicPart);
    assertThatIllegalStateException().isThrownBy(material::toPem);
    assertThatIllegalStateException().isThrownBy(material::toPkcs1Pem);
    assertThatIllegalStateException().isThrownBy(() -> material.userId("x"));
    assertThatIllegalStateException()
        .isThrownBy(() -> KeyMaterial.generate(Key.Algorithm.ED25519).reveal());
  }

  @Test
  void userId_outOfRange_refused() {
    KeyMaterial material = KeyMaterial.generate(Key.Algorithm.SM2_SM3);
    for (String id : List.of("", "a\nb", "x".repeat(129), "\u516c".repeat(43))) {
      assertThatIllegalArgumentException().isThrownBy(() -> material.userId(id));
    }
    assertThatIllegalStateException()
        .isThrownBy(() -> KeyMaterial.generate(Key.Algorithm.ED25519).userId("x"));
  }

  @ParameterizedTest
  @EnumSource
  void toString_everyKind_showsNothing(Key.Algorithm algorithm) {
    KeyMaterial material = TestKeys.material(algorithm);
    assertThat(material.toString())
        .isEqualTo(
            "KeyMaterial[" + algorithm + (KeyForms.isShared(algorithm) ? " secret]" : " pair]"));
    if (!KeyForms.isShared(algorithm)) {
      assertThat(material.publicPart().toString())
          .isEqualTo("KeyMaterial[" + algorithm + " public half]");
    }
    Key key =
        new Key(
            1,
            7,
            algorithm,
            Key.Purpose.OUTGOING_WEBHOOK,
            Key.State.ENABLED,
            Instant.EPOCH,
            Key.FOREVER);
    assertThat(new IssuedKey(key, material).toString()).contains(material.toString());
  }

  @Test
  void decode_whateverWasNotEncoded_refused() {
    byte[] encoded = KeyMaterial.generate(Key.Algorithm.ED25519).encoded();
    for (int length = 0; length < encoded.length; length++) {
      byte[] cut = Arrays.copyOf(encoded, length);
      assertThatIllegalArgumentException()
          .isThrownBy(() -> KeyMaterial.decode(Key.Algorithm.ED25519, cut));
    }
    byte[] unknown = encoded.clone();
    unknown[0] = 5;
    assertThatIllegalArgumentException()
        .isThrownBy(() -> KeyMaterial.decode(Key.Algorithm.ED25519, unknown));
  }
}
