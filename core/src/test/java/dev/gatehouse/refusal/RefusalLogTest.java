package dev.gatehouse.refusal;

import static org.assertj.core.api.Assertions.assertThat;

import dev.gatehouse.audit.AuditLog;
import dev.gatehouse.audit.AuditRecord;
import dev.gatehouse.audit.AuditRecord.Operation;
import dev.gatehouse.error.StorageException;
import dev.gatehouse.json.Json;
import java.lang.reflect.Proxy;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class RefusalLogTest {
  private static final Instant START = Instant.parse("2030-01-01T00:00:00Z");

  private enum Reason {
    LATE,
    FORGED
  }

  private final List<AuditRecord> records = new ArrayList<>();
  private final List<AuditRecord> joinedRecords = new ArrayList<>();
  private Instant now = START;
  private boolean auditBroken;
  private final RefusalLog<Reason> log =
      new RefusalLog<>(
          Reason.class,
          new RefusalLog.Kind("gate", Operation.AUTHENTICATE, "Requests"),
          audit(records),
          () -> now);

  /** Whatever else the interface has: only writing is called. */
  private AuditLog audit(List<AuditRecord> to) {
    return (AuditLog)
        Proxy.newProxyInstance(
            AuditLog.class.getClassLoader(),
            new Class<?>[] {AuditLog.class},
            (proxy, method, arguments) -> {
              assertThat(method.getName()).isEqualTo("write");
              if (auditBroken) {
                throw new StorageException("broken on purpose");
              }
              to.add((AuditRecord) arguments[0]);
              return arguments[0];
            });
  }

  private void refuse(Reason reason, int times) {
    for (int i = 0; i < times; i++) {
      log.add(reason, "Request refused: test", Json.object().put("id", "7"));
    }
  }

  private List<String> contents() {
    return records.stream().map(AuditRecord::content).toList();
  }

  @Test
  void add_few_eachRecorded() {
    refuse(Reason.FORGED, 5);
    assertThat(contents()).hasSize(5).containsOnly("Request refused: test");
    assertThat(records.get(0).ext()).contains("{\"id\":\"7\",\"reason\":\"FORGED\"}");
    assertThat(records.get(0).service()).contains("gate");
    assertThat(records.get(0).resultType()).isEqualTo(AuditRecord.Result.DENIED.code());
    assertThat(records.get(0).operationType()).isEqualTo(Operation.AUTHENTICATE.code());
  }

  @Test
  void add_flood_fiveRecordsAndOneCountPerWindow() {
    for (int second = 0; second < 60; second++) {
      now = START.plusSeconds(second);
      refuse(Reason.FORGED, 100);
    }
    assertThat(records).hasSize(6 * 5 + 5);
    now = START.plusSeconds(60);
    log.settle();
    assertThat(records).hasSize(6 * 6);
    long counted =
        contents().stream()
            .filter(content -> content.endsWith(" more"))
            .mapToLong(content -> Long.parseLong(content.replaceAll("[^0-9]", "")))
            .sum();
    assertThat(counted + 6 * 5).as("no refusal is lost").isEqualTo(6_000);
  }

  @Test
  void settle_windowStillOpen_writesNothing() {
    refuse(Reason.LATE, 8);
    now = START.plus(RefusalLog.WINDOW).minusNanos(1);
    log.settle();
    assertThat(records).hasSize(5);
    now = START.plus(RefusalLog.WINDOW);
    log.settle();
    assertThat(contents()).last().isEqualTo("Requests refused for LATE: 3 more");
    now = now.plusSeconds(100);
    log.settle();
    assertThat(records).hasSize(6);
  }

  @Test
  void add_reasons_haveTheirOwnWindows() {
    refuse(Reason.FORGED, 1_000);
    refuse(Reason.LATE, 1);
    assertThat(contents()).hasSize(6);
    assertThat(records.get(5).ext().orElseThrow()).contains("LATE");
  }

  @Test
  void add_clockSetBack_windowEnds() {
    refuse(Reason.FORGED, 6);
    now = START.minus(Duration.ofDays(1));
    refuse(Reason.FORGED, 1);
    assertThat(contents())
        .hasSize(7)
        .contains("Requests refused for FORGED: 1 more", "Request refused: test");
  }

  /** A transaction that rolls back must not take along the count of what happened outside it. */
  @Test
  void add_joined_recordsThereAndLeavesTheCountOutside() {
    refuse(Reason.FORGED, 7);
    now = START.plus(RefusalLog.WINDOW);
    log.add(Reason.FORGED, "Request refused: test", Json.object(), audit(joinedRecords));
    log.add(Reason.LATE, "Request refused: test", Json.object(), audit(joinedRecords));
    assertThat(joinedRecords).hasSize(1);
    assertThat(records).hasSize(5);
    log.settle();
    assertThat(contents()).last().isEqualTo("Requests refused for FORGED: 3 more");
  }

  @Test
  void add_auditFails_callerDoesNotNotice() {
    auditBroken = true;
    refuse(Reason.FORGED, 20);
    now = START.plusSeconds(20);
    log.settle();
    assertThat(records).isEmpty();
  }
}
