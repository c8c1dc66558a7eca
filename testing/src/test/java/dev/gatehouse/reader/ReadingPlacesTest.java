package dev.gatehouse.reader;

import static dev.gatehouse.reader.VirtualReadings.ACCEPTED;
import static dev.gatehouse.reader.VirtualReadings.NUMBER;
import static dev.gatehouse.reader.VirtualReadings.ROWS;
import static dev.gatehouse.reader.VirtualReadings.RUNNING;
import static dev.gatehouse.reader.VirtualReadings.SUCCESS;
import static dev.gatehouse.reader.VirtualReadings.offerAll;
import static dev.gatehouse.reader.VirtualReadings.reading;
import static org.assertj.core.api.Assertions.assertThat;

import dev.gatehouse.registry.Balancer;
import dev.gatehouse.registry.Instance;
import dev.gatehouse.registry.Server;
import dev.gatehouse.scheduler.TaskId;
import dev.gatehouse.scheduler.TaskStatus;
import dev.gatehouse.testing.fixture.VirtualGatehouse;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Where the steps of a reading go if there are several instances, or no room for one more. */
final class ReadingPlacesTest {
  @RegisterExtension final VirtualReadings readings = new VirtualReadings();
  private final Table table = readings.table;
  private final VirtualGatehouse virtual = readings.virtual;

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
    readings.read(reading(), ACCEPTED, RUNNING, RUNNING, RUNNING, SUCCESS, ROWS);
    virtual.advance(Duration.ofMinutes(2));
    virtual.restart();
    assertThat(readings.state().instance())
        .isEqualTo(hosts().get(0).toLowerCase(Locale.ROOT) + ":80");
    virtual.advance(Duration.ofMinutes(2));
    assertThat(readings.status()).isEqualTo(TaskStatus.FINISHED);
    assertThat(readings.sent()).hasSize(6);
    assertThat(hosts()).hasSize(1);
  }

  @Test
  void severalInstances_theOneThatTookTheJobIsGone_failsSayingSoAndGoesOnWhenItIsBack() {
    offerAtMany();
    TaskId id = readings.read(reading(), ACCEPTED, RUNNING);
    virtual.runDue();
    String instance = readings.state().instance();
    virtual.gatehouse().registry().register(Server.named("features").at("else.example", 80));
    if (!instance.startsWith("f.")) {
      virtual.gatehouse().registry().removeInstance("features", instance);
    }
    virtual.advance(Duration.ofHours(1));
    assertThat(readings.error())
        .isEqualTo(
            "query error: no instance '" + instance + "' is registered on server 'features'");
    assertThat(readings.sent()).containsExactly("POST /upload", "POST /query");
    String host = instance.substring(0, instance.indexOf(':'));
    virtual.gatehouse().registry().register(Instance.on("features").at(host, 80));
    virtual.transport().answer(200, SUCCESS).answer(200, ROWS);
    virtual.gatehouse().scheduler().requeue(id);
    virtual.runDue();
    assertThat(readings.status()).isEqualTo(TaskStatus.FINISHED);
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
    readings.read(reading());
    virtual.runDue();
    assertThat(readings.status()).isEqualTo(TaskStatus.WAITING);
    assertThat(readings.state().task().dueAt()).isEqualTo(virtual.now().plusSeconds(5));
    virtual.advance(Duration.ofSeconds(299));
    assertThat(readings.status()).isEqualTo(TaskStatus.WAITING);
    assertThat(readings.state().stage()).isEqualTo(Progress.Stage.DOWNLOAD);
    virtual.advance(Duration.ofSeconds(1));
    assertThat(readings.status()).isEqualTo(TaskStatus.FINISHED);
    assertThat(table.completed).containsEntry(NUMBER, 2L);
    assertThat(readings.state().task().attempts()).allMatch(attempt -> attempt.error().isEmpty());
  }
}
