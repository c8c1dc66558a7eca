/** The composition root: {@link dev.gatehouse.Gatehouse} and its builder. */
package dev.gatehouse;
