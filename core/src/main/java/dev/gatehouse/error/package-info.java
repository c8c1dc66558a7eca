/** What Gatehouse throws, by what the caller can do about it. */
package dev.gatehouse.error;
