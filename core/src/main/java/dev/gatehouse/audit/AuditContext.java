package dev.gatehouse.audit;

import dev.gatehouse.check.Check;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * On whose behalf, in which request, by which service and on which node something happens: what a
 * record says of that where its writer has not said it. Carried by {@link AuditLog#within}, or
 * given by {@link AuditRules.Builder#context} for whatever thread writes. Immutable.
 */
public final class AuditContext {
  /** Says nothing. */
  public static final AuditContext NONE = new AuditContext(null, null, null, null);

  private final @Nullable String user;
  private final @Nullable String requestId;
  private final @Nullable String service;
  private final @Nullable String sourceNode;

  private AuditContext(
      @Nullable String user,
      @Nullable String requestId,
      @Nullable String service,
      @Nullable String sourceNode) {
    this.user = user;
    this.requestId = requestId;
    this.service = service;
    this.sourceNode = sourceNode;
  }

  /** As this, with who does it: at most {@link AuditRecord#MAX_TEXT} characters. */
  public AuditContext user(String value) {
    return new AuditContext(checked(value, "user"), requestId, service, sourceNode);
  }

  /** As this, with the request: at most {@link AuditRecord#MAX_TEXT} characters. */
  public AuditContext requestId(String value) {
    return new AuditContext(user, checked(value, "requestId"), service, sourceNode);
  }

  /** As this, with the service that does it: at most {@link AuditRecord#MAX_TEXT} characters. */
  public AuditContext service(String value) {
    return new AuditContext(user, requestId, checked(value, "service"), sourceNode);
  }

  /** As this, with the node: at most {@link AuditRecord#MAX_TEXT} characters. */
  public AuditContext sourceNode(String value) {
    return new AuditContext(user, requestId, service, checked(value, "sourceNode"));
  }

  private static String checked(String value, String name) {
    return Check.text(value, 0, AuditRecord.MAX_TEXT, name);
  }

  /** Who does it. */
  public Optional<String> user() {
    return Optional.ofNullable(user);
  }

  /** The request it belongs to. */
  public Optional<String> requestId() {
    return Optional.ofNullable(requestId);
  }

  /** The service that does it. */
  public Optional<String> service() {
    return Optional.ofNullable(service);
  }

  /** The node it happens on. */
  public Optional<String> sourceNode() {
    return Optional.ofNullable(sourceNode);
  }

  /** The record, saying what it does not say itself. */
  AuditRecord enrich(AuditRecord record) {
    if (this == NONE) {
      return record;
    }
    AuditRecord.Builder builder = record.toBuilder();
    if (user != null && record.user().isEmpty()) {
      builder.user(user);
    }
    if (requestId != null && record.requestId().isEmpty()) {
      builder.requestId(requestId);
    }
    if (service != null && record.service().isEmpty()) {
      builder.service(service);
    }
    if (sourceNode != null && record.sourceNode().isEmpty()) {
      builder.sourceNode(sourceNode);
    }
    return builder.build();
  }

  /** Says nothing of what it holds: that may be personal. */
  @Override
  public String toString() {
    return "AuditContext";
  }
}
