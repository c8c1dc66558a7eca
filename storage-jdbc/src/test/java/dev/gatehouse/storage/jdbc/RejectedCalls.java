package dev.gatehouse.storage.jdbc;

import dev.gatehouse.Gatehouse;
import dev.gatehouse.audit.AuditLog;
import dev.gatehouse.audit.AuditQuery;
import dev.gatehouse.audit.AuditRecord;
import dev.gatehouse.audit.AuditTree;
import dev.gatehouse.error.AuthenticationException;
import dev.gatehouse.error.ConflictException;
import dev.gatehouse.error.DeniedException;
import dev.gatehouse.error.LimitException;
import dev.gatehouse.error.NotFoundException;
import dev.gatehouse.permission.Attributes;
import dev.gatehouse.permission.Condition;
import dev.gatehouse.permission.Consistency;
import dev.gatehouse.permission.Grant;
import dev.gatehouse.permission.PermissionSet;
import dev.gatehouse.permission.Resource;
import dev.gatehouse.permission.Subject;
import dev.gatehouse.registry.Application;
import dev.gatehouse.registry.Instance;
import dev.gatehouse.registry.Secret;
import dev.gatehouse.registry.Server;
import dev.gatehouse.registry.Service;
import dev.gatehouse.scheduler.Attempt;
import dev.gatehouse.scheduler.Limit;
import dev.gatehouse.scheduler.Schedule;
import dev.gatehouse.scheduler.SchedulerOptions;
import dev.gatehouse.scheduler.Settlement;
import dev.gatehouse.scheduler.Task;
import dev.gatehouse.scheduler.TaskId;
import dev.gatehouse.scheduler.TaskResult;
import dev.gatehouse.scheduler.TaskRow;
import dev.gatehouse.scheduler.TaskStatus;
import dev.gatehouse.scheduler.TaskStore;
import dev.gatehouse.scheduler.Workflow;
import dev.gatehouse.scheduler.WorkflowId;
import dev.gatehouse.scheduler.WorkflowNode;
import dev.gatehouse.scheduler.WorkflowReport;
import dev.gatehouse.scheduler.Workflows;
import dev.gatehouse.signing.Key;
import dev.gatehouse.signing.KeyMaterial;
import dev.gatehouse.signing.KeyRing;
import dev.gatehouse.signing.MasterKey;
import dev.gatehouse.storage.Storage;
import dev.gatehouse.testing.fixture.ManualClock;
import dev.gatehouse.testing.fixture.RecordingTransport;
import dev.gatehouse.transport.Headers;
import dev.gatehouse.transport.Request;
import java.net.URI;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.jspecify.annotations.NullUnmarked;

/**
 * A house that holds a little of everything, and calls that it must refuse. Null is handed in on
 * purpose.
 */
@NullUnmarked
final class RejectedCalls {
  static final String SECRET = "s3cr3t-0f-b1ll1ng";

  /** A call, what it must throw, and what the message must say. */
  record Call(
      String what, Class<? extends Throwable> type, ThrowingCallable call, List<String> says) {}

  private static final long NOBODY = 424_242;
  private static final String LONG = "x".repeat(300);

  final Gatehouse gatehouse;

  /** Of the storage's leases as well: what is due later than a minute after them waits. */
  static final InstantSource CLOCK = InstantSource.fixed(Instant.parse("2030-01-01T00:00:00Z"));

  private final ManualClock clock = new ManualClock(CLOCK.instant());
  private final List<Call> calls = new ArrayList<>();
  private final Application billing;
  private final Application disabled;
  private final Application removed;
  private final Application full;
  private final AuditRecord written;
  private final Request signed;
  private final String point;

