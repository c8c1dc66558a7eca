package dev.gatehouse.reader;

import dev.gatehouse.Gatehouse;
import dev.gatehouse.registry.RetryPolicy;
import dev.gatehouse.registry.Server;
import dev.gatehouse.registry.Service;
import dev.gatehouse.scheduler.Attempt;
import dev.gatehouse.scheduler.TaskId;
import dev.gatehouse.scheduler.TaskStatus;
import dev.gatehouse.testing.fixture.VirtualGatehouse;
import java.time.Duration;
import java.util.List;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.extension.AfterEachCallback;
import org.junit.jupiter.api.extension.BeforeEachCallback;
import org.junit.jupiter.api.extension.ExtensionContext;

/** Readings in virtual time, at a server whose services answer what a test tells them to. */
final class VirtualReadings implements BeforeEachCallback, AfterEachCallback {
  static final String NUMBER = "202201010000000000010";
  static final String ACCEPTED = "{\"code\":0,\"data\":{\"jobId\":\"J1\"}}";
  static final String RUNNING = "{\"code\":0,\"data\":{\"status\":\"running\"}}";
  static final String SUCCESS = "{\"code\":0,\"data\":{\"status\":\"success\"}}";
  static final String ROWS = "id,x1\nu1,3\nu2,4\n";

  final Table table = new Table();
  final ReaderOptions options =
      ReaderOptions.builder()
          .feed("scores", table)
          .retryPolicy(RetryPolicy.linear(Duration.ofSeconds(5), 2))
          .build();
  final VirtualGatehouse virtual = VirtualGatehouse.create(builder -> builder.reader(options));

  @Override
  public void beforeEach(ExtensionContext context) {
    offerAll(virtual.gatehouse());
  }

  @Override
  public void afterEach(ExtensionContext context) {
    virtual.close();
  }

  static void offerAll(Gatehouse gatehouse) {
    gatehouse.registry().register(Server.named("features").at("f.example", 80));
    for (String service : List.of("upload", "query", "download")) {
      offer(gatehouse, service, offered -> offered);
    }
  }

  static void offer(Gatehouse gatehouse, String service, UnaryOperator<Service> how) {
    Service plain = Service.named(service).on("features").uri("/" + service);
    gatehouse.registry().register(how.apply(plain));
  }

  static Reading reading() {
    return Reading.of(NUMBER)
        .from("features")
        .by("scores")
        .parameters("{\"stat_month\":\"202201\",\"version\":\"v1\"}");
  }

  /** Begins a reading that hears these answers, with status 200 unless they begin with another. */
  TaskId read(Reading reading, String... answers) {
    for (String answer : answers) {
      int blank = answer.indexOf(' ');
      boolean hasStatus = blank == 3 && answer.substring(0, 3).matches("\\d+");
      virtual
          .transport()
          .answer(
              hasStatus ? Integer.parseInt(answer.substring(0, 3)) : 200,
              hasStatus ? answer.substring(4) : answer);
    }
    return virtual.gatehouse().reader().read(reading);
  }

  List<String> sent() {
    return virtual.transport().requests().stream()
        .map(request -> request.method() + " " + request.uri().getPath())
        .toList();
  }

  ReadingState state() {
    return virtual.gatehouse().reader().find(NUMBER).orElseThrow();
  }

  TaskStatus status() {
    return state().task().status();
  }

  /** Of the latest attempt. */
  String error() {
    List<Attempt> attempts = state().task().attempts();
    return attempts.get(attempts.size() - 1).error();
  }
}
