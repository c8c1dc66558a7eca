package dev.gatehouse.reader;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.gatehouse.registry.Server;
import dev.gatehouse.registry.Service;
import dev.gatehouse.scheduler.TaskStatus;
import dev.gatehouse.testing.fixture.VirtualGatehouse;
import dev.gatehouse.transport.Headers;
import dev.gatehouse.transport.Request;
import java.time.Duration;
import java.util.List;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What a reading makes of the ways in which its services are registered. */
class ReaderServicesTest {
  private final VirtualGatehouse virtual =
      VirtualGatehouse.create(
          builder -> builder.reader(ReaderOptions.builder().feed("scores", new Table()).build()));

  @AfterEach
  void close() {
    virtual.close();
  }

  private void offer(String name, UnaryOperator<Service> how) {
    Service service = Service.named(name).on("features").uri("/" + name);
    virtual.gatehouse().registry().register(how.apply(service));
  }

  private void read(UnaryOperator<Service> how) {
    virtual.gatehouse().registry().register(Server.named("features").at("f.example", 80));
    for (String service : List.of("upload", "query", "download")) {
      offer(service, how);
    }
    virtual
        .transport()
        .answer(200, "{\"code\":0,\"data\":{\"jobId\":\"J1\"}}")
        .answer(200, "{\"code\":0,\"data\":{\"status\":\"success\"}}")
        .answer(200, "id,x\nu1,3\n");
    virtual.gatehouse().reader().read(reading("1"));
  }

  private static Reading reading(String number) {
    return Reading.of(number).from("features").by("scores");
  }

  private ReadingState state() {
    return virtual.gatehouse().reader().find("1").orElseThrow();
  }

  @Test
  void registeredHeaders_areReplacedByTheReadersOwn() {
    Headers headers =
        Headers.of("content-type", "text/csv", "Range", "bytes=0-3", "If-Range", "x", "Token", "t");
    read(service -> service.headers(headers));
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
    assertThat(state().task().status()).isEqualTo(TaskStatus.FINISHED);
  }

  @ParameterizedTest
  @CsvSource({"upload,GET", "query,GET", "query,HEAD", "download,HEAD"})
  void method_withoutTheBodyThatIsNeeded_isRefusedAtOnceOrForGood(String name, String method) {
    read(service -> service);
    offer(name, service -> service.method(method));
    String rule = name + " must be registered with a method that has a body, was with " + method;
    assertThatThrownBy(() -> virtual.gatehouse().reader().read(reading("2")))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage(rule);
    virtual.advance(Duration.ofHours(1));
    assertThat(state().task().attempts())
        .last()
        .satisfies(attempt -> assertThat(attempt.error()).isEqualTo(name + " error: " + rule));
    assertThat(state().task().status()).isEqualTo(TaskStatus.FAILED);
    assertThat(virtual.transport().requests())
        .noneMatch(request -> request.method().equals(method));
  }
}
