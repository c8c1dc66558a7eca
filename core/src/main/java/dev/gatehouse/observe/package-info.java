/** What happened, for metrics and traces. */
package dev.gatehouse.observe;
