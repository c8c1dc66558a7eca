/** Measures signing: keys beside the bare primitives, and the claiming of nonces. */
@NullMarked
package dev.gatehouse.benchmarks.signing;

import org.jspecify.annotations.NullMarked;
