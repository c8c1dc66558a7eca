package dev.gatehouse.audit;

/** Hears how far a verification has come. Not safe: confine to one thread. */
@FunctionalInterface
public interface AuditProgress {
  /** Hears nothing. */
  AuditProgress NONE = (done, total) -> {};

  /** So many records of that many were looked at. What it throws ends the verification. */
  void verified(long done, long total);
}
