package dev.gatehouse.signing;

import static java.util.Objects.requireNonNull;

import java.time.Instant;

/** A key that is to be added, and has no id yet. */
record NewKey(
    long applicationId,
    Key.Purpose purpose,
    KeyMaterial material,
    Key.State state,
    Instant notBefore,
    Instant notAfter) {
  NewKey {
    requireNonNull(purpose, "purpose");
    requireNonNull(material, "material");
  }

  Key key(long id) {
    return new Key(id, applicationId, material.algorithm(), purpose, state, notBefore, notAfter);
  }
}
