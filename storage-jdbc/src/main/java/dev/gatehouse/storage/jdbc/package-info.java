/** Storage in the database of the host, H2 embedded by default. */
package dev.gatehouse.storage.jdbc;
