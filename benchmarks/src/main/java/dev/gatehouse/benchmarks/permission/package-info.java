/** Measures permissions: checks, handles, and how a million grants are loaded. */
@NullMarked
package dev.gatehouse.benchmarks.permission;

import org.jspecify.annotations.NullMarked;
