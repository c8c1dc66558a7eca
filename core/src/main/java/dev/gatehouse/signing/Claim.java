package dev.gatehouse.signing;

/**
 * What the headers of a request claim: well-formed, not proven.
 *
 * @param appKey whose key signed it
 * @param epochSecond when
 * @param nonce what makes it unlike any other
 * @param payload what stands for the request's content
 * @param proof what is to prove it
 */
record Claim(String appKey, long epochSecond, String nonce, String payload, Proof proof) {}
