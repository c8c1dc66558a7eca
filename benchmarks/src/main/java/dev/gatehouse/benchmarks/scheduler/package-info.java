/** Measures delayed tasks: how many, how late, and at what cost to the database. */
@NullMarked
package dev.gatehouse.benchmarks.scheduler;

import org.jspecify.annotations.NullMarked;
