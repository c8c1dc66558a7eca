package dev.gatehouse.examples;

import static dev.gatehouse.permission.Resource.component;
import static dev.gatehouse.permission.Subject.party;

import dev.gatehouse.Gatehouse;
import dev.gatehouse.audit.AuditQuery;
import dev.gatehouse.audit.AuditRecord;
import dev.gatehouse.error.AuthenticationException;
import dev.gatehouse.error.DeniedException;
import dev.gatehouse.examples.ThirdParty.Mood;
import dev.gatehouse.permission.Grant;
import dev.gatehouse.permission.Permissions;
import dev.gatehouse.registry.Application;
import dev.gatehouse.registry.RetryPolicy;
import dev.gatehouse.registry.Server;
import dev.gatehouse.registry.Service;
import dev.gatehouse.scheduler.Attempt;
import dev.gatehouse.scheduler.Task;
import dev.gatehouse.scheduler.TaskDetail;
import dev.gatehouse.scheduler.TaskId;
import dev.gatehouse.scheduler.TaskStatus;
import dev.gatehouse.signing.MasterKey;
import dev.gatehouse.storage.jdbc.JdbcStorage;
import dev.gatehouse.transport.Request;
import dev.gatehouse.transport.http.HttpTransport;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.Instant;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * The whole idea on real input, checking itself: a third party on a real socket, an H2 database in
 * a real file, and a restart in the middle; then {@link TwoSites}. Ends with an exception, so with
 * a non-zero exit code, if anything was not as it should be.
 */
public final class Quickstart {
  private static final URI ORDERS = URI.create("https://host.example/orders");
  private static final Duration PATIENCE = Duration.ofSeconds(30);

  private final Story story = new Story(System.out);
  private final Path file;
  private final ThirdParty party;
  private final MasterKey masterKey;

  private Quickstart(Path file, ThirdParty party) {
    this.file = file;
    this.party = party;
    byte[] bytes = new byte[32];
    new SecureRandom().nextBytes(bytes);
    masterKey = MasterKey.of(bytes);
  }

  /** Runs the job; takes no arguments. */
  public static void main(String[] arguments) throws IOException, InterruptedException {
    Path directory = Files.createTempDirectory("gatehouse-quickstart");
    try (ThirdParty party = new ThirdParty()) {
      new Quickstart(directory.resolve("gatehouse"), party).run();
    } finally {
      delete(directory);
    }
    TwoSites.main(arguments);
  }

  private void run() {
    System.out.println("Gatehouse quickstart: one third party, five orders, one restart");
    Instant begin = Instant.now();
    Orders orders;
    try (Gatehouse gatehouse = open()) {
      Application billing = register(gatehouse);
      authenticate(gatehouse);
      decide(gatehouse);
      orders = schedule(gatehouse, billing);
      gatehouse.start();
      await(
          "the first callbacks",
          () -> party.calls("order-1002") == 1 && party.calls("order-1003") == 1);
      await("the first success", () -> status(gatehouse, orders.willing) == TaskStatus.FINISHED);
      story.chapter("The host goes down in the middle of its work");
      story.tell("order-1001 is", status(gatehouse, orders.willing));
      story.tell("order-1002, which fails twice, is", status(gatehouse, orders.failsTwice));
    }
    try (Gatehouse gatehouse = open()) {
      finish(gatehouse, orders);
      trail(gatehouse, begin);
    }
    story.end();
  }

  private Gatehouse open() {
    return Gatehouse.builder()
        .storage(JdbcStorage.h2(file))
        .transport(HttpTransport.builder().allow("127.0.0.0/8").build())
        .masterKey(masterKey)
        .build();
  }

