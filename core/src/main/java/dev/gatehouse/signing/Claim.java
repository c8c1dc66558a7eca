package dev.gatehouse.signing;

import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What the headers of a request claim: well-formed, not proven.
 *
 * @param party who signed it, as the scheme names parties; empty if it names none
 * @param signedAt when, or null if the scheme does not tell
 * @param expiresAt until when the signer wants it to hold, or null if that is not said
 * @param nonce what makes it unlike any other, and stands in what was signed; empty if nothing does
 * @param content what stands for the request's content where the content itself is not signed
 * @param proofs of which any one is enough, at least one
 */
record Claim(
    String party,
    @Nullable Instant signedAt,
    @Nullable Instant expiresAt,
    String nonce,
    String content,
    List<Proof> proofs) {
  Claim {
    proofs = List.copyOf(proofs);
  }

  /** A claim that does not say until when it holds. */
  Claim(
      String party, @Nullable Instant signedAt, String nonce, String content, List<Proof> proofs) {
    this(party, signedAt, null, nonce, content, proofs);
  }
}
