package dev.gatehouse.signing;

import static java.util.Objects.requireNonNull;

import dev.gatehouse.check.Check;
import dev.gatehouse.transport.Request;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;

/** Signs with a key that no key ring holds. */
final class MaterialSigner implements Signer {
  private static final int NONCE_LENGTH = 16;

  /** Ids that nothing reads: no ring is asked about the key. */
  private static final long NO_RING = 1;

  private final String party;
  private final KeySet.ReadyKey key;
  private final Scheme scheme;
  private final InstantSource clock;

  MaterialSigner(String party, KeyMaterial material, Scheme scheme, InstantSource clock) {
    this.party = Check.ascii(party, 128, "party");
    this.scheme = requireNonNull(scheme, "scheme");
    this.clock = requireNonNull(clock, "clock");
    Check.that(material.canSign(), "material must be able to sign, was a public half");
    Check.that(
        scheme.algorithms().contains(material.algorithm()),
        "material must be of an algorithm of " + scheme + ", was of " + material.algorithm());
    key =
        new KeySet.ReadyKey(
            new Key(
                NO_RING,
                NO_RING,
                material.algorithm(),
                scheme.signingPurpose(),
                Key.State.ENABLED,
                Instant.EPOCH,
                Key.FOREVER),
            material.signatureKey(),
            true);
  }

  @Override
  public SignedHeaders sign(Request request) {
    requireNonNull(request, "request");
    return scheme.sign(
        request, new Signing(party, List.of(key), clock.instant(), RandomText.of(NONCE_LENGTH)));
  }
}
