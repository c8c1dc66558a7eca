/** Runnable mains that show the whole idea on real input. */
package dev.gatehouse.examples;
