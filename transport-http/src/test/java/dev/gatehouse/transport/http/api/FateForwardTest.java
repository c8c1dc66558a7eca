package dev.gatehouse.transport.http.api;

import static org.assertj.core.api.Assertions.assertThat;

import dev.gatehouse.transport.Headers;
import dev.gatehouse.transport.Request;
import java.net.URI;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** What FATE Flow's interface passes on to another role of this site's. */
class FateForwardTest extends FateFlowOverHttp {
  @Test
  void a13_forward_signedByTheHook() {
    ApiServer server =
        server(builder -> builder.hookServer("hooks").siteGate().forward(Set.of("arbiter")));
    hook(server, "signature");
    register(server, "arbiter", "{\"host\":\"10.0.0.7\",\"port\":9380}");
    transport.answer(200, "{\"code\":0,\"data\":\"S1\"}");
    transport.answer(200, "{\"retcode\":0,\"retmsg\":\"theirs\"}");
    assertJson(forward(server, "arbiter"), "{\"retcode\":0,\"retmsg\":\"theirs\"}");
    Request signing = transport.requests().get(0);
    assertThat(text(signing))
        .isEqualTo("{\"party_id\":\"9999\",\"body\":{\"k\":1,\"a\":{\"z\":1,\"y\":2}}}");
    Request sent = transport.lastRequest();
    assertThat(sent.uri()).isEqualTo(URI.create("http://10.0.0.7:9380/v1/party/x/stop"));
    Headers headers = sent.headers();
    assertThat(headers.first("SITE-SIGNATURE")).contains("S1");
    assertThat(headers.first("SRC-PARTY-ID")).contains("9999");
    assertThat(headers.first("DEST-PARTY-ID")).contains("10000");
    assertThat(headers.first("SRC-ROLE")).contains("guest");
    assertThat(text(sent)).isEqualTo("{\"k\":1,\"a\":{\"z\":1,\"y\":2}}");
  }

  private static ApiServer.Answer forward(ApiServer server, String role) {
    return server.post(
        "/v1/forward/" + role + "/do",
        "{\"header\":{\"METHOD\":\"POST\",\"ENDPOINT\":\"/v1/party/x/stop\","
            + "\"SRC-PARTY-ID\":\"9999\",\"DEST-PARTY-ID\":\"10000\",\"SRC-ROLE\":\"guest\"},"
            + "\"body\":{\"k\":1,\"a\":{\"z\":1,\"y\":2}}}");
  }

  @Test
  void a14_forward_hookDoesNotSign_nothingSent() {
    ApiServer server =
        server(builder -> builder.hookServer("hooks").siteGate().forward(Set.of("arbiter")));
    hook(server, "signature");
    register(server, "arbiter", "{\"host\":\"10.0.0.7\",\"port\":9380}");
    transport.answer(200, "{\"code\":1,\"msg\":\"e\"}");
    assertThat(forward(server, "arbiter").at("/retcode").asInt()).isEqualTo(104);
    transport.answer(500, "no");
    assertThat(forward(server, "arbiter").at("/retcode").asInt()).isEqualTo(104);
    transport.answer(200, "{\"code\":0,\"data\":7}");
    assertThat(forward(server, "arbiter").at("/retcode").asInt()).isEqualTo(104);
    transport.fail();
    assertThat(forward(server, "arbiter").at("/retcode").asInt()).isEqualTo(104);
    assertThat(transport.requests())
        .allSatisfy(request -> assertThat(request.uri().getHost()).isEqualTo("10.0.0.9"));
  }

  @Test
  void forward_notListedOrNotRegistered_notSupported() {
    ApiServer server = server(builder -> builder.forward(Set.of("arbiter")));
    register(server, "guest", "{\"host\":\"10.0.0.7\",\"port\":9380}");
    assertJson(
        forward(server, "guest"),
        "{\"retcode\":404,\"retmsg\":\"role \\\"guest\\\" not supported\"}");
    assertJson(
        forward(server, "arbiter"),
        "{\"retcode\":404,\"retmsg\":\"role \\\"arbiter\\\" not supported\"}");
    assertThat(transport.requests()).isEmpty();
  }

  @Test
  void forward_endpointThatIsNoPath_tellsNoAddress() {
    ApiServer server = server(builder -> builder.forward(Set.of("arbiter")));
    register(server, "arbiter", "{\"host\":\"10.0.0.7\",\"port\":9380}");
    ApiServer.Answer answer =
        server.post("/v1/forward/arbiter", "{\"header\":{\"ENDPOINT\":\"/v1/a|b\"}}");
    assertThat(answer.at("/retmsg").asText())
        .isEqualTo("ValueError('ENDPOINT must be a plain path')");
  }

  @Test
  void forward_noAnswerOrNoRoom_saysNoMore() {
    ApiServer server = server(builder -> builder.forward(Set.of("arbiter")));
    register(server, "arbiter", "{\"host\":\"10.0.0.7\",\"port\":9380}");
    transport.fail().full();
    for (int request = 0; request < 2; request++) {
      assertJson(
          forward(server, "arbiter"),
          "{\"retcode\":104,\"retmsg\":\"Federated schedule error, Exception('no answer')\"}");
    }
    assertThat(transport.requests()).hasSize(2);
  }

  @Test
  void forward_answerTruncated_isNotPassedOn() {
    ApiServer server = server(builder -> builder.forward(Set.of("arbiter")));
    register(server, "arbiter", "{\"host\":\"10.0.0.7\",\"port\":9380}");
    transport.truncate(200, "{\"retcode\":0}   ");
    assertJson(
        forward(server, "arbiter"),
        "{\"retcode\":104,\"retmsg\":\"Federated schedule error, Exception('the answer is too"
            + " long, status code 200')\"}");
  }

  @Test
  void forward_signed_notForWhoeverComesAlong() {
    ApiServer server =
        server(
            AdminAuthenticator.token("administrator"),
            builder -> builder.siteGate().forward(Set.of("arbiter")));
    assertThat(forward(server, "arbiter").status()).isEqualTo(401);
    assertThat(transport.requests()).isEmpty();
  }
}
