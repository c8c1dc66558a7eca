package dev.gatehouse.transport.http;

import static dev.gatehouse.transport.http.Outcome.answer;
import static dev.gatehouse.transport.http.Outcome.failure;
import static dev.gatehouse.transport.http.Outcome.soon;
import static org.assertj.core.api.Assertions.assertThat;

import dev.gatehouse.transport.Deadline;
import dev.gatehouse.transport.Request;
import java.io.IOException;
import java.net.InetAddress;
import java.net.URI;
import java.time.Duration;
import java.util.List;
import javax.net.ServerSocketFactory;
import javax.net.ssl.SSLException;
import javax.net.ssl.SSLPeerUnverifiedException;
import okhttp3.OkHttpClient;
import okhttp3.tls.HandshakeCertificates;
import okhttp3.tls.HeldCertificate;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

@ExtendWith(Leftovers.class)
class TlsTest {
  private final HeldCertificate certificate =
      new HeldCertificate.Builder().addSubjectAlternativeName("partner.example").build();

  @Test
  void send_selfSigned_refused() throws IOException {
    OkHttpClient client = new OkHttpClient.Builder().dns(TlsTest::loopback).build();
    try (RawServer server = secure();
        HttpTransport transport = transport(client)) {
      assertThat(failure(transport.send(Request.post(uri("partner.example", server), "x"), soon())))
          .hasMessage("no connection to https://partner.example:" + server.port())
          .hasCauseInstanceOf(SSLException.class);
      assertThat(server.heard()).isEmpty();
    }
  }

  @Test
  void send_selfSignedTrustedByTheHostsClient_answered() throws IOException {
    try (RawServer server = secure();
        HttpTransport transport = transport(trusting())) {
      assertThat(
              answer(transport.send(Request.post(uri("partner.example", server), "x"), soon()))
                  .text())
          .isEqualTo("success");
    }
  }

  @Test
  void send_trustedCertificateOfAnotherName_refused() throws IOException {
    try (RawServer server = secure();
        HttpTransport transport = transport(trusting())) {
      assertThat(failure(transport.send(Request.post(uri("other.example", server), "x"), soon())))
          .hasMessageStartingWith("no connection to https://other.example:")
          .hasCauseInstanceOf(SSLPeerUnverifiedException.class);
      assertThat(server.heard()).isEmpty();
    }
  }

  @Test
  void send_serverThatSpeaksNoTls_refused() throws IOException {
    try (RawServer server = RawServer.saying("HTTP/1.1 200 OK\r\n\r\nsuccess");
        HttpTransport transport = transport(trusting())) {
      Deadline deadline = Deadline.in(Duration.ofMillis(300));

      failure(transport.send(Request.get(uri("partner.example", server)), deadline));
      assertThat(server.heard()).isEmpty();
    }
  }

  @Test
  void send_trustedButNotAllowed_refusedBeforeTheHandshake() throws IOException {
    try (RawServer server = secure();
        HttpTransport transport = HttpTransport.builder().client(trusting()).build()) {
      failure(transport.send(Request.get(uri("partner.example", server)), soon()));
      assertThat(server.connections()).isZero();
    }
  }

  private RawServer secure() {
    ServerSocketFactory sockets =
        new HandshakeCertificates.Builder()
            .heldCertificate(certificate)
            .build()
            .sslContext()
            .getServerSocketFactory();
    return new RawServer(
        sockets,
        conversation -> {
          conversation.hear();
          conversation.say("HTTP/1.1 200 OK\r\nContent-Length: 7\r\n\r\nsuccess");
        });
  }

  private OkHttpClient trusting() {
    HandshakeCertificates trusted =
        new HandshakeCertificates.Builder()
            .addTrustedCertificate(certificate.certificate())
            .build();
    return new OkHttpClient.Builder()
        .dns(TlsTest::loopback)
        .sslSocketFactory(trusted.sslSocketFactory(), trusted.trustManager())
        .build();
  }

  private static HttpTransport transport(OkHttpClient client) {
    return HttpTransport.builder().client(client).allow("127.0.0.1").build();
  }

  private static URI uri(String host, RawServer server) {
    return URI.create("https://" + host + ":" + server.port() + "/");
  }

  private static List<InetAddress> loopback(String name) {
    return List.of(InetAddress.getLoopbackAddress());
  }
}
