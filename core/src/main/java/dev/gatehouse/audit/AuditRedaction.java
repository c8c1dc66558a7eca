package dev.gatehouse.audit;

import static java.util.Objects.requireNonNull;

import java.util.Set;

/**
 * The host's rule of what must never get into the log: takes from a record what is confidential,
 * before its bytes are frozen and hashed. Called on the thread that writes, once for each record,
 * maybe inside a transaction, so it must not block. What it throws reaches the writer, and nothing
 * is appended. Must be safe for use by multiple threads.
 */
@FunctionalInterface
public interface AuditRedaction {
  /** Stands where something was taken away. */
  String MASK = "***";

  /**
   * The record as it may be kept.
   *
   * @param record enriched, without an id
   * @return without an id too
   */
  AuditRecord redact(AuditRecord record);

  /** This rule, then another. */
  default AuditRedaction then(AuditRedaction next) {
    requireNonNull(next, "next");
    return record -> next.redact(redact(record));
  }

  /**
   * Puts {@link #MASK} in place of every value in {@code ext} that stands under one of the names,
   * at any depth, whatever it is: {@code password}, {@code authorization} and the like.
   *
   * @param names compared without regard to case
   */
  static AuditRedaction members(String... names) {
    return new MemberRedaction(Set.of(names));
  }
}
