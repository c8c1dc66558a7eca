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
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class GithubSchemeTest {
  private static final GithubScheme SCHEME = GithubScheme.create();
  private static final String HEADER = "X-Hub-Signature-256";

  /** What GitHub's documentation gives to test against. */
  private static final SignatureKey KEY = TestKeys.hmac("It's a Secret to Everybody");

  private static final String SIGNATURE =
      "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17";
  private static final Request HELLO =
      Request.post(URI.create("https://receiver.example/github"), "Hello, World!");

  private static final Request SIGNED = HELLO.header("x-hub-signature-256", SIGNATURE);

  @Test
  void documentedVector_signedAndProven() {
    assertThat(header(Signed.by(SCHEME, KEY, HELLO), HEADER)).isEqualTo(SIGNATURE);
    assertThat(proves(SCHEME, KEY, SIGNED)).isTrue();
  }

  @Test
  void read_tampered_notProven() {
    assertThat(proves(SCHEME, KEY, SIGNED.body("Hello, World?".getBytes(StandardCharsets.UTF_8))))
        .isFalse();
    assertThat(proves(SCHEME, KEY, SIGNED.body(new byte[0]))).isFalse();
    assertThat(proves(SCHEME, KEY, with(SIGNED, HEADER, SIGNATURE.replace("043e17", "043e18"))))
        .isFalse();
    assertThat(proves(SCHEME, TestKeys.hmac("It's a Secret to Nobody!!!"), SIGNED)).isFalse();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "sha256=",
        "757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17",
        "sha1=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17",
        "SHA256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17",
        "sha256=757107EA0EB2509FC211221CCE984B8A37570B6D7586C22C46F4379C8B043E17",
        "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e1",
        "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e1700",
        "sha256= 757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17",
        "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17,sha256=00"
      })
  void read_malformedHeader_refused(String value) {
    assertMalformed(SCHEME, with(SIGNED, HEADER, value));
  }

  /** SHA-1 of the same vector, as it is sent besides. */
  @Test
  void read_sha1Only_refused() {
    String sha1 = "sha1=01dc10d0c83e72ed246219cdd91669667fe2ca59";
    assertMalformed(SCHEME, HELLO.header("X-Hub-Signature", sha1));
    assertMalformed(SCHEME, HELLO.header(HEADER, sha1));
    assertThat(proves(SCHEME, KEY, SIGNED.header("X-Hub-Signature", "sha1=00"))).isTrue();
  }

  @Test
  void read_twice_refused() {
    assertMalformed(SCHEME, SIGNED.header(HEADER, SIGNATURE));
  }

  /** As the Javadoc says: there is no time and nothing to remember. */
  @Test
  void read_manyYearsLater_stillProven() {
    assertThat(proves(SCHEME, KEY, SIGNED, NOW.plusSeconds(1_000_000_000))).isTrue();
    assertThat(SCHEME.remembersUntil(SCHEME.read(SIGNED), NOW)).isEmpty();
  }

  @Test
  void sign_signedAlready_refused() {
    assertThatIllegalArgumentException().isThrownBy(() -> Signed.by(SCHEME, KEY, SIGNED));
  }
}
