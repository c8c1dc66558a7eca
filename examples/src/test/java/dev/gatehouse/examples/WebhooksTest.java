package dev.gatehouse.examples;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.gatehouse.Gatehouse;
import dev.gatehouse.error.AuthenticationException;
import dev.gatehouse.registry.Application;
import dev.gatehouse.signing.Key;
import dev.gatehouse.signing.Signer;
import dev.gatehouse.signing.StandardWebhooksScheme;
import dev.gatehouse.signing.Verifier;
import dev.gatehouse.signing.WebhookKeyText;
import dev.gatehouse.testing.fixture.VirtualGatehouse;
import dev.gatehouse.transport.Request;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import org.junit.jupiter.api.Test;

/** A host's unit test: the partner signs, someone else replays, alters, or comes late. */
class WebhooksTest {
  private static final String SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
  private static final URI INBOX = URI.create("https://host.example/inbox");

  @Test
  void from_partner_takesEachMessageOnceWithinItsTime() {
    try (VirtualGatehouse virtual = VirtualGatehouse.create();
        VirtualGatehouse elsewhere = VirtualGatehouse.create()) {
      Gatehouse gatehouse = virtual.gatehouse();
      Application partner = gatehouse.registry().register(Application.named("partner"));
      Webhooks.trust(gatehouse, partner, SECRET);
      Verifier inbox = Webhooks.from(gatehouse, partner);
      Signer partners = partners(elsewhere.gatehouse());

      Request message = Request.post(INBOX, "{\"paid\":7}");
      Request signed = partners.sign(message).addTo(message);
      assertThat(inbox.verify(signed).application().name()).isEqualTo("partner");
      refused(inbox, signed);
      refused(
          inbox,
          partners
              .sign(message)
              .addTo(message)
              .body("{\"paid\":9}".getBytes(StandardCharsets.UTF_8)));

      Request late = partners.sign(message).addTo(message);
      virtual.advance(Duration.ofMinutes(6));
      refused(inbox, late);
    }
  }

  /** The partner's own house, where we are one of its applications. */
  private static Signer partners(Gatehouse theirs) {
    Application us = theirs.registry().register(Application.named("us"));
    theirs.keys().importKey(us.id(), Key.Purpose.OUTGOING_WEBHOOK, WebhookKeyText.parse(SECRET));
    return theirs.signer(us, StandardWebhooksScheme.create());
  }

  private static void refused(Verifier inbox, Request request) {
    assertThatThrownBy(() -> inbox.verify(request)).isInstanceOf(AuthenticationException.class);
  }
}
