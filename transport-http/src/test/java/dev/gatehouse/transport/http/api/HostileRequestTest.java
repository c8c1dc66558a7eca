package dev.gatehouse.transport.http.api;

import static org.assertj.core.api.Assertions.assertThat;

import dev.gatehouse.audit.AuditQuery;
import dev.gatehouse.testing.fixture.VirtualGatehouse;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.eclipse.jetty.ee10.servlet.ServletContextHandler;
import org.eclipse.jetty.ee10.servlet.ServletHolder;
import org.eclipse.jetty.server.Server;
import org.eclipse.jetty.server.ServerConnector;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What breaks the rules gets a clear answer within a bound, whatever the mount. */
class HostileRequestTest {
  private static final String CREATE = "/application/create";
  private static final String BODY = "{\"appName\":\"x\",\"linkUrl\":\"https://x.example/\"}";

  private final VirtualGatehouse virtual = VirtualGatehouse.create();

  @AfterEach
  void closeGatehouse() {
    virtual.close();
  }

  private HttpApi api() {
    return HttpApi.builder(virtual.gatehouse())
        .serve(SerendipityApi.builder(virtual.gatehouse()).clock(virtual.clock()).build())
        .administrators(AdminAuthenticator.EVERYBODY)
        .limits(ApiLimits.DEFAULT.bodyTime(Duration.ofMillis(700)))
        .clock(virtual.clock())
        .build();
  }

  private static String post(String path, String body, String... more) {
    return "POST "
        + path
        + " HTTP/1.1\r\nHost: h\r\nConnection: close\r\n"
        + String.join("", more)
        + "Content-Length: "
        + body.length()
        + "\r\n\r\n"
        + body;
  }

  private void assertNothingStored() {
    assertThat(virtual.gatehouse().registry().applications("", 10)).isEmpty();
  }

  private static void assertRefused(String heard, int status, String msg) {
    assertThat(heard).startsWith("HTTP/1.1 " + status);
    assertThat(heard).contains("{\"code\":1,\"msg\":\"" + msg + "\",\"data\":[]}");
    assertThat(heard).doesNotContain("Exception", "\tat ");
  }

  /** The cases, for whichever server. */
  abstract class Cases {
    abstract int port();

    /** Paths that this server refuses itself, as well it may. */
    abstract List<String> left();

    @ParameterizedTest
    @ValueSource(
        strings = {
          "/application//create",
          "/application/./create",
          "/application/../application/create",
          "/application/%2e%2e/application/create",
          "/application/%2E/create",
          "/application/create;x=1",
          "/application;x/create",
          "/application%2fcreate",
          "/application/%5ccreate",
          "/application/create%00",
          "/application/create%0d%0aX:y",
          "/application/%252e%252e/create",
          "//application/create"
        })
    void pathTrick_refused(String path) {
      String heard = RawClient.exchange(port(), post(path, BODY));
      if (left().contains(path)) {
        assertThat(heard).startsWith("HTTP/1.1 4").doesNotContain("Exception", "\tat ");
      } else {
        assertRefused(heard, 400, "BAD_REQUEST");
      }
      assertNothingStored();
    }

    @Test
    void slashAtTheEnd_isAnotherPath() {
      assertRefused(
          RawClient.exchange(port(), post("/application/create/", BODY)), 404, "NOT_FOUND");
      assertNothingStored();
    }

    /** What a reader before us takes for the body may be a next request to us. */
    @Test
    void lengthThatIsNoNumber_isTheEndOfTheConnection() {
      String heard =
          RawClient.exchange(
              port(),
              "POST "
                  + CREATE
                  + " HTTP/1.1\r\nHost: h\r\nContent-Length: +2\r\n\r\n{}"
                  + "GET /openapi/serendipity.json HTTP/1.1\r\nHost: h\r\n\r\n");
      assertThat(heard).startsWith("HTTP/1.1 400").containsOnlyOnce("HTTP/1.1");
    }

    @Test
    void bodyOfOneGigabyteDeclared_refusedAtOnce() {
      String heard =
          RawClient.exchange(
              port(),
              "POST "
                  + CREATE
                  + " HTTP/1.1\r\nHost: h\r\nContent-Length: 1073741824\r\n\r\n"
                  + BODY);
      assertRefused(heard, 413, "REQUEST_ENTITY_TOO_LARGE");
      assertNothingStored();
    }

    @Test
    void bodyTooLongAndSent_isAnswered_notReset() {
      String body = " ".repeat((1 << 20) + 1);
      assertRefused(
          RawClient.exchange(port(), post(CREATE, body)), 413, "REQUEST_ENTITY_TOO_LARGE");
    }