  RejectedCalls(Storage storage) {
    gatehouse =
        Gatehouse.builder()
            .storage(storage)
            .transport(RecordingTransport.create())
            .masterKey(MasterKey.of(new byte[MasterKey.LENGTH]))
            .clock(clock)
            .nanoTime(() -> clock.millis() * 1_000_000)
            .handler("work", context -> TaskResult.done("{\"n\":1}"))
            .handler("broken", context -> TaskResult.failed("no"))
            .scheduler(SchedulerOptions.builder().lease(Duration.ofDays(365)).build())
            .build();
    billing = register(Application.named("billing").callback("https://billing.example/done"));
    disabled = register(Application.named("off").status(Application.Status.DISABLED));
    removed = register(Application.named("removed").callback("https://removed.example/done"));
    gatehouse.registry().removeApplication("removed");
    full = register(Application.named("full"));
    for (int i = 1; i < KeyRing.MAX_LIVE; i++) {
      gatehouse.keys().rotate(full.id(), Duration.ofDays(1));
    }
    gatehouse.registry().register(Server.named("features").at("10.0.0.3", 8080));
    gatehouse.registry().register(Instance.on("features").at("10.0.0.4", 8080));
    gatehouse.registry().register(Service.named("upload").on("features").uri("/v1/upload"));
    grantSomething();
    signed = sign(Request.post(URI.create("https://host.example/in"), "body"));
    gatehouse.verifier().verify(signed);
    scheduleSomething(storage);
    written = gatehouse.audit().write(AuditRecord.of(1, 0, "hello").build());
    point = gatehouse.audit().find(window()).continuationPoint();
    fillTree(gatehouse.audit(), gatehouse.auditTree());
    gatehouse.eventLog().write(AuditRecord.of(1, 0, "hello").build());
    gatehouse.eventLog().find(window());
    fillTree(gatehouse.eventLog(), gatehouse.eventTree());
    listBuilders();
    listRegistry();
    listKeysAndSignatures();
    listPermissions();
    listTasks();
    listAudit();
  }

  List<Call> calls() {
    return calls;
  }

  /** Until there is a full tile, and one record that is pending. */
  private static void fillTree(AuditLog log, AuditTree tree) {
    AuditRecord record = AuditRecord.of(1, 0, "one of many").build();
    log.writeAll(Collections.nCopies(256, record));
    tree.sequence();
    log.removeBefore(CLOCK.instant().plusSeconds(1), 1);
    log.write(record);
  }

  private Application register(Application.Draft draft) {
    return gatehouse.registry().register(draft);
  }

  private Request sign(Request request) {
    return gatehouse.signer(billing).sign(request).addTo(request);
  }

  private void grantSomething() {
    gatehouse.permissions().defineRole("clerk");
    gatehouse.permissions().defineRole("reader");
    gatehouse.permissions().inherit("clerk", "reader");
    gatehouse.permissions().assign(Subject.user("ann"), "clerk");
    gatehouse
        .permissions()
        .grant(Grant.allow(Subject.user("ann"), "use", Resource.component("reader")));
    gatehouse
        .permissions()
        .grant(
            Grant.allow(Subject.user("ann"), "use", Resource.component("old"))
                .until(clock.instant()));
    gatehouse
        .permissions()
        .grant(
            Grant.allow(Subject.user("ann"), "use", Resource.component("counted"))
                .when(Condition.present("ticket"))
                .times(2));
  }

  private void scheduleSomething(Storage storage) {
    Task later = Task.unnumbered().handler("work").in(Duration.ofDays(1));
    WorkflowId flow =
        gatehouse.workflows().schedule(Workflow.of("flow", WorkflowNode.of("node", later)));
    gatehouse.scheduler().schedule(task("order-1").inOrder("customer"));
    gatehouse.scheduler().schedule(Task.of("order-2").application(billing));
    gatehouse.scheduler().schedule(Task.of("order-4").handler("broken"));
    gatehouse.stepper().run();
    finishTogether(storage.tasks());
    gatehouse.scheduler().schedule(task("order-3").in(Duration.ofDays(1)).inOrder("customer"));
    gatehouse.scheduler().repeat(Schedule.cron("hourly", "0 * * * *").handler("work"));
    // A report that nobody has taken yet.
    storage
        .workflows()
        .report(List.of(new WorkflowReport(1, flow.value(), 0, TaskStatus.CANCELLED, null)));
  }

  /** What finishes with many others is kept with them. */
  private void finishTogether(TaskStore tasks) {
    long now = clock.millis();
    int node = tasks.join("another", Duration.ofDays(365)).node();
    List<TaskRow> rows = new ArrayList<>();
    for (long id = 1; id <= 20; id++) {
      rows.add(new TaskRow(id, 0, "work", null, "", "{}", 1, "linear:0:0", now, now));
    }
    tasks.insertHeld(node, rows);
    Instant at = clock.instant();
    Attempt attempt = new Attempt(1, 1, at, at, Attempt.Outcome.SUCCESS, null, "");
    List<Settlement> finished = new ArrayList<>();
    rows.forEach(row -> finished.add(new Settlement.Finish(row, attempt, null)));
    tasks.settle(node, finished, now);
  }

  private static Task task(String taskNo) {
    return Task.of(taskNo).handler("work");
  }

