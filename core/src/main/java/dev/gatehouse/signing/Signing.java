package dev.gatehouse.signing;

import java.time.Instant;

/**
 * By whom, with what and when something is signed.
 *
 * @param party the app key of who signs
 * @param key the key that signs at that time
 * @param now the time
 * @param nonce 16 letters and digits, used for nothing else
 */
record Signing(String party, SignatureKey key, Instant now, String nonce) {}
