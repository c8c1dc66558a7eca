package dev.gatehouse.signing;

import static org.assertj.core.api.Assertions.assertThat;

import dev.gatehouse.audit.AuditLog;
import dev.gatehouse.audit.AuditRecord;
import dev.gatehouse.error.AuthenticationException;
import dev.gatehouse.error.AuthenticationException.Reason;
import dev.gatehouse.error.StorageException;
import dev.gatehouse.observe.GatehouseListener;
import java.lang.reflect.Proxy;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class RefusalLogTest {
  private static final Instant START = Instant.parse("2030-01-01T00:00:00Z");

  private final List<AuditRecord> records = new ArrayList<>();
  private final List<String> heard = new ArrayList<>();
  private boolean auditBroken;
  private boolean listenerBroken;
  private final RefusalLog log = new RefusalLog(audit(), listener());

  /** Whatever else the interface has: only writing is called. */
  private AuditLog audit() {
    return (AuditLog)
        Proxy.newProxyInstance(
            AuditLog.class.getClassLoader(),
            new Class<?>[] {AuditLog.class},
            (proxy, method, arguments) -> {
              assertThat(method.getName()).isEqualTo("write");
              if (auditBroken) {
                throw new StorageException("broken on purpose");
              }
              records.add((AuditRecord) arguments[0]);
              return arguments[0];
            });
  }

  private GatehouseListener listener() {
    return new GatehouseListener() {
      @Override
      public void signatureRefused(String reason) {
        heard.add(reason);
        if (listenerBroken) {
          throw new IllegalStateException("broken on purpose");
        }
      }
    };
  }

  private void refuse(Reason reason, int times, Instant now) {
    for (int i = 0; i < times; i++) {
      log.add(new AuthenticationException(reason, "test"), "Kp7vQ2mXc9RtZ4aB", now);
    }
  }

  private List<String> contents() {
    return records.stream().map(AuditRecord::content).toList();
  }

  @Test
  void add_few_eachRecorded() {
    refuse(Reason.SIGNATURE, 5, START);
    assertThat(contents()).hasSize(5).containsOnly("Refused a request: test");
    assertThat(records.get(0).ext())
        .contains("{\"reason\":\"SIGNATURE\",\"appKey\":\"Kp7vQ2mXc9RtZ4aB\"}");
    assertThat(records.get(0).resultType()).isEqualTo(AuditRecord.Result.DENIED.code());
    assertThat(records.get(0).operationType()).isEqualTo(AuditRecord.Operation.AUTHENTICATE.code());
  }

  @Test
  void add_flood_fiveRecordsAndOneCountPerWindow() {
    for (int second = 0; second < 60; second++) {
      refuse(Reason.SIGNATURE, 100, START.plusSeconds(second));
    }
    assertThat(records).hasSize(6 * 5 + 5);
    assertThat(heard).hasSize(6_000);
    log.settle(START.plusSeconds(60));
    assertThat(records).hasSize(6 * 6);
    long counted =
        contents().stream()
            .filter(content -> content.contains("further"))
            .mapToLong(content -> Long.parseLong(content.replaceAll("[^0-9]", "")))
            .sum();
    assertThat(counted + 6 * 5).as("no refusal is lost").isEqualTo(6_000);
  }

  @Test
  void settle_windowStillOpen_writesNothing() {
    refuse(Reason.EXPIRED, 8, START);
    log.settle(START.plus(RefusalLog.WINDOW).minusNanos(1));
    assertThat(records).hasSize(5);
    log.settle(START.plus(RefusalLog.WINDOW));
    assertThat(contents()).last().isEqualTo("Refused 3 further requests for EXPIRED");
    log.settle(START.plus(RefusalLog.WINDOW).plusSeconds(100));
    assertThat(records).hasSize(6);
  }

  @Test
  void add_reasons_haveTheirOwnWindows() {
    refuse(Reason.SIGNATURE, 1_000, START);
    refuse(Reason.REPLAYED, 1, START);
    assertThat(contents()).hasSize(6);
    assertThat(records.get(5).ext().orElseThrow()).contains("REPLAYED");
  }

  @Test
  void add_clockSetBack_windowEnds() {
    refuse(Reason.SIGNATURE, 6, START);
    refuse(Reason.SIGNATURE, 1, START.minus(Duration.ofDays(1)));
    assertThat(contents())
        .hasSize(7)
        .contains("Refused 1 further requests for SIGNATURE", "Refused a request: test");
  }

  @Test
  void add_auditAndListenerFail_callerDoesNotNotice() {
    auditBroken = true;
    listenerBroken = true;
    refuse(Reason.SIGNATURE, 20, START);
    log.settle(START.plusSeconds(20));
    assertThat(heard).hasSize(20);
    assertThat(records).isEmpty();
  }
}
