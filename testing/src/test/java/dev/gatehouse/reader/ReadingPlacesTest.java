package dev.gatehouse.reader;

import static org.assertj.core.api.Assertions.assertThat;

import dev.gatehouse.Gatehouse;
import dev.gatehouse.registry.Balancer;
import dev.gatehouse.registry.Instance;
import dev.gatehouse.registry.RetryPolicy;
import dev.gatehouse.registry.Server;
import dev.gatehouse.registry.Service;
import dev.gatehouse.scheduler.Attempt;
import dev.gatehouse.scheduler.TaskId;
import dev.gatehouse.scheduler.TaskStatus;
import dev.gatehouse.testing.fixture.VirtualGatehouse;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Where the steps of a reading go if there are several instances, or no room for one more. */
final class ReadingPlacesTest {
  private static final String NUMBER = "202201010000000000010";
  private static final String ACCEPTED = "{\"code\":0,\"data\":{\"jobId\":\"J1\"}}";
  private static final String RUNNING = "{\"code\":0,\"data\":{\"status\":\"running\"}}";
  private static final String SUCCESS = "{\"code\":0,\"data\":{\"status\":\"success\"}}";
  private static final String ROWS = "id,x1\nu1,3\nu2,4\n";

  private final Table table = new Table();
  private final VirtualGatehouse virtual =
      VirtualGatehouse.create(
          builder ->
              builder.reader(
                  ReaderOptions.builder()
                      .feed("scores", table)
                      .retryPolicy(RetryPolicy.linear(Duration.ofSeconds(5), 2))
                      .build()));

  @BeforeEach
  void register() {
    offerAll(virtual.gatehouse());
  }

  @AfterEach
  void close() {
    virtual.close();
  }

  private static void offerAll(Gatehouse gatehouse) {
    gatehouse.registry().register(Server.named("features").at("f.example", 80));
    for (String service : List.of("upload", "query", "download")) {
      gatehouse.registry().register(Service.named(service).on("features").uri("/" + service));
    }
  }

  private static Reading reading() {
    return Reading.of(NUMBER).from("features").by("scores");
  }

  private TaskId read(Reading reading, String... answers) {
    for (String answer : answers) {
      virtual.transport().answer(200, answer);
    }
    return virtual.gatehouse().reader().read(reading);
  }

  private List<String> sent() {
    return virtual.transport().requests().stream()
        .map(request -> request.method() + " " + request.uri().getPath())
        .toList();
  }

  private TaskStatus status() {
    return state().task().status();
  }

  private ReadingState state() {
    return virtual.gatehouse().reader().find(NUMBER).orElseThrow();
  }

  private String error() {
    List<Attempt> attempts = state().task().attempts();
    return attempts.get(attempts.size() - 1).error();
  }

  private List<String> hosts() {
    return virtual.transport().requests().stream()
        .map(request -> request.uri().getHost())
        .distinct()
        .toList();
  }

  /** The balancer would choose another each time. */
  private void offerAtMany() {
    for (int i = 0; i < 9; i++) {
      virtual.gatehouse().registry().register(Instance.on("features").at("F" + i + ".example", 80));
    }
  }

  @Test
  void severalInstances_theOneThatTookTheJobIsAskedAlsoAfterARestart() {
    offerAtMany();
    read(reading(), ACCEPTED, RUNNING, RUNNING, RUNNING, SUCCESS, ROWS);
    virtual.advance(Duration.ofMinutes(2));
    virtual.restart();
    assertThat(state().instance()).isEqualTo(hosts().get(0).toLowerCase(Locale.ROOT) + ":80");
    virtual.advance(Duration.ofMinutes(2));
    assertThat(status()).isEqualTo(TaskStatus.FINISHED);
    assertThat(sent()).hasSize(6);
    assertThat(hosts()).hasSize(1);
  }

  @Test
  void severalInstances_theOneThatTookTheJobIsGone_failsSayingSoAndGoesOnWhenItIsBack() {
    offerAtMany();
    TaskId id = read(reading(), ACCEPTED, RUNNING);
    virtual.runDue();
    String instance = state().instance();
    virtual.gatehouse().registry().register(Server.named("features").at("else.example", 80));
    if (!instance.startsWith("f.")) {
      virtual.gatehouse().registry().removeInstance("features", instance);
    }
    virtual.advance(Duration.ofHours(1));
    assertThat(error())
        .isEqualTo(
            "query error: no instance '" + instance + "' is registered on server 'features'");
    assertThat(sent()).containsExactly("POST /upload", "POST /query");
    String host = instance.substring(0, instance.indexOf(':'));
    virtual.gatehouse().registry().register(Instance.on("features").at(host, 80));
    virtual.transport().answer(200, SUCCESS).answer(200, ROWS);
    virtual.gatehouse().scheduler().requeue(id);
    virtual.runDue();
    assertThat(status()).isEqualTo(TaskStatus.FINISHED);
    assertThat(hosts()).hasSizeLessThanOrEqualTo(2);
  }

  @Test
  void severalInstancesThatShareTheirJobs_anyIsAsked() {
    try (VirtualGatehouse sharing =
        VirtualGatehouse.create(
            builder ->
                builder
                    .reader(
                        ReaderOptions.builder()
                            .feed("scores", table)
                            .jobs(ReaderOptions.Jobs.SHARED)
                            .build())
                    .registry(
                        registry ->
                            registry.fleet(registry.fleet().balancer(Balancer.roundRobin()))))) {
      offerAll(sharing.gatehouse());
      sharing.gatehouse().registry().register(Instance.on("features").at("g.example", 80));
      sharing.transport().answer(200, ACCEPTED).answer(200, SUCCESS).answer(200, ROWS);
      sharing.gatehouse().reader().read(reading());
      sharing.runDue();
      assertThat(table.completed).containsEntry(NUMBER, 2L);
      assertThat(sharing.transport().requests())
          .extracting(request -> request.uri().getHost())
          .contains("f.example", "g.example");
    }
  }

  /** More than there is room for wait, however long: no attempt fails, and nobody is blamed. */
  @Test
  void noRoomInTheTransport_waitsAtEachStepWithoutFailing() {
    for (String answer : List.of(ACCEPTED, SUCCESS, ROWS)) {
      for (int i = 0; i < 20; i++) {
        virtual.transport().full();
      }
      virtual.transport().answer(200, answer);
    }
    read(reading());
    virtual.runDue();
    assertThat(status()).isEqualTo(TaskStatus.WAITING);
    assertThat(state().task().dueAt()).isEqualTo(virtual.now().plusSeconds(5));
    virtual.advance(Duration.ofSeconds(299));
    assertThat(status()).isEqualTo(TaskStatus.WAITING);
    assertThat(state().stage()).isEqualTo(Progress.Stage.DOWNLOAD);
    virtual.advance(Duration.ofSeconds(1));
    assertThat(status()).isEqualTo(TaskStatus.FINISHED);
    assertThat(table.completed).containsEntry(NUMBER, 2L);
    assertThat(state().task().attempts()).allMatch(attempt -> attempt.error().isEmpty());
  }
}
