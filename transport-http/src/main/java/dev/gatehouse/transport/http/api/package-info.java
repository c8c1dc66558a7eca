/** HTTP in: wire-compatible interfaces of Gatehouse, for a host to mount into its own server. */
package dev.gatehouse.transport.http.api;