  private AuditQuery window() {
    return AuditQuery.between(clock.instant().minusSeconds(60), clock.instant());
  }

  private void illegal(String what, ThrowingCallable call, String... says) {
    refused(what, IllegalArgumentException.class, call, says);
  }

  private void missing(String name, ThrowingCallable call) {
    refused("null " + name, NullPointerException.class, call, name);
  }

  private void unknown(String what, ThrowingCallable call, String... says) {
    refused(what, NotFoundException.class, call, says);
  }

  private void refused(
      String what, Class<? extends Throwable> type, ThrowingCallable call, String... says) {
    calls.add(new Call(what, type, call, List.of(says)));
  }

  private void listBuilders() {
    Gatehouse.Builder builder = Gatehouse.builder();
    missing("storage", () -> builder.storage(null));
    missing("transport", () -> builder.transport(null));
    missing("masterKey", () -> builder.masterKey(null));
    missing("scheme", () -> builder.scheme(null));
    missing("clock", () -> builder.clock(null));
    missing("nanoTime", () -> builder.nanoTime(null));
    missing("listener", () -> builder.listener(null));
    missing("scheduler", () -> builder.scheduler(null));
    missing("handler", () -> builder.handler(null, context -> TaskResult.done()));
    missing("handler", () -> builder.handler("work", null));
    illegal(
        "handler no task can name",
        () -> builder.handler("no way", context -> TaskResult.done()),
        "handler must match [A-Za-z]",
        "was 'no way'");
    illegal(
        "handler named as callbacks are",
        () -> builder.handler("callback", context -> TaskResult.done()),
        "handler must not be named 'callback'");
    illegal(
        "handler given twice",
        () ->
            Gatehouse.builder()
                .handler("work", context -> TaskResult.done())
                .handler("work", context -> TaskResult.done()),
        "handler must be given once",
        "work");
    refused(
        "no storage",
        IllegalStateException.class,
        () -> Gatehouse.builder().build(),
        "storage must be given");
    refused(
        "started while stepped", IllegalStateException.class, gatehouse::start, "started before");
    refused("stepped twice", IllegalStateException.class, gatehouse::stepper, "started before");
    missing("timeout", () -> gatehouse.close(null));
    illegal(
        "negative time to close",
        () -> gatehouse.close(Duration.ofSeconds(-1)),
        "timeout must be in PT0S..PT24H, was PT-1S");
    missing("transaction", () -> gatehouse.joining(null));
    missing("transaction", () -> gatehouse.registry().joining(null));
    missing("transaction", () -> gatehouse.keys().joining(null));
    missing("transaction", () -> gatehouse.permissions().joining(null));
    missing("transaction", () -> gatehouse.scheduler().joining(null));
    missing("transaction", () -> gatehouse.audit().joining(null));
    missing("work", () -> gatehouse.inTransaction(null));
    illegal(
        "a stranger's transaction",
        () -> gatehouse.joining(action -> {}).audit().write(AuditRecord.of(1, 0, "x").build()),
        "transaction belongs to another storage");
    TaskCalls.list(this::illegal, this::missing);
  }

  private void listRegistry() {
    Application.Draft draft = Application.named("new");
    missing("name", () -> Application.named(null));
    illegal("empty name", () -> Application.named(""), "name must have 1..100", "had 0");
    illegal("long name", () -> Application.named(LONG), "name must have 1..100", "had 300");
    illegal("U+0000", () -> Application.named("a\u0000"), "name must not hold control", "U+0000");
    illegal("line break", () -> Application.named("a\nb"), "name must not hold", "U+000A at 1");
    illegal("surrogate", () -> Application.named("\uD83D"), "name must be well-formed", "U+D83D");
    illegal("blank", () -> Application.named("a "), "name must not begin or end", "was 'a '");
    missing("callback", () -> draft.callback(null));
    illegal("scheme", () -> draft.callback("ftp://a/b"), "callback must be http", "'ftp://a/b'");
    illegal(
        "user info",
        () -> draft.callback("https://me:" + SECRET + "@host.example/"),
        "callback must not hold user info",
        "host.example");
    illegal(
        "fragment",
        () -> draft.callback("https://host.example/a?key=" + SECRET + "#b"),
        "callback must not hold a fragment",
        "host.example/a");
    illegal("long callback", () -> draft.callback("https://h/" + LONG), "1..200", "had 310");
    illegal("long remark", () -> draft.remark(LONG), "remark must have 0..255", "had 300");
    missing("status", () -> draft.status(null));
    missing("retryPolicy", () -> draft.retryPolicy(null));
    missing("draft", () -> gatehouse.registry().register((Application.Draft) null));
    listServersAndServices();
    missing("name", () -> gatehouse.registry().removeApplication(null));
    unknown("application", () -> gatehouse.registry().removeApplication("who"), "'who'");
    unknown(
        "application", () -> gatehouse.registry().application(LONG), "application 'xxx", "(300)");
    illegal(
        "page", () -> gatehouse.registry().applications("", 0), "limit must be in 1..1000, was 0");
    missing("afterName", () -> gatehouse.registry().applications(null, 1));
  }

