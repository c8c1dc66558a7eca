/** What choosing an instance costs, and calling one. */
@NullMarked
package dev.gatehouse.benchmarks.registry;

import org.jspecify.annotations.NullMarked;
