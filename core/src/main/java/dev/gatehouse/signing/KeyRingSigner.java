package dev.gatehouse.signing;

import static java.util.Objects.requireNonNull;

import dev.gatehouse.error.NotFoundException;
import dev.gatehouse.registry.Application;
import dev.gatehouse.transport.Request;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;

/** Signs with whichever key of a key ring is an application's primary key at the time. */
final class KeyRingSigner implements Signer {
  private static final int NONCE_LENGTH = 16;

  private final Application application;
  private final StoredKeyRing keys;
  private final Scheme scheme;
  private final InstantSource clock;

  KeyRingSigner(Application application, KeyRing keys, Scheme scheme, InstantSource clock) {
    this.application = requireNonNull(application, "application");
    this.keys = (StoredKeyRing) requireNonNull(keys, "keys");
    this.scheme = requireNonNull(scheme, "scheme");
    this.clock = requireNonNull(clock, "clock");
  }

  @Override
  public SignedHeaders sign(Request request) {
    requireNonNull(request, "request");
    Instant now = clock.instant();
    List<KeySet.ReadyKey> signing = keys.keysOf(application.id()).signing(scheme, now);
    if (signing.isEmpty()) {
      throw new NotFoundException(
          "application " + application.id() + " has no key that signs by " + scheme);
    }
    return scheme.sign(
        request, new Signing(application.appKey(), signing, now, RandomText.of(NONCE_LENGTH)));
  }
}
