/** Signing and verifying requests: schemes, keys, protection against replay. */
package dev.gatehouse.signing;
