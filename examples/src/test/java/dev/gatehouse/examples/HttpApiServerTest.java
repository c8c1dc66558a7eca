package dev.gatehouse.examples;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import dev.gatehouse.signing.Key;
import dev.gatehouse.signing.KeyMaterial;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The server as whoever starts it finds it. */
class HttpApiServerTest {
  private static final String REGISTER = "{\"host\":\"10.0.0.3\",\"port\":8080}";

  @TempDir Path directory;

  private static String post(String url, String body, String... headers)
      throws IOException, InterruptedException {
    HttpRequest.Builder request =
        HttpRequest.newBuilder(URI.create(url)).POST(HttpRequest.BodyPublishers.ofString(body));
    if (headers.length > 0) {
      request.headers(headers);
    }
    return HttpClient.newHttpClient()
        .send(request.build(), HttpResponse.BodyHandlers.ofString())
        .body();
  }

  @Test
  void server_saysWhereItListens_servesAllAdapters_keepsWhatItStored_endsWhenTold()
      throws IOException, InterruptedException {
    String[] arguments = {
      "--storage", "h2:" + directory.resolve("new"), "--admin-token", "administrator"
    };
    String[] token = {"Authorization", "Bearer administrator"};
    try (ServerProcess server = ServerProcess.start(arguments)) {
      String url = server.url();
      assertThat(post(url + "/v1/server/s/register", REGISTER, token))
          .isEqualTo("{\"retcode\":0,\"retmsg\":\"success\"}\n");
      assertThat(post(url + "/v1/server/s/register", REGISTER)).contains("\"retcode\":109");
      assertThat(
              post(
                  url + "/application/create",
                  "{\"appName\":\"a\",\"linkUrl\":\"http://127.0.0.1/\"}",
                  token))
          .contains("\"code\":1");
      assertThat(
              post(url + "/mw/v1/audit/find", "{\"startTime\":0,\"endTime\":9999999999999}", token))
          .contains("\"code\":200");
      assertThat(post(url + "/nope", "{}")).contains("\"NOT_FOUND\"");
      server.tellToEnd();
      assertThat(server.exitCode()).isZero();
    }
    try (ServerProcess again = ServerProcess.start(arguments)) {
      assertThat(post(again.url() + "/v1/server/s/get", "{}"))
          .isEqualTo(
              "{\"data\":{\"host\":\"10.0.0.3\",\"port\":8080,\"protocol\":\"http\"},"
                  + "\"retcode\":0,\"retmsg\":\"success\"}\n");
      again.tellToEnd();
      assertThat(again.exitCode()).isZero();
    }
  }

  @Test
  void unknownOption_endsWithUsage() throws IOException, InterruptedException {
    Process process = ServerProcess.launch("--prot", "0");
    assertThat(process.waitFor(30, TimeUnit.SECONDS)).isTrue();
    assertThat(process.exitValue()).isEqualTo(2);
    assertThat(process.getInputStream().readAllBytes()).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "--port",
        "--port x",
        "--port 65536",
        "--port 1 --port 2",
        "--storage disk",
        "--storage h2:",
        "--signatures loose",
        "--signature-age 60",
        "--signatures compat --signature-age 0",
        "--client-auth yes",
        "--permission",
        "--permission --open",
        "--open now",
        "--lease 0",
        "--lease 3601",
        "extra"
      })
  void optionsThatBreakRules_refused(String line) {
    assertThatIllegalArgumentException().isThrownBy(() -> ServerOptions.parse(line.split(" ")));
  }

  @Test
  void options_allTogether_eachDoesSomething() throws IOException, InterruptedException {
    try (HttpApiServer server =
        HttpApiServer.open(
            "--port 0 --storage memory --signatures compat --signature-age 600"
                .concat(" --allow-callbacks-to 127.0.0.0/8,10.0.0.0/8 --party-id 10000")
                .concat(" --hook-server hooks --client-auth on --site-auth on --permission on")
                .concat(" --open --bulk-registration on --forward arbiter,host --lease 3600")
                .split(" "))) {
      server.start();
      String url = "http://127.0.0.1:" + server.port();
      assertThat(post(url + "/v1/server/get", "{}"))
          .contains("client authentication error: no found server hooks service");
      assertThat(post(url + "/v1/party/j/guest/10000/create", "{}"))
          .contains("site authentication error: no found server hooks service");
      assertThat(post(url + "/v1/permission/query", "{\"party_id\":1}")).contains("\"retcode\":0");
      String key = KeyMaterial.generate(Key.Algorithm.RSA_PKCS1_SHA256).publicPart().toPem();
      assertThat(
              post(
                  url + "/v1/key/public/save",
                  "{\"party_id\":10000,\"key\":\"" + key.replace("\n", "\\n") + "\"}"))
          .contains("party_id must not be this site's own");
      // Reachable only because callbacks to it are allowed.
      assertThat(
              post(
                  url + "/v1/service/registry",
                  "{\"self\":{\"host\":\"127.0.0.1\",\"port\":" + server.port() + ",\"api\":{}}}"))
          .contains("\"retcode\":0");
      assertThat(post(url + "/task/create", "{\"taskNo\":\"n\",\"content\":1}", issued(url)))
          .contains("\"code\":0");
    }
  }

  /** Headers that cover no body, which only the lax signatures take. */
  private static String[] issued(String url) throws IOException, InterruptedException {
    String answer =
        post(url + "/application/create", "{\"appName\":\"a\",\"linkUrl\":\"http://127.0.0.1/\"}");
    List<String> headers = new ArrayList<>();
    for (String name : List.of("nonce", "timestamps", "signature", "appKey", "payload")) {
      Matcher value = Pattern.compile("\"" + name + "\":\"([^\"]+)\"").matcher(answer);
      assertThat(value.find()).as(answer).isTrue();
      headers.addAll(List.of(name.equals("appKey") ? "app_key" : name, value.group(1)));
    }
    return headers.toArray(String[]::new);
  }
}