  private void listServersAndServices() {
    Service service = Service.named("new").on("features").uri("/new");
    illegal(
        "reserved", () -> Server.named("Version"), "server name must not be reserved, was 'Ver");
    illegal("odd host", () -> Server.named("s").at("127.1", 80), "host must be", "'127.1'");
    illegal("port", () -> Server.named("s").at("h", 65_536), "port must be in 1..65535, was 65536");
    illegal("protocol", () -> Server.named("s").at("h", 1).protocol("gopher"), "was 'gopher'");
    missing("server", () -> gatehouse.registry().register((Server) null));
    missing("service", () -> gatehouse.registry().register((Service) null));
    illegal(
        "path", () -> Service.named("s").on("f").uri("v1"), "uri must start with '/', was 'v1'");
    illegal("method", () -> service.method("G E T"), "method must match", "was 'G E T'");
    illegal("data no object", () -> service.data("[]"), "data must be a JSON object, was", "array");
    illegal("params no JSON", () -> service.params("{"), "params must be JSON", "line 1");
    illegal(
        "long data",
        () -> service.data("{\"a\":\"" + "x".repeat(40_000) + "\"}"),
        "length of data must be in 0..32768, was 40008");
    illegal(
        "repeated header",
        () -> service.headers(Headers.of("A", SECRET, "a", SECRET)),
        "headers must not repeat a name, repeated a");
    unknown(
        "server",
        () -> gatehouse.registry().register(Service.named("s").on("nowhere").uri("/")),
        "no server 'nowhere'");
    unknown("server", () -> gatehouse.registry().removeServer("nowhere"), "no server 'nowhere'");
    unknown(
        "service", () -> gatehouse.registry().removeService("features", "s"), "'s'", "'features'");
    unknown("service", () -> gatehouse.registry().resolve("features", "s"), "no service 's'");
    illegal("page", () -> gatehouse.registry().services("features", "", 1_001), "was 1001");
  }

  private void listKeysOfPairs(KeyRing keys) {
    Key.Purpose webhook = Key.Purpose.OUTGOING_WEBHOOK;
    KeyMaterial pair = KeyMaterial.generate(Key.Algorithm.ED25519);
    missing("material", () -> keys.importKey(billing.id(), webhook, null));
    missing("purpose", () -> keys.importKey(billing.id(), null, pair));
    missing("algorithm", () -> keys.generate(billing.id(), webhook, null));
    missing("notAfter", () -> keys.prepare(billing.id(), webhook, pair, CLOCK.instant(), null));
    illegal(
        "short overlap",
        () -> keys.rotate(billing.id(), webhook, pair.algorithm(), Duration.ofSeconds(1)),
        "overlap must be zero or at least PT");
    illegal(
        "time of no key",
        () -> keys.prepare(billing.id(), webhook, pair, CLOCK.instant(), CLOCK.instant()),
        "notAfter must be to come");
    unknown("key", () -> keys.promote(billing.id(), 99, Duration.ZERO), "no key 99");
    unknown("key", () -> keys.retire(billing.id(), 99, Duration.ZERO), "no key 99");
    unknown("key", () -> keys.publicPart(billing.id(), 99), "no key 99");
    missing("secret", () -> KeyMaterial.secret(Key.Algorithm.HMAC_SHA256, null));
    illegal(
        "short secret",
        () -> KeyMaterial.secret(Key.Algorithm.HMAC_SHA256, new byte[15]),
        "length of secret must be in 16..512, was 15");
    illegal("no PEM", () -> KeyMaterial.ofPem(Key.Algorithm.ED25519, "PEM"), "PEM must be one");
    illegal("no JWK", () -> KeyMaterial.ofJwk(Key.Algorithm.ED25519, "JWK"), "JWK must be JSON");
  }

