package dev.gatehouse.signing;

import static dev.gatehouse.signing.Signed.header;
import static dev.gatehouse.signing.Signed.proves;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.standardwebhooks.exceptions.WebhookVerificationException;
import com.stripe.exception.SignatureVerificationException;
import com.stripe.net.Webhook;
import dev.gatehouse.transport.Headers;
import dev.gatehouse.transport.Request;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/** The vendors' own libraries verify what we sign, and the other way round, on random messages. */
class WebhookInteropTest {
  private static final URI PLACE = URI.create("https://receiver.example/hooks");
  private static final int MESSAGES = 200;
  private static final long SEED = Long.getLong("gatehouse.seed", 2_026);

  private final Random random = new Random(SEED);

  private String secret() {
    byte[] bytes = new byte[24 + random.nextInt(41)];
    random.nextBytes(bytes);
    return "whsec_" + Base64.getEncoder().encodeToString(bytes);
  }

  private String body() {
    StringBuilder body = new StringBuilder("{\"text\":\"");
    int length = random.nextInt(40);
    for (int i = 0; i < length; i++) {
      body.appendCodePoint(0x20 + random.nextInt(0x2fff));
    }
    return body.append("\"}").toString();
  }

  /** Their clock is the real one. */
  private static Signing signing(SignatureKey key) {
    return Signed.signing("", key, Instant.now(), RandomText.of(16));
  }

  private static Map<String, List<String>> map(Headers headers) {
    return headers.fields().stream()
        .collect(Collectors.toMap(Headers.Field::name, field -> List.of(field.value())));
  }

  @Test
  void standardWebhooks_oursByTheirs_andTheirsByOurs() throws Exception {
    StandardWebhooksScheme scheme = StandardWebhooksScheme.create();
    for (int i = 0; i < MESSAGES; i++) {
      String secret = secret();
      com.standardwebhooks.Webhook theirs = new com.standardwebhooks.Webhook(secret);
      SignatureKey key = WebhookKeyText.parse(secret).signatureKey();
      String body = body();
      Request request = Request.post(PLACE, body);
      Headers ours = scheme.sign(request, signing(key)).headers();
      theirs.verify(body, map(ours));
      assertThatThrownBy(() -> theirs.verify(body + " ", map(ours)))
          .isInstanceOf(WebhookVerificationException.class);

      Instant now = Instant.ofEpochSecond(1_700_000_000 + random.nextInt(1_000_000));
      Request signed =
          request.headers(
              Headers.of(
                  "webhook-id", "msg_" + i,
                  "webhook-timestamp", Long.toString(now.getEpochSecond()),
                  "webhook-signature", theirs.sign("msg_" + i, now.getEpochSecond(), body)));
      assertThat(proves(scheme, key, signed, now)).as("seed %d, message %d", SEED, i).isTrue();
      assertThat(proves(scheme, key, signed.body(new byte[3]), now)).isFalse();
    }
  }

  @Test
  void stripe_oursByTheirs_andTheirsByOurs() throws Exception {
    StripeScheme scheme = StripeScheme.create();
    for (int i = 0; i < MESSAGES; i++) {
      String secret = secret();
      SignatureKey key = TestKeys.hmac(secret);
      String body = body();
      Request request = Request.post(PLACE, body);
      Request signed = scheme.sign(request, signing(key)).addTo(request);
      String header = header(signed, "Stripe-Signature");
      assertThat(Webhook.Signature.verifyHeader(body, header, secret, 300)).isTrue();
      assertThatThrownBy(() -> Webhook.Signature.verifyHeader(body + " ", header, secret, 300))
          .isInstanceOf(SignatureVerificationException.class);

      long then = 1_700_000_000L + random.nextInt(1_000_000);
      String theirs = Webhook.Util.computeHmacSha256(secret, then + "." + body);
      Request byThem = request.header("Stripe-Signature", "t=" + then + ",v1=" + theirs);
      Instant now = Instant.ofEpochSecond(then);
      assertThat(proves(scheme, key, byThem, now)).as("seed %d, message %d", SEED, i).isTrue();
      assertThat(proves(scheme, key, byThem.body(new byte[3]), now)).isFalse();
    }
  }

  /** As a receiver sees a rotation: it may know the old secret or the new one, until it ends. */
  @Test
  void rotation_ours_takenByWhoeverKnowsEitherSecret() throws Exception {
    String old = secret();
    KeyMaterial fresh = KeyMaterial.generate(Key.Algorithm.HMAC_SHA256);
    String next = new String(fresh.reveal(), StandardCharsets.US_ASCII);
    Request request = Request.post(PLACE, body());
    String body = new String(request.body(), StandardCharsets.UTF_8);
    List<KeySet.ReadyKey> stripes =
        List.of(Signed.ready(2, fresh.signatureKey()), Signed.ready(1, TestKeys.hmac(old)));
    Request signed =
        StripeScheme.create()
            .sign(request, new Signing("", stripes, Instant.now(), "n"))
            .addTo(request);
    for (String secret : List.of(old, next)) {
      assertThat(
              Webhook.Signature.verifyHeader(body, header(signed, "Stripe-Signature"), secret, 300))
          .isTrue();
    }
    List<KeySet.ReadyKey> standard =
        List.of(
            Signed.ready(2, fresh.signatureKey()),
            Signed.ready(1, WebhookKeyText.parse(old).signatureKey()));
    Headers ours =
        StandardWebhooksScheme.create()
            .sign(request, new Signing("", standard, Instant.now(), "n"))
            .headers();
    new com.standardwebhooks.Webhook(old).verify(body, map(ours));
    new com.standardwebhooks.Webhook(WebhookKeyText.of(fresh)).verify(body, map(ours));
  }

  /** The two styles are alike, but neither takes the other's header. */
  @Test
  void styles_oneForAnother_refused() {
    SignatureKey key = TestKeys.hmac("whsec_0123456789abcdef0123");
    Request request = Request.post(PLACE, "{}".getBytes(StandardCharsets.UTF_8));
    List<Scheme> schemes =
        List.of(StandardWebhooksScheme.create(), StripeScheme.create(), GithubScheme.create());
    for (Scheme signing : schemes) {
      Request signed = Signed.by(signing, key, request);
      for (Scheme verifying : schemes) {
        assertThat(proves(verifying, key, signed)).isEqualTo(signing == verifying);
      }
    }
  }
}
