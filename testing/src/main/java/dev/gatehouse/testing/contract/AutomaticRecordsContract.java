package dev.gatehouse.testing.contract;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.gatehouse.Gatehouse;
import dev.gatehouse.audit.AuditContext;
import dev.gatehouse.audit.AuditOptions;
import dev.gatehouse.audit.AuditQuery;
import dev.gatehouse.audit.AuditRecord;
import dev.gatehouse.audit.AuditRules;
import dev.gatehouse.audit.AutomaticRecord;
import dev.gatehouse.error.AuthenticationException;
import dev.gatehouse.error.DeniedException;
import dev.gatehouse.permission.Grant;
import dev.gatehouse.permission.Resource;
import dev.gatehouse.permission.Subject;
import dev.gatehouse.registry.Application;
import dev.gatehouse.registry.Server;
import dev.gatehouse.registry.Service;
import dev.gatehouse.scheduler.SchedulerOptions;
import dev.gatehouse.scheduler.Task;
import dev.gatehouse.scheduler.TaskId;
import dev.gatehouse.scheduler.TaskResult;
import dev.gatehouse.transport.Request;
import java.net.URI;
import java.time.Duration;
import java.time.Instant;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;

/**
 * What Gatehouse itself records, by kind: in the transaction of what it records, with who did it,
 * without a secret, and only what the host chose ({@code AUDIT-21}).
 */
public abstract class AutomaticRecordsContract extends StoreContract {
  private static final Set<AutomaticRecord> ALL = EnumSet.allOf(AutomaticRecord.class);
  private static final String SECRET = "hunter2";

  /** A contract of what is recorded. */
  protected AutomaticRecordsContract() {}

  private Gatehouse gatehouse(Set<AutomaticRecord> kinds) {
    AuditRules rules =
        AuditRules.builder()
            .context(() -> AuditContext.NONE.user("clerk").requestId("r-1"))
            .build();
    return Gatehouse.builder()
        .storage(storage())
        .clock(clock)
        .handler("work", context -> TaskResult.done())
        .scheduler(SchedulerOptions.builder().audited(SchedulerOptions.Audited.ALL).build())
        .audit(AuditOptions.builder().rules(rules).build())
        .automaticRecords(kinds)
        .build();
  }

  private static List<AuditRecord> records(Gatehouse gatehouse) {
    AuditQuery all =
        AuditQuery.between(Instant.EPOCH, START.plus(Duration.ofDays(99))).maxSize(1_000);
    return gatehouse.audit().find(all).records();
  }

  private static List<String> contents(Gatehouse gatehouse) {
    return records(gatehouse).stream().map(AuditRecord::content).toList();
  }

  private static String ext(AuditRecord record) {
    return record.ext().orElseThrow();
  }

  private static Server server(int port) {
    return Server.named("store").at("10.0.0.3", port);
  }

  /** One of each kind. */
  private static void everything(Gatehouse gatehouse) {
    Application application = gatehouse.registry().register(Application.named("billing"));
    gatehouse.registry().register(server(8080));
    gatehouse.keys().rotate(application.id(), Duration.ofDays(9));
    gatehouse.permissions().defineRole("clerk");
    gatehouse
        .permissions()
        .grant(Grant.allow(Subject.role("clerk"), "use", Resource.component("reader")));
    TaskId task = gatehouse.scheduler().schedule(Task.of("order-1").handler("work"));
    gatehouse.scheduler().cancel(task);
    assertThatExceptionOfType(AuthenticationException.class)
        .isThrownBy(
            () ->
                gatehouse
                    .verifier()
                    .verify(Request.post(URI.create("https://host.example/in"), "body")));
    assertThatExceptionOfType(DeniedException.class)
        .isThrownBy(
            () ->
                gatehouse
                    .permissions()
                    .require(Subject.user("nobody"), "use", Resource.component("reader")));
  }

  private static AutomaticRecord kind(AuditRecord record) {
    int operation = record.operationType();
    return switch (record.service().orElseThrow()) {
      case "registry" -> AutomaticRecord.REGISTRY;
      case "signing" ->
          operation == AuditRecord.Operation.AUTHENTICATE.code()
              ? AutomaticRecord.REFUSED_SIGNATURES
              : AutomaticRecord.KEYS;
      case "permission" ->
          operation == AuditRecord.Operation.AUTHORIZE.code()
              ? AutomaticRecord.DENIED_DECISIONS
              : AutomaticRecord.PERMISSIONS;
      case "scheduler" -> AutomaticRecord.TASKS;
      default -> throw new AssertionError(record);
    };
  }

