package dev.gatehouse.audit;

import org.jspecify.annotations.Nullable;

/**
 * SPI: the fields of a record by whose value a store can narrow a scan. The names are fixed here,
 * so that nothing a caller says ever becomes part of a statement.
 */
public enum AuditColumn {
  /** The id, a {@code Long}. */
  ID,
  /** The operation, a {@code Long}. */
  OPERATION_TYPE,
  /** The result, a {@code Long}. */
  RESULT_TYPE,
  /** The node. */
  SOURCE_NODE,
  /** The namespace. */
  NAMESPACE,
  /** The severity. */
  SEVERITY,
  /** The user; null if absent. */
  USER,
  /** The request; null if absent. */
  REQUEST_ID,
  /** The service; null if absent. */
  SERVICE;

  /** The record's value: a {@code Long}, a {@code String}, or null if absent. */
  public @Nullable Object of(AuditRecord record) {
    return switch (this) {
      case ID -> record.id();
      case OPERATION_TYPE -> (long) record.operationType();
      case RESULT_TYPE -> (long) record.resultType();
      case SOURCE_NODE -> record.sourceNode();
      case NAMESPACE -> record.namespace();
      case SEVERITY -> record.severity();
      case USER -> record.user().orElse(null);
      case REQUEST_ID -> record.requestId().orElse(null);
      case SERVICE -> record.service().orElse(null);
    };
  }

  /** Whether the values are numbers; else they are texts. */
  public boolean isNumber() {
    return this == ID || this == OPERATION_TYPE || this == RESULT_TYPE;
  }
}
