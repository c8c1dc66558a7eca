/** Transactions that stores and parts can join. */
package dev.gatehouse.transaction;
