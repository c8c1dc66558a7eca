package dev.gatehouse.signing;

import java.time.Instant;

/**
 * SPI: remembers which nonces were used, each once. A claim is a transaction of its own, and stands
 * whatever becomes of the work that it was made for.
 *
 * <p>Rules that every store keeps: {@code NONCE-1} a nonce that is remembered cannot be claimed, by
 * however many at the same time; {@code NONCE-2} a nonce is remembered while the time given is
 * before its expiry, and free again from then on; {@code NONCE-3} applications do not share nonces,
 * and nonces differ by case; {@code NONCE-4} an application that has as many nonces remembered as
 * its quota claims no more: nothing is forgotten to make room; {@code NONCE-5} the quota frees up
 * as nonces expire; {@code NONCE-6} what was claimed since {@link #remembersSince} is remembered;
 * {@code NONCE-7} a claim outlives a transaction of the same thread that is rolled back.
 *
 * <p>A store may go on saying {@link Outcome#FULL} for a second after room was made. One that
 * processes share may go over a quota by the claims under way at the same time and, for each
 * process but one, by a sixteenth of the room that it last saw. Safe for use by multiple threads.
 */
public interface NonceStore {
  /** Longest nonce in characters. */
  int MAX_NONCE = 128;

  /** What became of a claim. */
  enum Outcome {
    /** The nonce was free and is remembered now. */
    CLAIMED,
    /** The nonce is remembered already. */
    REPLAYED,
    /**
     * The application's quota is used up, or the store's room for those of all: whether the nonce
     * is remembered is not said.
     */
    FULL
  }

  /**
   * Claims a nonce for an application, atomically.
   *
   * @param nonce 1..128 characters of printable ASCII
   * @param expiresAtMillis until when to remember it, in epoch milliseconds
   * @param nowMillis the time by which expiry is judged, in epoch milliseconds
   * @param quota the most unexpired nonces that the application may have, 1 or more
   * @throws dev.gatehouse.error.StorageException if it is not known whether the nonce was claimed
   */
  Outcome claim(long applicationId, String nonce, long expiresAtMillis, long nowMillis, int quota);

  /**
   * Since when claims are remembered: when the store was made if it lives in memory, {@link
   * Instant#EPOCH} if it outlives the process.
   */
  Instant remembersSince();
}