    @Test
    void bodyAtItsLimit_isRead() {
      String body = BODY + " ".repeat((1 << 20) - BODY.length());
      assertThat(RawClient.exchange(port(), post(CREATE, body))).contains("\"code\":0");
    }

    @Test
    void chunkedBodyTooLong_refused() {
      String chunk = "10000\r\n" + " ".repeat(0x10000) + "\r\n";
      String heard =
          RawClient.exchange(
              port(),
              "POST "
                  + CREATE
                  + " HTTP/1.1\r\nHost: h\r\nConnection: close\r\n"
                  + "Transfer-Encoding: chunked\r\n\r\n"
                  + chunk.repeat(17)
                  + "0\r\n\r\n");
      assertRefused(heard, 413, "REQUEST_ENTITY_TOO_LARGE");
      assertNothingStored();
    }

    @Test
    void bodyThatStopsComing_answeredInTime() {
      long start = System.nanoTime();
      String heard =
          RawClient.exchange(
              port(), "POST " + CREATE + " HTTP/1.1\r\nHost: h\r\nContent-Length: 100\r\n\r\n{");
      assertRefused(heard, 408, "REQUEST_TIMEOUT");
      assertThat(Duration.ofNanos(System.nanoTime() - start)).isLessThan(Duration.ofSeconds(15));
      assertNothingStored();
    }

    @Test
    void headersTooLarge_refused() {
      String header = "X-A: " + "a".repeat(3_900) + "\r\n";
      String heard = RawClient.exchange(port(), post(CREATE, BODY, header.repeat(9)));
      assertThat(heard).startsWith("HTTP/1.1 431").doesNotContain("Exception");
      assertNothingStored();
    }

    @Test
    void headersTooMany_refused() {
      String heard = RawClient.exchange(port(), post(CREATE, BODY, "X-A: a\r\n".repeat(150)));
      assertThat(heard).startsWith("HTTP/1.1 431").doesNotContain("Exception");
      assertNothingStored();
    }

    @Test
    void lengthToldTwice_refused() {
      String heard =
          RawClient.exchange(
              port(), post(CREATE, BODY, "Content-Length: 5\r\n", "Connection: close\r\n"));
      assertThat(heard).startsWith("HTTP/1.1 400").doesNotContain("Exception");
      String both =
          RawClient.exchange(
              port(),
              "POST "
                  + CREATE
                  + " HTTP/1.1\r\nHost: h\r\nConnection: close\r\nContent-Length: 5\r\n"
                  + "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n");
      assertThat(both).startsWith("HTTP/1.1 400").doesNotContain("Exception");
      assertNothingStored();
    }

    @Test
    void encodedBody_refused() {
      String heard = RawClient.exchange(port(), post(CREATE, BODY, "Content-Encoding: gzip\r\n"));
      assertRefused(heard, 415, "UNSUPPORTED_MEDIA_TYPE");
      assertNothingStored();
    }

    @ParameterizedTest
    @ValueSource(
        strings = {
          "{",
          "\u0000",
          "{\"appName\":\"x\",\"linkUrl\":\"https://x.example/\"}{}",
          "{\"appName\":\"x\",\"appName\":\"y\",\"linkUrl\":\"https://x.example/\"}",
          "\u00ff\u00fe",
          "{\"appName\":\"\\ud800\",\"linkUrl\":\"https://x.example/\"}",
          "{\"appName\":\"a\\r\\nSet-Cookie: b\",\"linkUrl\":\"https://x.example/\"}"
        })
    void badJson_codeOne(String body) {
      String heard = RawClient.exchange(port(), post(CREATE, body));
      assertThat(heard).startsWith("HTTP/1.1 200").contains("\"code\":1");
      assertThat(heard.toLowerCase(java.util.Locale.ROOT)).doesNotContain("set-cookie");
      assertNothingStored();
    }

    @Test
    void deepJson_codeOne() {
      String body = "{\"appName\":" + "[".repeat(100_000) + "]".repeat(100_000) + "}";
      assertThat(RawClient.exchange(port(), post(CREATE, body))).contains("\"code\":1");
      assertNothingStored();
    }

    @Test
    void longTarget_refused() {
      String heard = RawClient.exchange(port(), post("/task/detail?q=" + "q".repeat(9_000), ""));
      assertThat(heard).startsWith("HTTP/1.1 414").doesNotContain("Exception");
    }

    @Test
    void nonsense_isAnsweredByTheServer_withoutAStackTrace() {
      assertThat(RawClient.exchange(port(), "what is this?\r\n\r\n"))
          .doesNotContain("Exception", "\tat ");
    }

