/** The databases that measurements run on, started and emptied by the benchmarks themselves. */
@NullMarked
package dev.gatehouse.benchmarks.database;

import org.jspecify.annotations.NullMarked;
