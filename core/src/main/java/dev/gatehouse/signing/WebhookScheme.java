package dev.gatehouse.signing;

/**
 * A style of signed webhooks. Nothing in a webhook tells who sent it to whom, so a key serves one
 * direction only: what we signed for an application must not prove that it comes from there.
 */
abstract sealed class WebhookScheme extends Scheme
    permits GithubScheme, StandardWebhooksScheme, StripeScheme {
  /** A style without a time. */
  WebhookScheme() {}

  WebhookScheme(TimeWindow window) {
    super(window);
  }

  @Override
  final Key.Purpose signingPurpose() {
    return Key.Purpose.OUTGOING_WEBHOOK;
  }

  @Override
  final Key.Purpose verifyingPurpose() {
    return Key.Purpose.INCOMING_WEBHOOK;
  }

  @Override
  final boolean namesParty() {
    return false;
  }
}
