/** Identifiers made by the client. Not exported. */
package dev.gatehouse.id;
