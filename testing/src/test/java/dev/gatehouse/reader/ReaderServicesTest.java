package dev.gatehouse.reader;

import static dev.gatehouse.reader.VirtualReadings.ACCEPTED;
import static dev.gatehouse.reader.VirtualReadings.ROWS;
import static dev.gatehouse.reader.VirtualReadings.SUCCESS;
import static dev.gatehouse.reader.VirtualReadings.reading;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.gatehouse.registry.Service;
import dev.gatehouse.scheduler.TaskStatus;
import dev.gatehouse.testing.fixture.VirtualGatehouse;
import dev.gatehouse.transport.Headers;
import dev.gatehouse.transport.Request;
import java.time.Duration;
import java.util.List;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What a reading makes of the ways in which its services are registered. */
class ReaderServicesTest {
  @RegisterExtension final VirtualReadings readings = new VirtualReadings();
  private final VirtualGatehouse virtual = readings.virtual;

  private void offer(String name, UnaryOperator<Service> how) {
    VirtualReadings.offer(virtual.gatehouse(), name, how);
  }

  @Test
  void registeredHeaders_areReplacedByTheReadersOwn() {
    Headers headers =
        Headers.of("content-type", "text/csv", "Range", "bytes=0-3", "If-Range", "x", "Token", "t");
    for (String service : List.of("upload", "query", "download")) {
      offer(service, plain -> plain.headers(headers));
    }
    readings.read(reading(), ACCEPTED, SUCCESS, ROWS);
    virtual.runDue();
    List<Request> requests = virtual.transport().requests();
    assertThat(requests).hasSize(3);
    assertThat(requests).allMatch(request -> request.headers().all("Content-Type").size() == 1);
    assertThat(requests.get(0).headers().first("Content-Type").orElseThrow())
        .startsWith("multipart/form-data");
    assertThat(requests.get(1).headers().first("Content-Type")).contains("application/json");
    assertThat(requests).allMatch(request -> request.headers().all("Token").equals(List.of("t")));
    assertThat(requests)
        .allMatch(request -> request.headers().first("Range").isEmpty())
        .allMatch(request -> request.headers().first("If-Range").isEmpty());
    assertThat(readings.state().task().status()).isEqualTo(TaskStatus.FINISHED);
  }

  @ParameterizedTest
  @CsvSource({"upload,GET", "query,GET", "query,HEAD", "download,HEAD"})
  void method_withoutTheBodyThatIsNeeded_isRefusedAtOnceOrForGood(String name, String method) {
    readings.read(reading(), ACCEPTED, SUCCESS, ROWS);
    offer(name, service -> service.method(method));
    String rule = name + " must be registered with a method that has a body, was with " + method;
    Reading another = Reading.of("2").from("features").by("scores");
    assertThatThrownBy(() -> virtual.gatehouse().reader().read(another))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage(rule);
    virtual.advance(Duration.ofHours(1));
    assertThat(readings.state().task().attempts())
        .last()
        .satisfies(attempt -> assertThat(attempt.error()).isEqualTo(name + " error: " + rule));
    assertThat(readings.state().task().status()).isEqualTo(TaskStatus.FAILED);
    assertThat(virtual.transport().requests())
        .noneMatch(request -> request.method().equals(method));
  }
}