  private static Set<AutomaticRecord> kinds(Gatehouse gatehouse) {
    Set<AutomaticRecord> kinds = EnumSet.noneOf(AutomaticRecord.class);
    records(gatehouse).forEach(record -> kinds.add(kind(record)));
    return kinds;
  }

  @Test
  void AUDIT21_byDefault_everyKindIsRecordedWithWhoDidIt() {
    try (Gatehouse gatehouse = gatehouse(ALL)) {
      everything(gatehouse);
      assertThat(kinds(gatehouse)).isEqualTo(ALL);
      assertThat(records(gatehouse))
          .allMatch(record -> record.user().orElse("").equals("clerk"))
          .allMatch(record -> record.requestId().orElse("").equals("r-1"));
    }
  }

  @Test
  void AUDIT21_nothingChosen_nothingRecorded() {
    try (Gatehouse gatehouse = gatehouse(Set.of())) {
      everything(gatehouse);
      assertThat(records(gatehouse)).isEmpty();
      gatehouse.audit().write(AuditRecord.of(1, 0, "mine").service("registry").build());
      assertThat(contents(gatehouse)).containsExactly("mine");
    }
  }

  @Test
  void AUDIT21_oneKindLeftOut_allOthersAreRecorded() {
    for (AutomaticRecord left : AutomaticRecord.values()) {
      Set<AutomaticRecord> rest = EnumSet.complementOf(EnumSet.of(left));
      try (Gatehouse gatehouse = gatehouse(rest)) {
        everything(gatehouse);
        assertThat(kinds(gatehouse)).as("without " + left).isEqualTo(rest);
      }
      closeStorage();
      openStorage();
    }
  }

  @Test
  void AUDIT21_serverChanged_saysWhatWasAndIs() {
    try (Gatehouse gatehouse = gatehouse(ALL)) {
      gatehouse.registry().register(server(8080));
      gatehouse.registry().register(server(9090));
      gatehouse.registry().removeServer("store");
      List<AuditRecord> records = records(gatehouse);
      assertThat(contents(gatehouse))
          .containsExactly(
              "Server 'store' registered",
              "Server 'store' changed",
              "Server 'store' removed with its services");
      String after = "\"after\":{\"host\":\"10.0.0.3\",\"port\":\"8080\",";
      assertThat(ext(records.get(0))).contains(after).doesNotContain("before", "changed");
      assertThat(ext(records.get(1)))
          .contains("\"changed\":[\"port\"],\"before\":{\"port\":\"8080\"},")
          .contains("\"after\":{\"port\":\"9090\"}");
      assertThat(ext(records.get(2)))
          .contains("\"before\":{\"host\":\"10.0.0.3\",\"port\":\"9090\",")
          .doesNotContain("after", "changed");
    }
  }

  @Test
  void AUDIT21_secretsInWhatIsRegistered_areNamedNotTold() {
    try (Gatehouse gatehouse = gatehouse(ALL)) {
      String callback = "https://done.example/in?token=" + SECRET;
      Application plain = gatehouse.registry().register(Application.named("billing"));
      gatehouse.registry().register(Application.named("billing").callback(callback).remark(SECRET));
      gatehouse.registry().register(server(8080).metadata(Map.of("key", SECRET)));
      gatehouse
          .registry()
          .register(
              Service.named("s")
                  .on("store")
                  .uri("/a?key=" + SECRET)
                  .params("{\"key\":\"" + SECRET + "\"}"));
      gatehouse.registry().register(Service.named("s").on("store").uri("/a?key=2").params("{}"));
      String told =
          records(gatehouse).toString()
              + records(gatehouse).stream().map(AuditRecord::ext).toList();
      assertThat(told).doesNotContain(SECRET).contains("https://done.example/in");
      assertThat(told).doesNotContain(plain.secret().orElseThrow().reveal());
      assertThat(told).contains("\"changed\":[\"params\",\"uri\"]");
      assertThat(told).contains("\"changed\":[\"callback\",\"remark\"]");
    }
  }

  @Test
  void AUDIT21_rolledBack_leavesNoRecord() {
    try (Gatehouse gatehouse = gatehouse(ALL)) {
      assertThatExceptionOfType(IllegalCallerException.class)
          .isThrownBy(
              () ->
                  gatehouse.inTransaction(
                      joined -> {
                        joined.registry().register(server(8080));
                        joined.permissions().defineRole("clerk");
                        joined
                            .scheduler()
                            .cancel(joined.scheduler().schedule(Task.of("t").handler("work")));
                        throw new IllegalCallerException();
                      }));
      assertThat(records(gatehouse)).isEmpty();
    }
  }
}
