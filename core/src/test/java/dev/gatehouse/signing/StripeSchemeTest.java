package dev.gatehouse.signing;

import static dev.gatehouse.signing.Signed.NOW;
import static dev.gatehouse.signing.Signed.assertMalformed;
import static dev.gatehouse.signing.Signed.header;
import static dev.gatehouse.signing.Signed.proves;
import static dev.gatehouse.signing.Signed.with;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import dev.gatehouse.transport.Request;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Locale;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class StripeSchemeTest {
  private static final StripeScheme SCHEME = StripeScheme.create();
  private static final String HEADER = "Stripe-Signature";
  private static final SignatureKey KEY = TestKeys.hmac("whsec_test_secret");
  private static final Request EVENT =
      Request.post(
          URI.create("https://receiver.example/stripe"),
          "{\n  \"id\": \"evt_test_webhook\",\n  \"object\": \"event\"\n}");

  private static final Request SIGNED = Signed.by(SCHEME, KEY, EVENT);
  private static final String V1 = header(SIGNED, HEADER).substring("t=1700000100,".length());

  /** Computed with OpenSSL. */
  @Test
  void sign_knownEvent_knownSignature() {
    assertThat(header(SIGNED, HEADER))
        .isEqualTo(
            "t=1700000100,v1=62ab036d9f2ea7d416ab59d96918fc2a482dfd4af485792204464161398ede78");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "t=1700000100,%s,v0=6ffbb59b2300aae63f272406069a9788598b792a944a07aba816edb039989a39",
        "v0=x,t=1700000100,%s",
        "%s,t=1700000100",
        "t=1700000100,v1=6ffbb59b2300aae63f272406069a9788598b792a944a07aba816edb039989a39,%s",
        "t=1700000100,%s,%s,%s,%s,%s,%s,%s,%s",
        "t=1700000100,%s,v2=,T=1,x=y=z"
      })
  void read_listWithTheRightOne_proven(String form) {
    assertThat(proves(SCHEME, KEY, with(SIGNED, HEADER, form.replace("%s", V1)))).isTrue();
  }

  static Stream<String> malformed() {
    String hex = V1.substring(3);
    return Stream.of(
        "",
        "t=1700000100",
        V1,
        "t=," + V1,
        "t=0," + V1,
        "t=+1700000100," + V1,
        "t=01700000100," + V1,
        "t=1700000100000," + V1,
        "t=1700000100,t=1700000100," + V1,
        "t=1699999900," + V1 + ",t=1700000100",
        "t=1700000100," + V1 + ",",
        "," + "t=1700000100," + V1,
        "t=1700000100, " + V1,
        "t =1700000100," + V1,
        "t=1700000100,v1",
        "t=1700000100,v1=",
        "t=1700000100,=" + hex,
        "t=1700000100,v1=" + hex.toUpperCase(Locale.ROOT),
        "t=1700000100,v1=" + hex.substring(1),
        "t=1700000100,v1=" + hex + "0",
        "t=1700000100,v0=" + hex,
        "t=1700000100,V1=" + hex,
        "t=1700000100," + (V1 + ",").repeat(8) + V1,
        "t=1700000100," + "v0=a,".repeat(15) + V1,
        "t=1700000100," + "v1=a,".repeat(3_000) + V1);
  }

  @ParameterizedTest
  @MethodSource("malformed")
  void read_malformedHeader_refused(String value) {
    assertMalformed(SCHEME, with(SIGNED, HEADER, value));
  }

  @Test
  void read_headerMissingOrTwice_refused() {
    assertMalformed(SCHEME, EVENT);
    assertMalformed(SCHEME, SIGNED.header("stripe-signature", header(SIGNED, HEADER)));
  }

  @Test
  void read_tampered_notProven() {
    assertThat(proves(SCHEME, KEY, SIGNED)).isTrue();
    assertThat(proves(SCHEME, KEY, with(SIGNED, HEADER, "t=1700000101," + V1))).isFalse();
    assertThat(proves(SCHEME, KEY, SIGNED.body("{}".getBytes(StandardCharsets.UTF_8)))).isFalse();
    assertThat(proves(SCHEME, KEY, SIGNED.body(new byte[0]))).isFalse();
    assertThat(proves(SCHEME, TestKeys.hmac("whsec_other_secret"), SIGNED)).isFalse();
    for (int i = 3; i < V1.length(); i++) {
      String altered = "t=1700000100," + V1.substring(0, i) + (V1.charAt(i) == '0' ? '1' : '0');
      Request request = with(SIGNED, HEADER, altered + V1.substring(i + 1));
      assertThat(proves(SCHEME, KEY, request)).as("digit " + i).isFalse();
    }
  }

  @ParameterizedTest
  @CsvSource({"300, true", "301, false", "-300, true", "-301, false"})
  void isTimely_edges_exact(long age, boolean timely) {
    assertThat(proves(SCHEME, KEY, SIGNED, NOW.plusSeconds(age))).isEqualTo(timely);
  }

  @Test
  void read_nonce_ofWhatIsSignedOnly() {
    String nonce = SCHEME.read(SIGNED).nonce();
    assertThat(SCHEME.read(with(SIGNED, HEADER, V1 + ",v0=a,t=1700000100")).nonce())
        .isEqualTo(nonce);
    assertThat(SCHEME.read(with(SIGNED, HEADER, "t=1700000101," + V1)).nonce()).isNotEqualTo(nonce);
    assertThat(SCHEME.read(SIGNED.body(new byte[1])).nonce()).isNotEqualTo(nonce);
  }

  @Test
  void create_headerOfItsOwn_thatOneOnly() {
    StripeScheme other = StripeScheme.create("Calendly-Webhook-Signature", Duration.ofMinutes(3));
    Request signed = Signed.by(other, KEY, EVENT);
    assertThat(header(signed, "calendly-webhook-signature")).isEqualTo(header(SIGNED, HEADER));
    assertThat(proves(other, KEY, signed)).isTrue();
    assertThat(proves(other, KEY, signed, NOW.plusSeconds(181))).isFalse();
    assertMalformed(SCHEME, signed);
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "X Signature", "X-Signature:", "X\r\nY", "\u0130"})
  void create_headerThatIsNone_refused(String name) {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> StripeScheme.create(name, Duration.ofMinutes(5)));
  }

  @Test
  void sign_signedAlready_refused() {
    assertThatIllegalArgumentException().isThrownBy(() -> Signed.by(SCHEME, KEY, SIGNED));
  }
}
