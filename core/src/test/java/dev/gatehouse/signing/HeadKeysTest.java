package dev.gatehouse.signing;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.gatehouse.audit.HeadKey;
import dev.gatehouse.audit.HeadSigner;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import org.junit.jupiter.api.Test;

class HeadKeysTest {
  private static final byte[] TEXT = "a head\n".getBytes(StandardCharsets.UTF_8);

  @Test
  void key_ed25519_isThatOfSignedNotes() {
    KeyMaterial pair = KeyMaterial.generate(Key.Algorithm.ED25519);
    HeadKey key = HeadKeys.key("log", pair);
    assertThat(HeadKey.parse(key.toString()).toString()).isEqualTo(key.toString());
    assertThat(HeadKeys.parse(key.toString()).toString()).isEqualTo(key.toString());
    byte[] typed = Base64.getDecoder().decode(key.toString().split("\\+", 3)[2]);
    assertThat(typed).hasSize(33).startsWith(1);
    assertThat(HeadKeys.signer(pair).sign(TEXT)).hasSize(64);
  }

  @Test
  void parse_sm2_isReadBack() {
    KeyMaterial pair = KeyMaterial.generate(Key.Algorithm.SM2_SM3);
    HeadKey key = HeadKeys.key("log", pair.publicPart());
    HeadSigner signer = HeadKeys.signer(pair);
    assertThat(signer.sign(TEXT)).hasSize(64);
    assertThat(HeadKeys.parse(key.toString()).toString()).isEqualTo(key.toString());
    assertThatThrownBy(() -> HeadKey.parse(key.toString()))
        .isInstanceOf(IllegalArgumentException.class);
    String otherName = "other" + key.toString().substring(3);
    assertThatThrownBy(() -> HeadKeys.parse(otherName))
        .isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void key_ofOtherAlgorithmOrPublicHalf_refused() {
    KeyMaterial rsa = KeyMaterial.generate(Key.Algorithm.HMAC_SHA256);
    assertThatThrownBy(() -> HeadKeys.key("log", rsa)).hasMessageContaining("HMAC_SHA256");
    KeyMaterial publicHalf = KeyMaterial.generate(Key.Algorithm.ED25519).publicPart();
    assertThatThrownBy(() -> HeadKeys.signer(publicHalf))
        .isInstanceOf(IllegalArgumentException.class);
    for (String text : new String[] {"", "a+b", "a+00000000+AA==", "a+b+c+d", "a+b+!"}) {
      assertThatThrownBy(() -> HeadKeys.parse(text)).isInstanceOf(IllegalArgumentException.class);
    }
  }
}