  private Application register(Gatehouse gatehouse) {
    story.chapter("Who are they, and where do I call them?");
    Application billing =
        gatehouse
            .registry()
            .register(
                Application.named("billing")
                    .callback(party.url())
                    .retryPolicy(RetryPolicy.linear(Duration.ofSeconds(1), 2))
                    .remark("settles our orders"));
    String secret = billing.secret().orElseThrow().reveal();
    party.credentials(billing.appKey(), secret);
    story.tell("billing is registered, its app key is", billing.appKey());
    story.check("its secret was shown, of length", secret.length(), 32);
    story.check(
        "its secret is shown a second time",
        gatehouse.registry().register(billing.toDraft()).secret().isPresent(),
        false);
    gatehouse.registry().register(Server.named("features").at("10.0.0.3", 8080));
    gatehouse.registry().register(Service.named("upload").on("features").uri("/v1/upload"));
    story.check(
        "the service upload is called at",
        gatehouse.registry().resolve("Features", "Upload").uri().toString(),
        "http://10.0.0.3:8080/v1/upload");
    return billing;
  }

  private void authenticate(Gatehouse gatehouse) {
    story.chapter("Is this request really theirs, unaltered and fresh?");
    long now = Instant.now().getEpochSecond();
    String body = "{\"order\":\"order-1001\",\"amount\":12.50}";
    Request genuine = signed(body, party.sign(nonce(), now, body));
    story.check("a genuine request", verdict(gatehouse, genuine), "accepted, from billing");
    story.check("the same request once more", verdict(gatehouse, genuine), "refused: REPLAYED");
    Request forged = signed(body.replace("12.50", "0.01"), party.sign(nonce(), now, body));
    story.check("one whose amount was changed", verdict(gatehouse, forged), "refused: SIGNATURE");
    Request expired = signed(body, party.sign(nonce(), now - 3_600, body));
    story.check("one that was signed an hour ago", verdict(gatehouse, expired), "refused: EXPIRED");
  }

  private static Request signed(String body, Map<String, String> headers) {
    Request request = Request.post(ORDERS, body);
    for (Map.Entry<String, String> header : headers.entrySet()) {
      request = request.header(header.getKey(), header.getValue());
    }
    return request;
  }

  private static String verdict(Gatehouse gatehouse, Request request) {
    try {
      return "accepted, from " + gatehouse.verifier().verify(request).application().name();
    } catch (AuthenticationException e) {
      return "refused: " + e.reason();
    }
  }

  private void decide(Gatehouse gatehouse) {
    story.chapter("May they do this, and why?");
    Permissions permissions = gatehouse.permissions();
    permissions.grant(Grant.allow(party("9999"), "use", component("reader")));
    permissions.grant(Grant.allow(party("9999"), "use", component("writer")));
    permissions.grant(Grant.deny(party("9999"), "use", component("writer")));
    story.check(
        "party 9999 may use the reader",
        permissions.check(party("9999"), "use", component("reader")).allowed(),
        true);
    story.quote(permissions.explain(party("9999"), "use", component("reader")));
    story.check(
        "party 9999 may use the writer",
        permissions.check(party("9999"), "use", component("writer")).allowed(),
        false);
    story.quote(permissions.explain(party("9999"), "use", component("writer")));
    String reason = refusal(permissions);
    story.check("a stranger is turned away", !reason.isEmpty(), true);
    story.quote(reason);
  }

  private static String refusal(Permissions permissions) {
    try {
      permissions.require(party("10000"), "use", component("reader"));
      return "";
    } catch (DeniedException e) {
      return String.valueOf(e.getMessage());
    }
  }

  private record Orders(
      TaskId willing, TaskId failsTwice, TaskId broken, TaskId cancelled, TaskId later) {}

  private Orders schedule(Gatehouse gatehouse, Application billing) {
    story.chapter("Call them back later, surely, with retries");
    party.expect("order-1001", Mood.WILLING);
    party.expect("order-1002", Mood.FAILS_TWICE);
    party.expect("order-1003", Mood.BROKEN);
    party.expect("order-1004", Mood.WILLING);
    party.expect("order-1005", Mood.WILLING);
    Orders orders =
        new Orders(
            schedule(gatehouse, billing, "order-1001", Duration.ZERO),
            schedule(gatehouse, billing, "order-1002", Duration.ZERO),
            schedule(gatehouse, billing, "order-1003", Duration.ZERO),
            schedule(gatehouse, billing, "order-1004", Duration.ofSeconds(2)),
            schedule(gatehouse, billing, "order-1005", Duration.ofSeconds(2)));
    story.tell("five callbacks are scheduled, the first has id", orders.willing);
    story.check(
        "order-1004 is called off",
        gatehouse.scheduler().cancel(orders.cancelled).toString(),
        "CANCELLED");
    return orders;
  }

