/** Measures what the HTTP API costs beside a handler that only parses and answers. */
@NullMarked
package dev.gatehouse.benchmarks.http;

import org.jspecify.annotations.NullMarked;