  private void listKeysAndSignatures() {
    KeyRing keys = gatehouse.keys();
    unknown("application", () -> keys.rotate(NOBODY, Duration.ZERO), "424242");
    illegal(
        "overlap",
        () -> keys.rotate(billing.id(), Duration.ofSeconds(-1)),
        "overlap must be in PT0S");
    missing("overlap", () -> keys.rotate(billing.id(), null));
    missing("secret", () -> keys.importKey(billing.id(), null));
    missing("secret", () -> Secret.of(null));
    illegal(
        "short secret", () -> Secret.of("s3cr3t"), "length of secret must be in 16..256, was 6");
    illegal("blank in secret", () -> Secret.of(SECRET + " "), "secret must be printable ASCII");
    illegal(
        "no id",
        () -> keys.importKey(-1, Secret.of(SECRET)),
        "applicationId must be in 1..",
        "was -1");
    refused(
        "ninth key",
        LimitException.class,
        () -> keys.importKey(full.id(), Secret.of(SECRET)),
        "has 8 keys for REQUEST, the most it may have");
    refused(
        "ninth key",
        LimitException.class,
        () -> keys.rotate(full.id(), Duration.ofDays(2)),
        "has 8 keys for REQUEST, the most it may have");
    unknown("key", () -> keys.disable(billing.id(), 99), "no key 99");
    unknown("key", () -> keys.destroy(billing.id(), 99), "no key 99");
    listKeysOfPairs(keys);
    illegal("page", () -> keys.keys(billing.id(), 0, 1), "beforeId must be in 1..", "was 0");
    illegal("page", () -> keys.keys(billing.id(), 9, 1_001), "limit must be in 1..1000, was 1001");
    missing("master key", () -> MasterKey.of(null));
    illegal(
        "master key", () -> MasterKey.of(new byte[31]), "length of master key must be in 32..32");
    missing("application", () -> gatehouse.signer(null));
    unknown("keys", () -> gatehouse.signer(removed).sign(signed), "has no key that signs");
    missing("request", () -> gatehouse.signer(billing).sign(null));
    missing("request", () -> gatehouse.verifier().verify(null));
    unproven("unsigned", Request.get(URI.create("/")), "header app_key is missing");
    unproven("replayed", signed, "the nonce was used before");
    unproven("two keys", signed.header("App-Key", "another"), "header app_key occurs");
    illegal("signed already", () -> sign(signed), "must not have a header app_key yet");
    Request fresh = Request.post(URI.create("https://host.example/in"), "more");
    unproven("other body", sign(fresh).body(new byte[2]), "not a digest of the request's content");
    illegal("method", () -> Request.of("get", fresh.uri()), "method must match", "was 'get'");
    missing("body", () -> Request.post(fresh.uri(), (String) null));
    illegal("large body", () -> fresh.body(new byte[Request.MAX_BODY + 1]), "had 1048577");
    illegal("header name", () -> Headers.of("a b", SECRET), "header name must match", "'a b'");
    illegal("header value", () -> Headers.of("a", SECRET + "\r\n"), "header a must not", "at 17");
    illegal("odd headers", () -> Headers.of("a"), "must come in pairs, were 1");
  }

  private void unproven(String what, Request request, String says) {
    refused(what, AuthenticationException.class, () -> gatehouse.verifier().verify(request), says);
  }

