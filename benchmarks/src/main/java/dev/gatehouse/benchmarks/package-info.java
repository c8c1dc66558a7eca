/** Runs areas of measurements and reports them; see the README beside this module's pom. */
@NullMarked
package dev.gatehouse.benchmarks;

import org.jspecify.annotations.NullMarked;
