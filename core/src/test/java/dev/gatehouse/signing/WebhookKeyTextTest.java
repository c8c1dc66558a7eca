package dev.gatehouse.signing;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.util.Base64;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class WebhookKeyTextTest {
  private static final String SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
  private static final String PUBLIC = "whpk_1SiA4o9hyqTCpIqC5V9HUakiiaeACeqfZTInDBbOir4=";
  private static final String PAIR =
      "whsk_6Xb/dCcHpPea21PS1N9VY/NZW723CEc77N4rJCubMbfVKIDij2HKpMKkioLlX0dRqSKJp4AJ6p9lMicMFs6Kvg==";

  @ParameterizedTest
  @ValueSource(strings = {SECRET, PUBLIC, PAIR})
  void parse_thenOf_theSameText(String text) {
    assertThat(WebhookKeyText.of(WebhookKeyText.parse(text))).isEqualTo(text);
  }

  @Test
  void parse_eachKind_itsAlgorithm() {
    assertThat(WebhookKeyText.parse(SECRET).algorithm()).isEqualTo(Key.Algorithm.HMAC_SHA256);
    assertThat(WebhookKeyText.parse(PUBLIC).canSign()).isFalse();
    KeyMaterial pair = WebhookKeyText.parse(PAIR);
    assertThat(pair.algorithm()).isEqualTo(Key.Algorithm.ED25519);
    assertThat(pair.canSign()).isTrue();
    assertThat(WebhookKeyText.of(pair.publicPart())).isEqualTo(PUBLIC);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "whsec_",
        "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
        "WHSEC_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
        " whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
        "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaS",
        "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLa==",
        "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw ",
        "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw\n",
        "whsec_MfKQ9r8GKYqrTwjU",
        "whsec_%",
        "whpk_1SiA4o9hyqTCpIqC5V9HUakiiaeACeqfZTInDBbOir4",
        "whpk_1SiA4o9hyqTCpIqC5V9HUakiiaeACeqfZTInDBbOir5=",
        "whpk_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
        "whpk_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=",
        "whpk_AQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=",
        "whsk_1SiA4o9hyqTCpIqC5V9HUakiiaeACeqfZTInDBbOir4=",
        "whsk_6Xb/dCcHpPea21PS1N9VY/NZW723CEc77N4rJCubMbfVKIDij2HKpMKkioLlX0dRqSKJp4AJ6p9lMicMFs6Kv",
        "whsk_7Xb/dCcHpPea21PS1N9VY/NZW723CEc77N4rJCubMbfVKIDij2HKpMKkioLlX0dRqSKJp4AJ6p9lMicMFs6Kvg=="
      })
  void parse_anotherText_refusedWithoutRepeatingIt(String text) {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> WebhookKeyText.parse(text))
        .satisfies(e -> assertThat(e.getMessage()).doesNotContain("MfKQ", "1SiA", "Xb/d"));
  }

  @Test
  void parse_lengthsOfSecrets_24to64Bytes() {
    for (int length = 20; length < 70; length++) {
      String text = "whsec_" + Base64.getEncoder().encodeToString(new byte[length]);
      if (length >= 24 && length <= 64) {
        assertThat(WebhookKeyText.parse(text).reveal()).hasSize(length);
      } else {
        assertThatIllegalArgumentException().isThrownBy(() -> WebhookKeyText.parse(text));
      }
    }
  }

  @Test
  void of_keyThatIsNoWebhooks_refused() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> WebhookKeyText.of(KeyMaterial.generate(Key.Algorithm.ECDSA_P256_SHA256)));
    assertThatIllegalArgumentException()
        .isThrownBy(() -> WebhookKeyText.of(KeyMaterial.generate(Key.Algorithm.HMAC_SHA1)));
    KeyMaterial tooShort = KeyMaterial.secret(Key.Algorithm.HMAC_SHA256, new byte[16]);
    assertThatIllegalArgumentException().isThrownBy(() -> WebhookKeyText.of(tooShort));
  }
}
