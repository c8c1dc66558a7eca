package dev.gatehouse.refusal;

import static java.util.Objects.requireNonNull;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.gatehouse.audit.AuditLog;
import dev.gatehouse.audit.AuditRecord;
import dev.gatehouse.audit.AuditRecord.Operation;
import dev.gatehouse.audit.AuditRecord.Result;
import dev.gatehouse.error.GatehouseException;
import dev.gatehouse.json.Json;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.EnumMap;
import java.util.Map;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Records refusals at a bounded rate: of each reason, the first five in ten seconds one by one, the
 * rest of those ten seconds as one count. Nothing but its callers drives it, so a count is written
 * when the first of them comes after its time. A failure to record is logged and thrown to nobody.
 * Safe for use by multiple threads.
 *
 * @param <R> why something is refused
 */
public final class RefusalLog<R extends Enum<R>> {
  static final int RECORDS_PER_WINDOW = 5;
  static final Duration WINDOW = Duration.ofSeconds(10);

  private static final Logger LOG = LoggerFactory.getLogger(RefusalLog.class);

  private final Kind kind;
  private final AuditLog audit;
  private final InstantSource clock;
  private final Map<R, Window> windows;

  /** Whether there is any count to write sooner or later. */
  private volatile boolean counting;

  /**
   * What is refused. Immutable.
   *
   * @param service the part that refuses
   * @param operation what is refused there
   * @param things what is refused there, in the plural, beginning a sentence
   */
  public record Kind(String service, Operation operation, String things) {}

  /** A log of refusals that writes to the audit log. */
  public RefusalLog(Class<R> reasons, Kind kind, AuditLog audit, InstantSource clock) {
    this.kind = requireNonNull(kind, "kind");
    this.audit = requireNonNull(audit, "audit");
    this.clock = requireNonNull(clock, "clock");
    windows = new EnumMap<>(reasons);
    for (R reason : reasons.getEnumConstants()) {
      windows.put(reason, new Window());
    }
  }

  /**
   * Takes note of a refusal.
   *
   * @param content one sentence
   * @param ext ids; the reason is added
   */
  public void add(R reason, String content, ObjectNode ext) {
    settle();
    add(reason, content, ext, audit);
  }

  /**
   * As {@link #add(Enum, String, ObjectNode)}, with a record, if it gets one, in a transaction.
   * Writes no count, which a rollback would lose.
   */
  public void add(R reason, String content, ObjectNode ext, AuditLog joined) {
    if (requireNonNull(windows.get(reason)).admits(clock.instant())) {
      write(content, ext.put("reason", reason.name()), joined);
    } else {
      counting = true;
    }
  }

  /** Writes the counts whose time is over; costs nothing if there is none. */
  public void settle() {
    if (!counting) {
      return;
    }
    Instant now = clock.instant();
    counting = false;
    windows.forEach(
        (reason, window) -> {
          window.takeCount(now).ifPresent(count -> summarise(reason, count));
          if (window.isCounting()) {
            counting = true;
          }
        });
  }

  private void summarise(R reason, Count count) {
    ObjectNode ext =
        Json.object()
            .put("reason", reason.name())
            .put("count", count.refusals())
            .put("since", count.since().toString());
    write(kind.things() + " refused for " + reason + ": " + count.refusals() + " more", ext, audit);
  }

  private void write(String content, ObjectNode ext, AuditLog log) {
    try {
      log.write(
          AuditRecord.of(kind.operation(), Result.DENIED, content)
              .service(kind.service())
              .ext(Json.write(ext))
              .build());
    } catch (GatehouseException e) {
      LOG.warn("A refusal could not be audited", e);
    }
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
