package dev.gatehouse.registry;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;

import dev.gatehouse.transport.Headers;
import java.net.URI;
import java.time.Duration;
import java.time.Instant;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

final class RegistryValuesTest {
  private static final Service UPLOAD = Service.named("upload").on("features").uri("/v1/upload");

  @Test
  void applicationNamed_edges_judgedByLength() {
    assertThat(Application.named("x".repeat(100)).name()).hasSize(100);
    assertThat(Application.named("\u0131\uD83D\uDE00").name()).isEqualTo("\u0131\uD83D\uDE00");
    refused(() -> Application.named(""), "name must have 1..100 characters, had 0");
    refused(() -> Application.named("x".repeat(101)), "name must have 1..100 characters, had 101");
  }

  @Test
  void applicationNamed_blanksAndControls_refused() {
    refused(() -> Application.named(" x"), "name must not begin or end with a blank, was ' x'");
    refused(
        () -> Application.named("x\u00a0"),
        "name must not begin or end with a blank, was 'x\u00a0'");
    refused(
        () -> Application.named("x\0y"), "name must not hold control characters, held U+0000 at 1");
    refused(
        () -> Application.named("\uD83D"), "name must be well-formed Unicode, held U+D83D at 0");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "ftp://x | callback must be http or https, was 'ftp://x'",
        "//x/y | callback must be http or https, was '//x/y'",
        "file:///etc/passwd | callback must be http or https, was 'file:///etc/passwd'",
        "http:/x | callback must name a host, was 'http:/x'",
        "http:///x | callback must name a host, was 'http:///x'",
        "http://user@h/ | callback must not hold user info, was '...@h/'",
        "http://u:s3cret@h/ | callback must not hold user info, was '...@h/'",
        "http://u:s3cret@h_h/ | callback must not hold user info, was '...@h_h/'",
        "http://h/#a | callback must not hold a fragment, was 'http://h/'",
        "http://h:0/ | callback's port must be in 1..65535, was 0",
        "http://h:65536/ | callback's port must be in 1..65535, was 65536",
        "http://h:99999999999/ | callback must name a host, was 'http://h:99999999999/'",
        "http://h/a b?token=s3cret | callback must be a URI, was 'http://h/a b'",
      })
  void callback_notAnAddress_refusedWithoutItsSecrets(String uri, String message) {
    assertThatThrownBy(() -> Application.named("x").callback(uri))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage(message)
        .hasNoCause();
  }

  @Test
  void callback_edges_judgedByLength() {
    String longest = "https://h/" + "x".repeat(190);
    Application.Draft draft = Application.named("x").callback(longest);
    assertThat(draft.registered(1, "key", Instant.EPOCH, null).callback())
        .contains(URI.create(longest));
    refused(
        () -> Application.named("x").callback(longest + "x"),
        "callback must have 1..200 characters, had 201");
    refused(
        () -> Application.named("x").callback("http://h/\r\nHost: evil"),
        "callback must not hold control characters, held U+000D at 9");
  }

  @Test
  void remark_tooLong_refused() {
    refused(
        () -> Application.named("x").remark("x".repeat(256)),
        "remark must have 0..255 characters, had 256");
  }

  @Test
  void application_text_showsNoSecret() {
    Application application =
        Application.named("x").registered(1, "key", Instant.EPOCH, Secret.of("0123456789abcdef"));
    assertThat(application.toString()).isEqualTo("Application 1 'x' ENABLED");
    assertThat(application.secret().orElseThrow().toString()).doesNotContain("0123456789abcdef");
  }

  @Test
  void application_toDraft_holdsAllThatCanBeRegistered() {
    Application application =
        Application.named("x")
            .callback("http://h/")
            .remark("r")
            .status(Application.Status.DISABLED)
            .retryPolicy(RetryPolicy.NONE)
            .registered(1, "key", Instant.EPOCH, null);
    assertThat(application.toDraft().registered(1, "key", Instant.EPOCH, null))
        .isEqualTo(application);
  }

  @ParameterizedTest
  @ValueSource(strings = {"service", "VERSION", "FateFlow", "fate_on_eggroll", "FATE_ON_SPARK"})
  void serverNamed_reserved_refused(String name) {
    refused(() -> Server.named(name), "server name must not be reserved, was '" + name + "'");
  }

  @Test
  void serverNamed_edges_judgedByLength() {
    assertThat(Server.named("\u0130".repeat(30)).at("h", 1).name()).hasSize(30);
    refused(() -> Server.named(""), "server name must have 1..30 characters, had 0");
    refused(() -> Server.named("x".repeat(31)), "server name must have 1..30 characters, had 31");
    refused(() -> Server.named("x "), "server name must not begin or end with a blank, was 'x '");
  }

  @ParameterizedTest
  @ValueSource(ints = {Integer.MIN_VALUE, -1, 0, 65_536})
  void serverAt_portOutOfRange_refused(int port) {
    refused(() -> Server.named("s").at("h", port), "port must be in 1..65535, was " + port);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        " ",
        "h h",
        " h",
        "h/x",
        "h\\x",
        "http://h",
        "u:p@h",
        "h:80",
        "h?x",
        "h#x",
        "h%41",
        "-h",
        "h-",
        "h..x",
        ".h",
        "h.",
        "h_x",
        "h\r\nX: y",
        "h\0",
        "\u0131stanbul.example",
        "\u4e2d.example",
        "127.1",
        "127.0.0.1.",
        "0x7f.0.0.1",
        "010.0.0.1",
        "256.0.0.1",
        "2130706433",
        "1.2.3.4.5",
        "a.1",
        "[",
        "[]",
        "[h]",
        "[127.0.0.1]",
        "::1]",
        "[::1",
        ":::",
        "1:2",
        "fe80::1%eth0",
        "::1%25x",
        "12345::",
        "1:2:3:4:5:6:7:8:9",
        "::ffff:256.0.0.1"
      })
  void serverAt_notAHost_refused(String host) {
    assertThatThrownBy(() -> Server.named("s").at(host, 1))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageStartingWith("host must be a host name of at most 253 letters,");
  }

  /** The pattern for IPv6 takes a time that grows with the square of the length. */
  @Test
  void serverAt_longAndAlmostIpv6_refusedAtOnce() {
    String host = ":".repeat(500_000) + "x";
    assertTimeoutPreemptively(
        Duration.ofSeconds(5),
        () -> refusedLike(() -> Server.named("s").at(host, 1), "host must .*"));
  }

  @Test
  void serverAt_userInfo_notShown() {
    assertThatThrownBy(() -> Server.named("s").at("u:s3cret@h", 1))
        .hasMessageEndingWith("was '...@h'");
  }

  @ParameterizedTest
  @CsvSource({
    "h, http://h:80/x",
    "localhost, http://localhost:80/x",
    "Feature-1.Example, http://Feature-1.Example:80/x",
    "3com.example, http://3com.example:80/x",
    "xn--fsq.example, http://xn--fsq.example:80/x",
    "10.0.0.3, http://10.0.0.3:80/x",
    "255.255.255.255, http://255.255.255.255:80/x",
    "::1, http://[::1]:80/x",
    "[2001:DB8::1], http://[2001:DB8::1]:80/x",
    "::ffff:10.0.0.3, http://[::ffff:10.0.0.3]:80/x",
  })
  void endpoint_anyHost_composedWithIt(String host, String uri) {
    Server server = Server.named("s").at(host, 80);
    Service service = Service.named("n").on("s").uri("/x");
    assertThat(Endpoint.of(server, service).uri()).isEqualTo(URI.create(uri));
    assertThat(Endpoint.of(server, service).uri().getHost()).isNotNull();
  }

  @Test
  void serverAt_longestHost_taken() {
    String longest = "a".repeat(63) + ("." + "a".repeat(62)).repeat(3) + "a";
    assertThat(Server.named("s").at(longest, 65_535).host()).hasSize(253);
    refusedLike(() -> Server.named("s").at(longest + "a", 1), "host must be .*253.*");
    refusedLike(() -> Server.named("s").at("a".repeat(64), 1), "host must be .*");
  }

  @Test
  void protocol_anyCase_lowered() {
    Server server = Server.named("s").at("h", 1);
    assertThat(server.protocol()).isEqualTo("http");
    assertThat(server.protocol("HTTPS").protocol()).isEqualTo("https");
    refused(() -> server.protocol("grpc"), "protocol must be http or https, was 'grpc'");
    refused(() -> server.protocol(""), "protocol must be http or https, was ''");
    refused(
        () -> server.protocol("http\u0131"), "protocol must be http or https, was 'http\u0131'");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "nolead | uri must start with '/', was 'nolead'",
        "http://evil/ | uri must start with '/', was 'http://evil/'",
        "@evil/ | uri must start with '/', was '@evil/'",
        "/a#b | uri must not hold a fragment, was '/a#b'",
        "/a b | uri must be a percent-encoded path and query, was '/a b'",
        "/\u4e2d | uri must be a percent-encoded path and query, was '/\u4e2d'",
        "/a%2 | uri must be a percent-encoded path and query, was '/a%2'",
        "/a\\b | uri must be a percent-encoded path and query, was '/a\\b'",
        "/a?token=s3cret\\ | uri must be a percent-encoded path and query, was '/a?...'",
      })
  void uri_notAPath_refused(String uri, String message) {
    refused(() -> Service.named("n").on("s").uri(uri), message);
  }

  @Test
  void uri_edges_judged() {
    assertThat(Service.named("n").on("s").uri("/" + "x".repeat(999)).uri()).hasSize(1000);
    refused(
        () -> Service.named("n").on("s").uri("/" + "x".repeat(1000)),
        "length of uri must be in 1..1000, was 1001");
    refused(() -> Service.named("n").on("s").uri(""), "length of uri must be in 1..1000, was 0");
    refused(
        () -> Service.named("n").on("s").uri("/x\r\nHost: evil"),
        "uri must be a percent-encoded path and query, was '/x??Host: evil'");
  }

  @Test
  void uri_doubleSlashAndAt_stayOnTheServer() {
    Endpoint endpoint =
        Endpoint.of(
            Server.named("s").at("h", 80), Service.named("n").on("s").uri("//evil@evil/:1?a=@b"));
    assertThat(endpoint.uri().getHost()).isEqualTo("h");
    assertThat(endpoint.uri().toString()).isEqualTo("http://h:80//evil@evil/:1?a=@b");
  }

  @Test
  void service_defaults_areThoseOfFateFlow() {
    assertThat(UPLOAD.method()).isEqualTo("POST");
    assertThat(UPLOAD.params()).isEqualTo("{}");
    assertThat(UPLOAD.data()).isEqualTo("{}");
    assertThat(UPLOAD.headers().fields()).isEmpty();
  }

  @Test
  void method_turkishI_upperCasedByNoLanguage() {
    assertThat(UPLOAD.method("query").method()).isEqualTo("QUERY");
    assertThat(UPLOAD.method("options").method()).isEqualTo("OPTIONS");
    refused(() -> UPLOAD.method("pos t"), "method must match [A-Za-z]{1,16}, was 'pos t'");
    refused(() -> UPLOAD.method(""), "method must match [A-Za-z]{1,16}, was ''");
    refused(() -> UPLOAD.method("GET\r\n"), "method must match [A-Za-z]{1,16}, was 'GET??'");
  }

  @Test
  void paramsAndData_objects_keptAsTheyCame() {
    String text = "{ \"a\" : 12345678901234567890123,\n \"b\":1.50 }";
    assertThat(UPLOAD.params(text).params()).isEqualTo(text);
    assertThat(UPLOAD.data(text).data()).isEqualTo(text);
    assertThat(UPLOAD.data(text).params()).isEqualTo("{}");
  }

  @Test
  void paramsAndData_notObjects_refused() {
    refused(() -> UPLOAD.params("[]"), "params must be a JSON object, was of type array");
    refused(() -> UPLOAD.data("null"), "data must be a JSON object, was of type null");
    refusedLike(() -> UPLOAD.data("{\"a\":1,\"a\":2}"), "data must be JSON.*");
    refusedLike(() -> UPLOAD.data(""), "data must be JSON.*");
    refusedLike(() -> UPLOAD.data("{\"password\":\"s3cret"), "data must be JSON((?!s3cret).)*");
    refused(() -> UPLOAD.data("{\"a\":\"\uD83D\"}"), "data must be well-formed Unicode");
    refused(
        () -> UPLOAD.params("{" + " ".repeat(32_767) + "}"),
        "length of params must be in 0..32768, was 32769");
  }

  @Test
  void headers_lineBreaks_refused() {
    refused(
        () -> Headers.of("X", "a\r\nSet-Cookie: b"),
        "header X must not hold control characters, held one at 1");
    refusedLike(() -> Headers.of("X\r\nY", "a"), "header name must match .*");
  }

  @Test
  void headers_hostile_refused() {
    refused(
        () -> UPLOAD.headers(Headers.of("TITLE", "1", "title", "2")),
        "headers must not repeat a name, repeated title");
    refused(
        () -> UPLOAD.headers(Headers.of("X", "\uDE00")), "header X must be well-formed Unicode");
    refused(
        () -> UPLOAD.headers(Headers.of("a", "x".repeat(16_384), "b", "x".repeat(16_384))),
        "length of headers must be in 0..32768, was 32770");
  }

  @Test
  void serviceAndEndpoint_text_showNoCredentials() {
    Service service =
        Service.named("n")
            .on("s")
            .uri("/x?token=s3cret")
            .params("{\"p\":\"s3cret\"}")
            .data("{\"d\":\"s3cret\"}")
            .headers(Headers.of("Authorization", "s3cret"));
    Endpoint endpoint = Endpoint.of(Server.named("s").at("h", 80), service);
    assertThat(service.toString()).isEqualTo("Service 'n' on 's': POST /x");
    assertThat(endpoint.toString()).isEqualTo("POST http://h:80/x");
  }

  @Test
  void options_values_checked() {
    RegistryOptions options = RegistryOptions.of(() -> Instant.EPOCH, () -> 1);
    assertThat(options.staleness()).isEqualTo(Duration.ofSeconds(1));
    refused(
        () -> options.staleness(Duration.ofNanos(-1)),
        "staleness must be in PT0S..PT1H, was PT-0.000000001S");
    refused(
        () -> options.staleness(Duration.ofHours(2)), "staleness must be in PT0S..PT1H, was PT2H");
  }

  @Test
  void nameKey_everyCharacter_idempotentAndAtMostDouble() {
    for (int codePoint = 0; codePoint <= Character.MAX_CODE_POINT; codePoint++) {
      String name = "a" + Character.toString(codePoint);
      String key = RegistryStore.nameKey(name);
      assertThat(RegistryStore.nameKey(key)).isEqualTo(key);
      assertThat(key.length()).isLessThanOrEqualTo(2 * name.length());
    }
  }

  private static void refused(ThrowingCallable call, String message) {
    assertThatThrownBy(call).isInstanceOf(IllegalArgumentException.class).hasMessage(message);
  }

  private static void refusedLike(ThrowingCallable call, String pattern) {
    assertThatThrownBy(call)
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageMatching(pattern);
  }
}