  private void listPermissions() {
    Subject ann = Subject.user("ann");
    Resource reader = Resource.component("reader");
    var permissions = gatehouse.permissions();
    illegal("type", () -> Subject.of("User", "a"), "type of subject must match", "was 'User'");
    missing("name of user", () -> Subject.user(null));
    illegal("wildcard", () -> Subject.user("*"), "name of user must not be '*'");
    illegal("long", () -> Subject.user(LONG), "name of user must have 1..200", "had 300");
    illegal("decomposed", () -> Subject.user("e\u0301"), "name of user must be in Unicode norm");
    illegal("dots", () -> Resource.of("file", "../x"), "path must not hold '.' or '..'", "'../x'");
    illegal("escape", () -> Resource.of("file", "a%2fb"), "segment must not hold", "'a%2fb'");
    missing("name", () -> Resource.component(null));
    missing("namespace", () -> Resource.dataset(null, "a"));
    missing("terms", () -> permissions.grant(null));
    illegal("action", () -> Grant.allow(ann, "", reader), "action must have 1..100", "had 0");
    missing("resource", () -> Grant.allow(ann, "use", (Resource) null));
    illegal(
        "expiry",
        () -> Grant.allow(ann, "use", reader).until(Instant.MAX),
        "expiry must be in 1970-01-01T00:00:00Z..9999");
    unknown(
        "role",
        () -> permissions.grant(Grant.allow(Subject.role("boss"), "use", reader)),
        "role:boss is not defined");
    illegal("role", () -> permissions.defineRole("\u0007"), "role must not hold control", "U+0007");
    refused(
        "circle",
        ConflictException.class,
        () -> permissions.inherit("reader", "clerk"),
        "role:reader must not inherit from itself: reader -> clerk -> reader");
    unknown("role", () -> permissions.inherit("clerk", "boss"), "role:boss is not defined");
    unknown("role", () -> permissions.assign(ann, "boss"), "role:boss is not defined");
    illegal("role", () -> permissions.assign(Subject.role("a"), "b"), "subject must not be a role");
    missing("subject", () -> permissions.check(null, "use", reader));
    missing("action", () -> permissions.check(ann, null, reader));
    missing("resource", () -> permissions.check(ann, "use", null));
    missing("subject", () -> permissions.explain(null, "use", reader));
    illegal("action", () -> permissions.check(ann, "*", reader), "action must not hold '*'");
    illegal("page", () -> permissions.grants(ann, -1, 1), "afterId must be in 0..", "was -1");
    listLimitedGrants(Grant.allow(ann, "use", reader));
    refused(
        "expired grant",
        DeniedException.class,
        () -> permissions.require(ann, "use", Resource.component("old")),
        "user:ann",
        "component:old");
  }

  private void listLimitedGrants(Grant.Terms terms) {
    var permissions = gatehouse.permissions();
    missing("condition", () -> terms.when(null));
    illegal("no uses", () -> terms.times(0), "times must be in 1..1000000000, was 0");
    illegal(
        "script",
        () -> Condition.parse("{\"script\":\"1 + 1\"}"),
        "condition must be a known test, was 'script'");
    illegal(
        "no zone",
        () -> Condition.parse("{\"weekdays\":{\"days\":[\"MONDAY\"],\"zone\":\"Nowhere\"}}"),
        "weekdays must hold ISO 8601 times and a known zone");
    illegal(
        "attribute", () -> Attributes.of("a b", SECRET), "name of attribute must match", "'a b'");
    illegal("version", () -> Consistency.atLeast(-1), "version must be in 0..", "was -1");
    missing("consistency", () -> permissions.with(null));
    illegal("lint", () -> permissions.lint(0), "limit must be in 1..10000, was 0");
    illegal(
        "no changes",
        () -> permissions.dryRun(List.of(), Attributes.NONE, 1),
        "number of changes must be in 1..1000, was 0");
    illegal(
        "domains",
        () -> PermissionSet.ofCasbin("g, ann, admin, domain", "user", "data"),
        "line 1: g must have member and role, had 3 fields; domains are not supported");
    unknown(
        "role",
        () ->
            permissions.load(PermissionSet.ofJsonLines("{\"member\":\"user:a\",\"of\":\"boss\"}")),
        "role:boss is not defined");
  }

  private void listLimits() {
    missing("key", () -> task("a").inOrder(null));
    illegal("no key", () -> task("a").inOrder(""), "key must have 1..120 characters");
    illegal("long key", () -> task("a").atMost(1, "k".repeat(121)), "key must have 1..120");
    illegal("at most none", () -> task("a").atMost(0, "k"), "attempts must be in 1..1000, was 0");
    illegal("none at a time", () -> Limit.concurrent(0), "attempts must be in 1..1000, was 0");
    illegal("no rate", () -> Limit.rate(0, Duration.ofDays(1)), "attempts", "was 0");
    illegal("no time", () -> Limit.rate(1, Duration.ZERO), "per must be in", "was PT0S");
    missing("value", () -> SchedulerOptions.builder().limit("work", null));
    missing("handler", () -> SchedulerOptions.builder().limit(null, Limit.concurrent(1)));
    missing("value", () -> SchedulerOptions.builder().limitApplications(null));
  }