  private static TaskId schedule(
      Gatehouse gatehouse, Application billing, String order, Duration delay) {
    return gatehouse
        .scheduler()
        .schedule(
            Task.of(order)
                .application(billing)
                .in(delay)
                .timeout(Duration.ofSeconds(5))
                .content("{\"order\":\"" + order + "\"}"));
  }

  private void finish(Gatehouse gatehouse, Orders orders) {
    story.chapter("It comes up again on the same file, and finishes the rest");
    gatehouse.start();
    for (TaskId id : List.of(orders.failsTwice, orders.broken, orders.later)) {
      await("task " + id, () -> status(gatehouse, id).isFinal());
    }
    story.check("order-1001, willing", end(gatehouse, orders.willing), "FINISHED: SUCCESS");
    story.check(
        "order-1002, fails twice",
        end(gatehouse, orders.failsTwice),
        "FINISHED: FAILURE, FAILURE, SUCCESS");
    story.check(
        "order-1003, broken for good",
        end(gatehouse, orders.broken),
        "FAILED: FAILURE, FAILURE, FAILURE");
    story.check("order-1004, called off", end(gatehouse, orders.cancelled), "CANCELLED: ");
    story.check(
        "order-1005, due after the restart", end(gatehouse, orders.later), "FINISHED: SUCCESS");
    story.check("callbacks for order-1004", party.calls("order-1004"), 0);
    story.check("callbacks with a signature not believed", party.complaints().size(), 0);
  }

  private static String end(Gatehouse gatehouse, TaskId id) {
    TaskDetail task = gatehouse.scheduler().task(id);
    return task.status()
        + ": "
        + task.attempts().stream()
            .map(Attempt::outcome)
            .map(Attempt.Outcome::name)
            .collect(Collectors.joining(", "));
  }

  private static TaskStatus status(Gatehouse gatehouse, TaskId id) {
    return gatehouse.scheduler().task(id).status();
  }

  private void trail(Gatehouse gatehouse, Instant begin) {
    story.chapter("What happened?");
    List<AuditRecord> records =
        gatehouse
            .audit()
            .find(
                AuditQuery.between(begin.minusSeconds(1), Instant.now().plusSeconds(1))
                    .maxSize(100))
            .records();
    for (AuditRecord record : records) {
      story.tell(record.service().orElse("") + " [" + result(record) + "]", record.content());
    }
    story.check("refusals on record", count(records, AuditRecord.Operation.AUTHENTICATE), 3L);
    story.check("outcomes on record", count(records, AuditRecord.Operation.EXECUTE), 4L);
  }

  private static String result(AuditRecord record) {
    return Stream.of(AuditRecord.Result.values())
        .filter(result -> result.code() == record.resultType())
        .map(result -> result.name().toLowerCase(Locale.ROOT))
        .findFirst()
        .orElse("?");
  }

  private static long count(List<AuditRecord> records, AuditRecord.Operation operation) {
    return records.stream().filter(record -> record.operationType() == operation.code()).count();
  }

  private static String nonce() {
    return UUID.randomUUID().toString().replace("-", "");
  }

  private static void await(String what, java.util.function.BooleanSupplier condition) {
    long deadline = System.nanoTime() + PATIENCE.toNanos();
    while (!condition.getAsBoolean()) {
      if (System.nanoTime() > deadline) {
        throw new IllegalStateException("still waiting for " + what + " after " + PATIENCE);
      }
      LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(20));
    }
  }

  private static void delete(Path directory) throws IOException {
    try (Stream<Path> files = Files.walk(directory)) {
      files
          .sorted(Comparator.reverseOrder())
          .forEach(
              path -> {
                try {
                  Files.delete(path);
                } catch (IOException e) {
                  throw new UncheckedIOException(e);
                }
              });
    }
  }
}
