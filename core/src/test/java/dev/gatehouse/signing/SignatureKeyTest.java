package dev.gatehouse.signing;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class SignatureKeyTest {
  private static final byte[] MESSAGE = "a message".getBytes(StandardCharsets.US_ASCII);

  private static SignatureKey key(Key.Algorithm algorithm) {
    return TestKeys.of(algorithm);
  }

  private static int length(Key.Algorithm algorithm) {
    return switch (algorithm) {
      case HMAC_SHA256, HMAC_SM3 -> 32;
      case HMAC_SHA1 -> 20;
      case RSA_PKCS1_SHA256, RSA_PSS_SHA256, RSA_PSS_SHA512 -> 256;
      case ED25519, ECDSA_P256_SHA256, SM2_SM3 -> 64;
    };
  }

  @ParameterizedTest
  @EnumSource
  void verify_itsOwnSignature_true(Key.Algorithm algorithm) {
    SignatureKey key = key(algorithm);
    assertThat(key.algorithm()).isEqualTo(algorithm);
    for (int size : new int[] {0, 1, 64, 1_000, 100_000}) {
      byte[] message = new byte[size];
      byte[] signature = key.sign(message);
      assertThat(signature).hasSize(length(algorithm));
      assertThat(key.verify(message, signature)).isTrue();
    }
  }

  @ParameterizedTest
  @EnumSource
  void verify_anyBitFlipped_false(Key.Algorithm algorithm) {
    SignatureKey key = key(algorithm);
    byte[] signature = key.sign(MESSAGE);
    for (int bit = 0; bit < signature.length * 8; bit += signature.length > 64 ? 37 : 1) {
      byte[] flipped = signature.clone();
      flipped[bit / 8] ^= (byte) (1 << (bit % 8));
      assertThat(key.verify(MESSAGE, flipped)).as("bit %s", bit).isFalse();
    }
    byte[] other = MESSAGE.clone();
    other[0] ^= 1;
    assertThat(key.verify(other, signature)).isFalse();
  }

  @ParameterizedTest
  @EnumSource
  void verify_whateverIsNoSignature_false(Key.Algorithm algorithm) {
    SignatureKey key = key(algorithm);
    byte[] signature = key.sign(MESSAGE);
    for (int length : new int[] {0, 1, 19, 20, 32, 63, 65, 255, 257, 10_000}) {
      if (length != signature.length) {
        assertThat(key.verify(MESSAGE, Arrays.copyOf(signature, length))).isFalse();
      }
    }
    byte[] ones = new byte[signature.length];
    assertThat(key.verify(MESSAGE, ones)).as("zeros").isFalse();
    Arrays.fill(ones, (byte) -1);
    assertThat(key.verify(MESSAGE, ones)).as("ones").isFalse();
    assertThat(key.verify(MESSAGE, signature)).as("no harm was done to the key").isTrue();
  }

  @ParameterizedTest
  @EnumSource
  void verify_anothersSignature_false(Key.Algorithm algorithm) {
    SignatureKey other = TestKeys.another(algorithm);
    assertThat(other.verify(MESSAGE, key(algorithm).sign(MESSAGE))).isFalse();
  }

  @ParameterizedTest
  @EnumSource(
      mode = EnumSource.Mode.EXCLUDE,
      names = {"HMAC_SHA256", "HMAC_SHA1", "HMAC_SM3"})
  void publicHalf_verifiesAndDoesNotSign(Key.Algorithm algorithm) {
    SignatureKey half = TestKeys.material(algorithm).publicPart().signatureKey();
    assertThat(half.verify(MESSAGE, key(algorithm).sign(MESSAGE))).isTrue();
    assertThatThrownBy(() -> half.sign(MESSAGE))
        .isInstanceOf(UnsupportedOperationException.class)
        .hasMessage("only the public half of the key is known");
  }

  @ParameterizedTest
  @EnumSource
  void toString_showsNothing(Key.Algorithm algorithm) {
    assertThat(key(algorithm).toString()).matches("[A-Za-z0-9]+Key\\[\\.\\.\\.]");
  }

  @ParameterizedTest
  @EnumSource
  void use_byManyThreadsAtOnce_nothingMixedUp(Key.Algorithm algorithm) throws Exception {
    SignatureKey key = key(algorithm);
    int rounds = length(algorithm) > 64 ? 5 : 40;
    ExecutorService threads = Executors.newFixedThreadPool(8);
    try {
      List<Future<Boolean>> sound = new ArrayList<>();
      for (int thread = 0; thread < 8; thread++) {
        byte[] message = {(byte) thread};
        sound.add(
            threads.submit(
                () -> {
                  boolean all = true;
                  for (int i = 0; i < rounds; i++) {
                    byte[] signature = key.sign(message);
                    all &= key.verify(message, signature) && !key.verify(MESSAGE, signature);
                  }
                  return all;
                }));
      }
      for (Future<Boolean> each : sound) {
        assertThat(each.get(60, TimeUnit.SECONDS)).isTrue();
      }
    } finally {
      threads.shutdownNow();
      assertThat(threads.awaitTermination(30, TimeUnit.SECONDS)).isTrue();
    }
  }

  /** CVE-2022-21449: signatures of zeros that were good for any message and key. */
  @ParameterizedTest
  @EnumSource(names = {"ECDSA_P256_SHA256", "SM2_SM3"})
  void verify_numbersOutOfRange_false(Key.Algorithm algorithm) {
    SignatureKey key = key(algorithm);
    byte[] good = key.sign(MESSAGE);
    BigInteger order = (algorithm == Key.Algorithm.SM2_SM3 ? Curve.SM2 : Curve.P256).order();
    BigInteger r = new BigInteger(1, Arrays.copyOf(good, 32));
    BigInteger s = new BigInteger(1, Arrays.copyOfRange(good, 32, 64));
    List<BigInteger> outside =
        List.of(
            BigInteger.ZERO,
            order,
            order.add(BigInteger.ONE),
            BigInteger.TWO.pow(256).subtract(BigInteger.ONE));
    for (BigInteger number : outside) {
      for (BigInteger other : outside) {
        assertThat(key.verify(MESSAGE, raw(number, other))).isFalse();
      }
      assertThat(key.verify(MESSAGE, raw(number, s))).isFalse();
      assertThat(key.verify(MESSAGE, raw(r, number))).isFalse();
    }
    assertThat(key.verify(MESSAGE, raw(s, r))).as("swapped").isFalse();
    assertThat(key.verify(MESSAGE, EcSignatures.der(good))).as("DER").isFalse();
    if (algorithm == Key.Algorithm.SM2_SM3) {
      assertThat(key.verify(MESSAGE, raw(r, order.subtract(r)))).as("r + s = n").isFalse();
    }
  }

  private static byte[] raw(BigInteger r, BigInteger s) {
    byte[] raw = Arrays.copyOf(Unsigned.bytes(r, 32), 64);
    System.arraycopy(Unsigned.bytes(s, 32), 0, raw, 32, 32);
    return raw;
  }

  /** Both halves of the curve's symmetry verify: what must be unique cannot be the signature. */
  @Test
  void verify_ecdsaWithTheOtherS_alsoTrue() {
    SignatureKey key = key(Key.Algorithm.ECDSA_P256_SHA256);
    byte[] good = key.sign(MESSAGE);
    BigInteger s = new BigInteger(1, Arrays.copyOfRange(good, 32, 64));
    byte[] other = raw(new BigInteger(1, Arrays.copyOf(good, 32)), Curve.P256.order().subtract(s));
    assertThat(other).isNotEqualTo(good);
    assertThat(key.verify(MESSAGE, other)).isTrue();
  }

  /** GB/T 32918.5, appendix A. */
  @Test
  void verify_sm2VectorOfTheStandard_true() {
    EcNumbers numbers =
        EcNumbers.ofScalar(
            Curve.SM2,
            new BigInteger("3945208F7B2144B13F36E38AC6D39F95889393692860B51A42FB81EF4DF7C5B8", 16));
    HexFormat hex = HexFormat.of().withUpperCase();
    assertThat(hex.formatHex(numbers.point().getEncoded(false)))
        .isEqualTo(
            "0409F9DF311E5421A150DD7D161E4BC5C672179FAD1833FC076BB08FF356F35020"
                + "CCEA490CE26775A52DC6EA718CC1AA600AED05FBF35E084A6632F6072DA9AD13");
    byte[] signature =
        hex.parseHex(
            "F5A03B0648D2C4630EEAC513E1BB81A15944DA3827D5B74143AC7EACEEE720B3"
                + "B1B6AA29DF212FD8763182BC0D421CA1BB9038FD1F7F42D4840B69C485BBC1AA");
    byte[] message = "message digest".getBytes(StandardCharsets.US_ASCII);
    KeyMaterial material = KeyMaterial.of(Key.Algorithm.SM2_SM3, numbers);
    assertThat(material.signatureKey().verify(message, signature)).isTrue();
    assertThat(material.userId("ALICE123@YAHOO.COM").signatureKey().verify(message, signature))
        .as("another user id")
        .isFalse();
  }

  /** All eight points of small order, in every spelling of theirs. */
  @Test
  void ed25519_pointsOfSmallOrder_refusedAsKeys() {
    for (String point :
        List.of(
            "0000000000000000000000000000000000000000000000000000000000000000",
            "0000000000000000000000000000000000000000000000000000000000000080",
            "0100000000000000000000000000000000000000000000000000000000000000",
            "0100000000000000000000000000000000000000000000000000000000000080",
            "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
            "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc85",
            "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
            "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa",
            "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
            "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
            "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
            "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
            "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
            "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff")) {
      assertThatIllegalArgumentException()
          .as(point)
          .isThrownBy(() -> Ed25519Numbers.ofPublic(HexFormat.of().parseHex(point)))
          .withMessage("public key must be a point of Ed25519 of the full order, was not");
    }
  }

  /** S and S plus the order are the same number to a careless verifier. */
  @Test
  void verify_ed25519WithSPlusTheOrder_false() {
    SignatureKey key = key(Key.Algorithm.ED25519);
    byte[] good = key.sign(MESSAGE);
    BigInteger order =
        BigInteger.TWO.pow(252).add(new BigInteger("27742317777372353535851937790883648493"));
    byte[] bigEndian = new byte[32];
    for (int i = 0; i < 32; i++) {
      bigEndian[i] = good[63 - i];
    }
    byte[] more = Unsigned.bytes(new BigInteger(1, bigEndian).add(order), 32);
    byte[] malleable = good.clone();
    for (int i = 0; i < 32; i++) {
      malleable[63 - i] = more[i];
    }
    assertThat(key.verify(MESSAGE, malleable)).isFalse();
  }

  @Test
  void hmac_emptySecretOrOtherAlgorithm_refused() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new HmacKey(Key.Algorithm.HMAC_SHA256, new byte[0]))
        .withMessage("secret must have at least 1 byte, had none");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new HmacKey(Key.Algorithm.ED25519, new byte[32]));
  }

  /** Of the same key, what one padding makes is no signature by the other. */
  @Test
  void verify_otherPaddingOfTheSameRsaKey_false() {
    String pem = TestKeys.material(Key.Algorithm.RSA_PSS_SHA256).toPem();
    SignatureKey pss = key(Key.Algorithm.RSA_PSS_SHA256);
    SignatureKey pkcs1 = KeyMaterial.ofPem(Key.Algorithm.RSA_PKCS1_SHA256, pem).signatureKey();
    assertThat(pss.verify(MESSAGE, pkcs1.sign(MESSAGE))).isFalse();
    assertThat(pkcs1.verify(MESSAGE, pss.sign(MESSAGE))).isFalse();
  }
}