  private void listSchedules() {
    Schedule nightly = Schedule.cron("nightly", "0 3 * * *");
    missing("schedule", () -> gatehouse.scheduler().repeat(null));
    illegal("no worker", () -> gatehouse.scheduler().repeat(nightly), "task must have a handler");
    illegal(
        "never",
        () -> gatehouse.scheduler().repeat(Schedule.cron("n", "0 0 30 2 *").handler("work")),
        "schedule must occur after",
        "0 0 30 2 *");
    refused(
        "disabled application",
        ConflictException.class,
        () -> gatehouse.scheduler().repeat(nightly.handler("work").application(disabled)),
        "must be ENABLED, is DISABLED");
    unknown(
        "removed application",
        () -> gatehouse.scheduler().repeat(nightly.application(removed)),
        "no application of id " + removed.id() + " is registered");
    illegal(
        "another's",
        () -> gatehouse.scheduler().as(billing).repeat(nightly.handler("work").application(full)),
        "application must be the scheduler's, was " + full.id());
    missing("name", () -> gatehouse.scheduler().stopRepeating(null));
    missing("name", () -> gatehouse.scheduler().pauseRepeating(null));
    missing("name", () -> gatehouse.scheduler().resumeRepeating(null));
    missing("name", () -> gatehouse.scheduler().findSchedule(null));
    missing("name", () -> gatehouse.scheduler().schedules(null, 1));
    illegal("no page", () -> gatehouse.scheduler().schedules("", 0), "limit", "was 0");
    illegal("large page", () -> gatehouse.scheduler().schedules("", 1_001), "limit", "was 1001");
    missing("cron expression", () -> Schedule.cron("nightly", null));
    missing("schedule name", () -> Schedule.cron(null, "0 3 * * *"));
    missing("interval", () -> Schedule.every("poll", null));
    missing("zone", () -> nightly.zone(null));
    missing("gap", () -> nightly.gap(null));
    missing("overlap", () -> nightly.overlap(null));
    missing("catchUp", () -> nightly.catchUp(null));
    missing("from", () -> nightly.from(null));
    missing("until", () -> nightly.until(null));
  }

  private void listWorkflows() {
    Workflows workflows = gatehouse.workflows();
    WorkflowNode good = WorkflowNode.of("good", Task.unnumbered().handler("work"));
    missing("workflow", () -> workflows.schedule(null));
    illegal(
        "no worker",
        () ->
            workflows.schedule(
                Workflow.of("w", good, WorkflowNode.of("bad", Task.unnumbered()).after("good"))),
        "task must have a handler");
    refused(
        "disabled application",
        ConflictException.class,
        () -> workflows.schedule(Workflow.of("w", good, node("bad", disabled))),
        "must be ENABLED, is DISABLED");
    unknown(
        "removed application",
        () -> workflows.schedule(Workflow.of("w", good, node("bad", removed))),
        "no application of id " + removed.id() + " is registered");
    illegal(
        "another's",
        () -> workflows.as(billing).schedule(Workflow.of("w", good, node("bad", full))),
        "application must be the scheduler's, was " + full.id());
    String longest = "n".repeat(63);
    illegal(
        "circle",
        () ->
            workflows.schedule(
                Workflow.of(
                    "w",
                    WorkflowNode.of(longest + 1, good.task()).after(longest + 2),
                    WorkflowNode.of(longest + 2, good.task()).after(longest + 1))),
        "nodes must not be after each other in a circle",
        longest + 1,
        longest + 2);
    missing("application", () -> workflows.as(null));
    missing("transaction", () -> workflows.joining(null));
    missing("id", () -> workflows.cancel(null));
    missing("id", () -> workflows.workflow(null));
    missing("id", () -> workflows.findWorkflow(null));
    missing("id", () -> workflows.resultOf(null, "good"));
    WorkflowId nobody = new WorkflowId(NOBODY);
    missing("node", () -> workflows.resultOf(nobody, null));
    unknown("workflow", () -> workflows.workflow(nobody), "no workflow 424242");
    unknown("workflow", () -> workflows.resultOf(nobody, "good"), "no workflow 424242");
  }

  private static WorkflowNode node(String name, Application application) {
    return WorkflowNode.of(name, Task.unnumbered().handler("work").application(application));
  }

