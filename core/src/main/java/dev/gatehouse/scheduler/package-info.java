/** Durable delayed tasks: local handlers and signed callbacks. */
package dev.gatehouse.scheduler;
