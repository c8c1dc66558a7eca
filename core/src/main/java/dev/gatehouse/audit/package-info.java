/** Who did what, when and with what result: records, queries, proofs. */
package dev.gatehouse.audit;
