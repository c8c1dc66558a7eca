package dev.gatehouse.signing;

import static java.util.Objects.requireNonNull;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.gatehouse.audit.AuditLog;
import dev.gatehouse.audit.AuditRecord;
import dev.gatehouse.audit.AuditRecord.Operation;
import dev.gatehouse.audit.AuditRecord.Result;
import dev.gatehouse.error.AuthenticationException;
import dev.gatehouse.error.AuthenticationException.Reason;
import dev.gatehouse.error.GatehouseException;
import dev.gatehouse.json.Json;
import dev.gatehouse.observe.GatehouseListener;
import java.time.Duration;
import java.time.Instant;
import java.util.EnumMap;
import java.util.Map;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Tells listener and audit log of refused requests, the latter at a bounded rate: of each reason,
 * the first few in a window of time one by one, the rest of the window as one count. Nothing but
 * requests drives it, so a count is written when the first request after its window comes in.
 */
final class RefusalLog {
  static final int RECORDS_PER_WINDOW = 5;
  static final Duration WINDOW = Duration.ofSeconds(10);

  private static final Logger LOG = LoggerFactory.getLogger(Verifier.class);

  private final AuditLog audit;
  private final GatehouseListener listener;
  private final Map<Reason, Window> windows = new EnumMap<>(Reason.class);

  /** Whether there is any count to write sooner or later. */
  private volatile boolean counting;

  RefusalLog(AuditLog audit, GatehouseListener listener) {
    this.audit = audit;
    this.listener = listener;
    for (Reason reason : Reason.values()) {
      windows.put(reason, new Window());
    }
  }

  /**
   * Takes note of a refusal.
   *
   * @param appKey as claimed, well-formed; empty text if not known
   */
  void add(AuthenticationException refusal, String appKey, Instant now) {
    tellListener(refusal.reason());
    settle(now);
    Window window = window(refusal.reason());
    if (window.admits(now)) {
      ObjectNode ext = Json.object().put("reason", refusal.reason().name()).put("appKey", appKey);
      write("Refused a request: " + refusal.getMessage(), ext);
    } else {
      counting = true;
    }
  }

  /** Writes the counts whose windows are over. */
  void settle(Instant now) {
    if (!counting) {
      return;
    }
    boolean open = false;
    counting = false;
    for (Reason reason : Reason.values()) {
      Window window = window(reason);
      window.takeCount(now).ifPresent(count -> summarise(reason, count));
      open |= window.isCounting();
    }
    if (open) {
      counting = true;
    }
  }

  private void summarise(Reason reason, Count count) {
    ObjectNode ext =
        Json.object()
            .put("reason", reason.name())
            .put("count", count.refusals())
            .put("since", count.since().toString());
    write("Refused " + count.refusals() + " further requests for " + reason, ext);
  }

  private void write(String content, ObjectNode ext) {
    try {
      audit.write(
          AuditRecord.of(Operation.AUTHENTICATE, Result.DENIED, content)
              .service("signing")
              .ext(Json.write(ext))
              .build());
    } catch (GatehouseException e) {
      LOG.warn("A refusal could not be audited", e);
    }
  }

  private void tellListener(Reason reason) {
    try {
      listener.signatureRefused(reason.name());
    } catch (RuntimeException e) {
      LOG.warn("The listener failed", e);
    }
  }

  private Window window(Reason reason) {
    return requireNonNull(windows.get(reason));
  }

  /** So many refusals were not recorded one by one since then. */
  private record Count(long refusals, Instant since) {}

  /** What happened to one reason lately. A clock set back ends the window too. */
  private static final class Window {
    private Instant start = Instant.MIN;
    private int recorded;
    private long counted;

    /** Whether the refusal may have a record of its own; if not, it is counted. */
    synchronized boolean admits(Instant now) {
      if (isOver(now) && counted == 0) {
        start = now;
        recorded = 0;
      }
      if (recorded < RECORDS_PER_WINDOW) {
        recorded++;
        return true;
      }
      counted++;
      return false;
    }

    synchronized Optional<Count> takeCount(Instant now) {
      if (counted == 0 || !isOver(now)) {
        return Optional.empty();
      }
      Count count = new Count(counted, start);
      counted = 0;
      return Optional.of(count);
    }

    synchronized boolean isCounting() {
      return counted > 0;
    }

    private boolean isOver(Instant now) {
      return now.isBefore(start) || !now.isBefore(start.plus(WINDOW));
    }
  }
}