    @Test
    void openapi_isServed() {
      String heard =
          RawClient.exchange(
              port(),
              "GET /openapi/serendipity.json HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n");
      assertThat(heard).startsWith("HTTP/1.1 200").contains("\"openapi\": \"3.1.0\"");
    }

    @Test
    void head_hasNoBody() {
      String heard =
          RawClient.exchange(
              port(),
              "HEAD /openapi/serendipity.json HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n");
      assertThat(heard).startsWith("HTTP/1.1 200").endsWith("\r\n\r\n");
    }
  }

  @Nested
  class OnTheServerOfTheJdk extends Cases {
    private final ApiServer server = new ApiServer(api());

    @AfterEach
    void close() {
      server.close();
    }

    @Override
    int port() {
      return server.port();
    }

    @Override
    List<String> left() {
      return List.of();
    }

    /** Of a head that the JDK's server refuses it says why in its own words, but not where. */
    @ParameterizedTest
    @ValueSource(
        strings = {
          "GET /mw/%zz HTTP/1.1\r\nHost: h\r\n\r\n",
          "POST /task/create HTTP/1.1\r\nHost: h\r\nContent-Length: 0, 0\r\n\r\n"
        })
    void headThatTheServerRefuses_closedWithoutAStackTrace(String head) {
      assertThat(RawClient.exchange(port(), head))
          .startsWith("HTTP/1.1 400")
          .doesNotContain("\tat ", "dev.gatehouse");
    }

    @Test
    void headsThatStopComing_doNotHoldUpOthers() {
      List<RawClient> slow = new ArrayList<>();
      try {
        for (int i = 0; i < ApiServer.THREADS; i++) {
          slow.add(new RawClient(port()).say("POST " + CREATE + " HT"));
        }
        openapi_isServed();
        assertThat(slow.get(0).hear()).isEmpty();
      } finally {
        slow.forEach(RawClient::close);
      }
    }

    @Test
    void bodyThatTrickles_answeredInTime() throws InterruptedException {
      try (RawClient client = new RawClient(port())) {
        client.say("POST " + CREATE + " HTTP/1.1\r\nHost: h\r\nContent-Length: 100\r\n\r\n");
        Thread trickle =
            new Thread(
                () -> {
                  for (int i = 0; i < 100; i++) {
                    client.say(" ");
                    java.util.concurrent.locks.LockSupport.parkNanos(20_000_000);
                  }
                });
        trickle.start();
        assertRefused(client.hear(), 408, "REQUEST_TIMEOUT");
        // It need not wait any more between what nobody hears.
        trickle.interrupt();
        trickle.join();
      }
      assertNothingStored();
    }

    @Test
    void refusals_areAudited_fewOneByOne_theRestAsACount() {
      for (int i = 0; i < 30; i++) {
        RawClient.exchange(port(), post("/application//create", BODY));
      }
      virtual.advance(Duration.ofSeconds(11));
      RawClient.exchange(port(), post("/nope", BODY));
      String page =
          virtual
              .gatehouse()
              .audit()
              .find(
                  AuditQuery.between(VirtualGatehouse.START, virtual.now())
                      .maxSize(100)
                      .fields(List.of("content")))
              .json();
      assertThat(page.split("Request refused: the path has an empty segment", -1)).hasSize(6);
      assertThat(page).contains("HTTP requests refused for MALFORMED_PATH: 25 more");
    }
  }

  @Nested
  class OnJetty extends Cases {
    private final Server server = new Server();
    private final ServerConnector connector = new ServerConnector(server);

    OnJetty() throws Exception {
      connector.setHost("127.0.0.1");
      connector.setIdleTimeout(700);
      server.addConnector(connector);
      ServletContextHandler context = new ServletContextHandler("/");
      context.addServlet(new ServletHolder(ServletMount.of(api())), "/*");
      server.setHandler(context);
      server.start();
    }

    @AfterEach
    void stop() throws Exception {
      server.stop();
    }

    @Override
    int port() {
      return connector.getLocalPort();
    }

    /** Jetty looks at paths before any servlet does. */
    @Override
    List<String> left() {
      return List.of(
          "/application/../application/create",
          "/application/%2e%2e/application/create",
          "/application/%2E/create",
          "/application/./create",
          "/application//create",
          "/application/create;x=1",
          "/application;x/create",
          "/application%2fcreate",
          "/application/%5ccreate",
          "/application/create%00",
          "/application/create%0d%0aX:y",
          "/application/%252e%252e/create",
          "//application/create");
    }
  }
}
