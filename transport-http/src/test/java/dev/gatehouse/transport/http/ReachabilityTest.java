package dev.gatehouse.transport.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What can be told of a target before anything is sent there. */
class ReachabilityTest {
  private static final Duration TIMEOUT = Duration.ofSeconds(3);

  @Test
  void connects_underTheGuard_whereSomethingListens() throws IOException {
    try (HttpTransport guarded = HttpTransport.create();
        HttpTransport allowed = HttpTransport.builder().allow("127.0.0.0/8").build()) {
      int port;
      try (ServerSocket listener = new ServerSocket(0, 9, InetAddress.getByName("127.0.0.1"))) {
        port = listener.getLocalPort();
        assertThat(allowed.connects("127.0.0.1", port, TIMEOUT)).isTrue();
        assertThat(guarded.connects("127.0.0.1", port, TIMEOUT)).isFalse();
        assertThat(guarded.connects("localhost", port, TIMEOUT)).isFalse();
        assertThat(allowed.connects("no.such.host.invalid", port, TIMEOUT)).isFalse();
      }
      assertThat(allowed.connects("127.0.0.1", port, TIMEOUT)).isFalse();
      assertThatIllegalArgumentException()
          .isThrownBy(() -> allowed.connects("127.0.0.1", 0, TIMEOUT));
    }
  }

  @ParameterizedTest
  @CsvSource({
    "https://billing.example/done,true",
    "http://localhost/,true",
    "http://93.184.216.34:8080/x?y=z,true",
    "http://127.0.0.1/,false",
    "http://[::1]/,false",
    "http://169.254.169.254/latest,false",
    "http://2130706433/,false",
    "http://billing.example:25/,false",
    "ftp://billing.example/,false",
    "http://user@billing.example/,false",
    "/relative,false"
  })
  void permits_judgesFormAndLiterals_notNames(String target, boolean permitted) {
    try (HttpTransport transport = HttpTransport.create()) {
      assertThat(transport.permits(URI.create(target))).isEqualTo(permitted);
    }
  }
}
