package dev.gatehouse.examples;

import dev.gatehouse.Gatehouse;
import dev.gatehouse.registry.Application;
import dev.gatehouse.signing.Key;
import dev.gatehouse.signing.KeyMaterial;
import dev.gatehouse.signing.StandardWebhooksScheme;
import dev.gatehouse.signing.Verifier;
import dev.gatehouse.signing.WebhookKeyText;

/** A part of a host: it takes a partner's webhooks, and nobody else's. */
public final class Webhooks {
  private Webhooks() {}

  /** Keeps the secret that the partner's console shows, to verify with it and never to sign. */
  public static Key trust(Gatehouse gatehouse, Application partner, String secret) {
    KeyMaterial material = WebhookKeyText.parse(secret);
    return gatehouse.keys().importKey(partner.id(), Key.Purpose.INCOMING_WEBHOOK, material);
  }

  /**
   * Lets in what the partner signed, once, and not what is older than five minutes. Make one and
   * keep it: it bounds how many refusals are recorded.
   */
  public static Verifier from(Gatehouse gatehouse, Application partner) {
    return gatehouse.verifier(StandardWebhooksScheme.create()).from(partner);
  }
}
