/** A keyed hash for tables of what strangers choose. Not exported to hosts. */
package dev.gatehouse.hash;
