package dev.gatehouse.scheduler;

/**
 * The right of a node to hold tasks. Times are epoch milliseconds by the store's clock. Immutable.
 *
 * @param node its number, 1 or more, never given to another
 * @param nowMillis the store's time when the lease was given
 * @param expiresMillis when others may take its tasks
 * @param othersExpireMillis when the first of the other nodes' leases ends or ended, if it is not
 *     renewed: from then on there may be something to recover; {@link Long#MAX_VALUE} if there is
 *     no other lease
 */
public record NodeLease(int node, long nowMillis, long expiresMillis, long othersExpireMillis) {}
