package dev.gatehouse.transport.http;

import static dev.gatehouse.transport.http.Outcome.answer;
import static dev.gatehouse.transport.http.Outcome.failure;
import static dev.gatehouse.transport.http.Outcome.soon;
import static org.assertj.core.api.Assertions.assertThat;

import dev.gatehouse.transport.Request;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.NetworkInterface;
import java.net.Proxy;
import java.net.ServerSocket;
import java.net.SocketException;
import java.net.URI;
import java.net.UnknownHostException;
import java.util.ArrayDeque;
import java.util.List;
import java.util.Queue;
import okhttp3.Dns;
import okhttp3.OkHttpClient;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Requests that a third party would have the host send where it must not. */
@ExtendWith(Leftovers.class)
class ForgeryTest {
  private final HttpTransport transport = HttpTransport.create();
  private RawServer inside;

  @BeforeEach
  void open() {
    inside = RawServer.friendly();
  }

  @AfterEach
  void close() throws IOException {
    transport.close();
    assertThat(inside.connections()).isZero();
    inside.close();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "127.0.0.1",
        "127.255.255.254",
        "0.0.0.0",
        "localhost",
        "LOCALHOST",
        "localhost.",
        "[::1]",
        "[::ffff:127.0.0.1]",
        "[::ffff:7f00:1]",
        "[::127.0.0.1]",
        "[::]",
      })
  void send_loopbackByAnyName_refusedLikeAClosedPort(String host) {
    String origin = "http://" + host + ":" + inside.port();

    assertThat(failure(transport.send(Request.post(URI.create(origin + "/"), "x"), soon())))
        .hasMessageStartingWith("no connection to http://")
        .message()
        .doesNotContain("guard", "refused");
  }

  @Test
  void TRANSPORT5_refusedAndUnreachable_readAlike() throws IOException {
    try (HttpTransport loopback = HttpTransport.builder().allow("127.0.0.0/8").build()) {
      int closed;
      try (ServerSocket free = new ServerSocket(0)) {
        closed = free.getLocalPort();
      }
      URI uri = URI.create("http://127.0.0.1:" + closed + "/");

      assertThat(failure(loopback.send(Request.get(uri), soon())))
          .hasMessage("no connection to http://127.0.0.1:" + closed)
          .hasRootCauseMessage("Connection refused");
      assertThat(failure(transport.send(Request.get(uri), soon())))
          .hasMessage("no connection to http://127.0.0.1:" + closed)
          .hasRootCauseMessage("the address guard refuses /127.0.0.1:" + closed);
    }
  }

  @Test
  void send_unknownName_readsLikeRefused() {
    assertThat(failure(transport.send(Request.get(URI.create("http://no.invalid/")), soon())))
        .hasMessage("no connection to http://no.invalid");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "http://2130706433/",
        "http://127.1/",
        "http://127.0.1/",
        "http://0177.0.0.1/",
        "http://0x7f.0.0.1/",
        "http://0x7f.1/",
        "http://0x7f000001/",
        "http://127.0.0.1./",
        "http://127.0.0.01/",
        "http://127.0.0.256/",
        "http://a.0x7f/",
        "http://a.1/",
        "http://%31%32%37.0.0.1/",
        "http://[fe80::1%25lo]/",
        "http://under_score/",
        "http:///path",
        "http://:80/",
        "http://١٢٧.0.0.1/",
        "http://１２７.0.0.1/",
      })
  void send_hostThatParsersReadDifferently_refused(String uri) {
    assertThat(failure(transport.send(Request.get(URI.create(uri)), soon())))
        .hasMessageStartingWith("the target's host must be a name or a plain address, was '");
  }

  @Test
  void send_rebinding_secondAddressRefused() throws IOException {
    Queue<InetAddress> answers = new ArrayDeque<>(List.of(at("127.0.0.1"), at("127.0.0.2")));
    OkHttpClient client = new OkHttpClient.Builder().dns(name -> List.of(answers.remove())).build();
    try (RawServer server =
            RawServer.saying("HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nsuccess");
        HttpTransport hosts = HttpTransport.builder().client(client).allow("127.0.0.1").build()) {
      URI uri = URI.create("http://rebind.example:" + server.port() + "/");

      assertThat(answer(hosts.send(Request.get(uri), soon())).text()).isEqualTo("success");
      assertThat(failure(hosts.send(Request.get(uri), soon())))
          .hasRootCauseMessage("the address guard refuses every address of rebind.example");
      assertThat(answers).isEmpty();
    }
  }

  /** The names are not even looked at here, so this is the judgement of the socket alone. */
  @Test
  void send_addressThatNoNameGaveAway_refusedByTheSocket() throws IOException {
    OkHttpClient client =
        new OkHttpClient.Builder()
            .addInterceptor(
                chain -> chain.withDns(name -> List.of(at("127.0.0.1"))).proceed(chain.request()))
            .build();
    try (HttpTransport hosts = HttpTransport.builder().client(client).build()) {
      URI uri = URI.create("http://rebind.example:" + inside.port() + "/");

      assertThat(failure(hosts.send(Request.get(uri), soon())))
          .hasMessage("no connection to http://rebind.example:" + inside.port())
          .rootCause()
          .hasMessageStartingWith("the address guard refuses ");
    }
  }

  @Test
  void send_nameWithGoodAndBadAddresses_reachesTheGood() throws IOException {
    Dns mixed = name -> List.of(at("127.0.0.2"), at("169.254.169.254"), at("127.0.0.1"));
    OkHttpClient client = new OkHttpClient.Builder().dns(mixed).build();
    try (RawServer server = RawServer.friendly();
        HttpTransport hosts = HttpTransport.builder().client(client).allow("127.0.0.1").build()) {
      URI uri = URI.create("http://mixed.example:" + server.port() + "/");

      assertThat(answer(hosts.send(Request.get(uri), soon())).text()).isEqualTo("success");
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "http://169.254.169.254/latest/meta-data/",
        "http://100.100.100.200/",
        "http://168.63.129.16/",
        "http://[fd00:ec2::254]/",
        "http://[64:ff9b::a9fe:a9fe]/",
      })
  void send_metadataWithEverythingAllowed_refused(String uri) {
    try (HttpTransport open = HttpTransport.builder().allow("0.0.0.0/0", "::/0").build()) {
      assertThat(failure(open.send(Request.get(URI.create(uri)), soon())))
          .hasMessageStartingWith("no connection to ")
          .rootCause()
          .hasMessageStartingWith("the address guard refuses ");
    }
  }

  @Test
  void send_ownAddresses_refused() throws SocketException {
    List<InetAddress> own =
        NetworkInterface.networkInterfaces()
            .flatMap(NetworkInterface::inetAddresses)
            .filter(address -> address.getAddress().length == 4)
            .toList();
    assertThat(own).isNotEmpty();
    for (InetAddress address : own) {
      URI uri = URI.create("http://" + address.getHostAddress() + ":" + inside.port() + "/");

      assertThat(failure(transport.send(Request.get(uri), soon())))
          .hasMessageStartingWith("no connection to ")
          .rootCause()
          .hasMessageStartingWith("the address guard refuses ");
    }
  }

  @Test
  void send_systemProxy_isNotUsed() {
    OkHttpClient client =
        new OkHttpClient.Builder()
            .proxy(
                new Proxy(Proxy.Type.HTTP, new InetSocketAddress(at("127.0.0.1"), inside.port())))
            .build();
    try (HttpTransport hosts = HttpTransport.builder().client(client).allow("127.0.0.1").build()) {
      failure(hosts.send(Request.get(URI.create("http://10.0.0.1/")), soon()));
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "ftp://x.example/",
        "file:///etc/passwd",
        "gopher://x.example/",
        "jar:http://x.example/!/",
        "mailto:x@x.example",
        "//x.example/",
        "/path",
        "x.example",
      })
  void send_otherScheme_refused(String uri) {
    assertThat(failure(transport.send(Request.get(URI.create(uri)), soon())))
        .hasMessage("the target must be an absolute http or https URI");
  }

  @ParameterizedTest
  @CsvSource({
    "http://user@x.example/,         the target must not hold user info",
    "http://user:secret@x.example/,  the target must not hold user info",
    "http://x.example/#fragment,     the target must not hold a fragment",
    "http://x.example/a/../b,        the target's path must not hold dot segments",
    "http://x.example/./a,           the target's path must not hold dot segments",
    "http://x.example/a/%2e%2E/b,    the target's path must not hold dot segments",
    "http://x.example:25/,           'the target''s port may not be called, was 25'",
    "http://x.example:6000/,         'the target''s port may not be called, was 6000'",
    "https://x.example:10080/,       'the target''s port may not be called, was 10080'",
  })
  void send_targetAgainstARule_refusedNamingTheRule(String uri, String message) {
    assertThat(failure(transport.send(Request.get(URI.create(uri)), soon()))).hasMessage(message);
  }

  @Test
  void send_portsGiven_noOthers() throws IOException {
    try (RawServer server = RawServer.friendly();
        HttpTransport one =
            HttpTransport.builder().allow("127.0.0.1").ports(443, server.port()).build();
        HttpTransport two = HttpTransport.builder().allow("127.0.0.1").ports(443).build()) {
      assertThat(answer(one.send(Request.get(server.uri("/")), soon())).status()).isEqualTo(200);
      assertThat(failure(two.send(Request.get(server.uri("/")), soon())))
          .hasMessage("the target's port may not be called, was " + server.port());
      assertThat(failure(two.send(Request.get(URI.create("http://127.0.0.1/")), soon())))
          .hasMessage("the target's port may not be called, was 80");
    }
  }

  @Test
  void send_httpsOnly_refusesHttp() {
    try (HttpTransport strict = HttpTransport.builder().allow("127.0.0.1").httpsOnly().build()) {
      assertThat(failure(strict.send(Request.get(inside.uri("/")), soon())))
          .hasMessage("the target must be an absolute https URI");
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "Host",
        "content-length",
        "Transfer-Encoding",
        "Connection",
        "Upgrade",
        "Expect",
        "TE",
        "Trailer",
        "Keep-Alive",
        "Proxy-Authorization",
        "Proxy-Connection",
      })
  void send_framingHeader_refused(String name) {
    try (HttpTransport loopback = HttpTransport.builder().allow("127.0.0.1").build()) {
      assertThat(failure(loopback.send(Request.get(inside.uri("/")).header(name, "7"), soon())))
          .hasMessage("header " + name + " is set by the transport alone");
    }
  }

  @Test
  void send_headerNotAscii_refusedWithoutItsValue() {
    try (HttpTransport loopback = HttpTransport.builder().allow("127.0.0.1").build()) {
      for (String value : List.of("gizli-ş", "密钥", "\u010d\u010a", "\ud83d\ude00")) {
        assertThat(failure(loopback.send(Request.get(inside.uri("/")).header("X", value), soon())))
            .hasMessage("header X must be ASCII to be sent");
      }
    }
  }

  @ParameterizedTest
  @CsvSource({
    "CONNECT, the method must not be CONNECT",
    "TRACE,   the method must not be TRACE",
    "GET,     a GET must not have a body",
    "HEAD,    a HEAD must not have a body",
  })
  void send_methodThatCannotCarryIt_refused(String method, String message) {
    try (HttpTransport loopback = HttpTransport.builder().allow("127.0.0.1").build()) {
      Request request = Request.of(method, inside.uri("/")).body(new byte[] {1});

      assertThat(failure(loopback.send(request, soon()))).hasMessage(message);
    }
  }

  private static InetAddress at(String literal) {
    try {
      return InetAddress.getByName(literal);
    } catch (UnknownHostException e) {
      throw new AssertionError(e);
    }
  }
}
