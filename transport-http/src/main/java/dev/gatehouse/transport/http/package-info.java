/** Outbound HTTP with an SSRF guard. */
package dev.gatehouse.transport.http;
