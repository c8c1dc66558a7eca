/** Measures the audit log: appending, sequencing, proving, verifying. */
@NullMarked
package dev.gatehouse.benchmarks.audit;

import org.jspecify.annotations.NullMarked;