  private void listTasks() {
    missing("task", () -> gatehouse.scheduler().schedule(null));
    Task workless = Task.of("new");
    illegal(
        "no worker", () -> gatehouse.scheduler().schedule(workless), "task must have a handler");
    badAmongGood("null", NullPointerException.class, null, "task");
    badAmongGood("no worker", IllegalArgumentException.class, workless, "task must have a handler");
    badAmongGood("taken", ConflictException.class, task("order-3"), "taskNo 'order-3' is taken by");
    badAmongGood(
        "twice", ConflictException.class, task("good-1"), "taskNo 'good-1' is given to two");
    badAmongGood(
        "disabled application",
        ConflictException.class,
        task("new").application(disabled),
        "must be ENABLED, is DISABLED");
    badAmongGood(
        "removed application",
        NotFoundException.class,
        Task.of("new").application(removed),
        "no application of id " + removed.id() + " is registered");
    missing("tasks", () -> gatehouse.scheduler().scheduleAll(null));
    illegal("none", () -> gatehouse.scheduler().scheduleAll(List.of()), "number of tasks", "was 0");
    illegal(
        "another's",
        () -> gatehouse.scheduler().as(billing).schedule(task("new").application(full)),
        "application must be the scheduler's, was " + full.id());
    missing("application", () -> gatehouse.scheduler().as(null));
    listSchedules();
    listLimits();
    listWorkflows();
    missing("id", () -> gatehouse.scheduler().cancel(null));
    missing("id", () -> gatehouse.scheduler().requeue(null));
    missing("id", () -> gatehouse.scheduler().forceRequeue(null));
    missing("id", () -> gatehouse.scheduler().findTask((TaskId) null));
    missing("taskNo", () -> gatehouse.scheduler().findTask((String) null));
    unknown("task", () -> gatehouse.scheduler().task(new TaskId(NOBODY)), "no task 424242");
  }

  private void badAmongGood(String what, Class<? extends Throwable> type, Task bad, String says) {
    refused(
        "among good tasks one bad: " + what,
        type,
        () -> gatehouse.scheduler().scheduleAll(Arrays.asList(task("good-1"), bad, task("good-2"))),
        says);
  }

  private void listAudit() {
    AuditRecord.Builder record = AuditRecord.of(1, 0, "new");
    missing("content", () -> AuditRecord.of(1, 0, null));
    illegal("long content", () -> AuditRecord.of(1, 0, "x".repeat(65_537)), "content", "had 65537");
    illegal(
        "U+0000", () -> AuditRecord.of(1, 0, "a\u0000"), "content must not hold U+0000", "at 1");
    illegal("surrogate", () -> AuditRecord.of(1, 0, "\uD800"), "content must be well-formed");
    illegal("user", () -> record.user(LONG), "user must have 0..256", "had 300");
    illegal("service", () -> record.service("a\nb"), "service must not hold", "U+000A at 1");
    illegal("ext no object", () -> record.ext("7"), "ext must be a JSON object, was", "number");
    illegal("ext no JSON", () -> record.ext("{" + SECRET), "ext must be JSON", "line 1");
    illegal("time", () -> record.time(Instant.MIN), "time must be in 1970-01-01");
    missing("record", () -> gatehouse.audit().write(null));
    illegal("again", () -> gatehouse.audit().write(written), "record must not have an id, had");
    missing("records", () -> gatehouse.audit().writeAll(null));
    missing("record", () -> gatehouse.audit().writeAll(Arrays.asList(record.build(), null)));
    illegal(
        "none",
        () -> gatehouse.audit().writeAll(List.of()),
        "number of records must be in 1..1000");
    illegal(
        "one written",
        () -> gatehouse.audit().writeAll(List.of(record.build(), written)),
        "record must not have an id");
    listQueries();
  }

  private void listQueries() {
    missing("query", () -> gatehouse.audit().find((AuditQuery) null));
    missing("start", () -> AuditQuery.between(null, clock.instant()));
    illegal("size", () -> window().maxSize(1_001), "maxSize must be in 1..1000, was 1001");
    missing("fields", () -> window().fields(null));
    missing("field", () -> window().fields(Arrays.asList("id", null)));
    illegal("field", () -> window().fields(List.of("nope")), "fields[0]", "was 'nope'");
    illegal("no JSON", () -> AuditQuery.parse("{" + SECRET), "query must be JSON");
    illegal("key", () -> AuditQuery.parse("{\"end\":1}"), "query must not have the key 'end'");
    illegal(
        "forged point",
        () -> gatehouse.audit().find(window().after("A".repeat(point.length()))),
        "continuationPoint must be one that this store gave");
    illegal(
        "another window's point",
        () ->
            gatehouse
                .audit()
                .find(AuditQuery.between(window().start(), window().start()).after(point)),
        "continuationPoint must be one that this store gave");
    illegal("no point", () -> window().before(""), "continuationPoint must be given");
    missing("filter", () -> window().filter(null));
    FilterCalls.list(this::illegal, this::missing);
  }
}
