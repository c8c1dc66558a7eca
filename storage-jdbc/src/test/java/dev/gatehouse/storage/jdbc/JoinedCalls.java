package dev.gatehouse.storage.jdbc;

import dev.gatehouse.Joined;
import dev.gatehouse.audit.AuditRecord;
import dev.gatehouse.permission.Grant;
import dev.gatehouse.permission.Resource;
import dev.gatehouse.permission.Subject;
import dev.gatehouse.registry.Service;
import dev.gatehouse.scheduler.Task;
import java.util.List;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;

/** Calls inside a transaction that must be refused before they write anything. */
final class JoinedCalls {
  static final int COUNT = 9;

  private JoinedCalls() {}

  static List<ThrowingCallable> of(Joined joined) {
    Task good = Task.of("good-1").handler("work");
    Task taken = Task.of("order-3").handler("work");
    AuditRecord record = AuditRecord.of(1, 0, "new").build();
    Resource reader = Resource.component("reader");
    return List.of(
        () -> joined.scheduler().schedule(taken),
        () -> joined.scheduler().scheduleAll(List.of(good, taken)),
        () -> joined.scheduler().scheduleAll(List.of(good, Task.of("new"))),
        () -> joined.registry().register(Service.named("s").on("nowhere").uri("/")),
        () -> joined.registry().removeServer("nowhere"),
        () -> joined.registry().removeApplication("nobody"),
        () -> joined.permissions().inherit("reader", "clerk"),
        () -> joined.permissions().grant(Grant.allow(Subject.role("boss"), "use", reader)),
        () -> joined.audit().writeAll(List.of(record, record.toBuilder().id(1).build())));
  }
}
