package dev.gatehouse.transport.http.api;

import static org.assertj.core.api.Assertions.assertThat;

import dev.gatehouse.json.Json;
import dev.gatehouse.permission.FatePermissions;
import dev.gatehouse.signing.FateSiteScheme;
import dev.gatehouse.signing.Key;
import dev.gatehouse.signing.KeyMaterial;
import dev.gatehouse.signing.Signer;
import dev.gatehouse.transport.Request;
import java.net.URI;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Jobs of other sites over FATE Flow's interface: their signatures, permissions and bodies. */
class FateJobsTest extends FateFlowOverHttp {
  private static final String JOB =
      "{\"dsl\":{\"components\":{\"reader_0\":{\"module\":\"Reader\"},"
          + "\"dataio_0\":{\"module\":\"DataIO\"}}},\"roles\":{\"guest\":[10000],\"host\":[9998]},"
          + "\"initiator_role\":\"guest\",\"initiator_party_id\":9999,"
          + "\"runtime_conf\":{\"component_parameters\":{\"role\":{\"guest\":{\"0\":{\"reader_0\":"
          + "{\"table\":{\"name\":\"breast\",\"namespace\":\"experiment\"}}}},\"host\":{\"0\":"
          + "{\"reader_0\":{\"table\":{\"name\":\"other\",\"namespace\":\"experiment\"}}}}}}}}";

  @Test
  void a15_a16_siteHook_refusesOrFails_jobNotTaken() {
    ApiServer server = server(builder -> builder.hookServer("hooks").siteGate());
    assertJson(
        server.post(PARTY, "{}"),
        "{\"retcode\":100,\"retmsg\":\"Exception('site authentication error: no found server hooks"
            + " service site_authentication')\"}");
    hook(server, "site_authentication");
    transport.answer(200, "{\"code\":7,\"msg\":\"bad sig\"}");
    assertJson(server.post(PARTY, "{}"), "{\"retcode\":7,\"retmsg\":\"bad sig\"}");
    for (int status : new int[] {500, 201}) {
      transport.answer(status, "{\"code\":0}");
      assertJson(
          server.post(PARTY, "{}"),
          "{\"retcode\":100,\"retmsg\":\"Exception('site authentication error: request"
              + " site_authentication url failed, status code "
              + status
              + "')\"}");
    }
    for (String answer : List.of("{\"code\":\"0\"}", "{\"code\":false}", "{}", "{\"msg\":\"x\"}")) {
      transport.answer(200, answer);
      assertThat(server.post(PARTY, "{}").at("/retcode").asInt()).isEqualTo(109);
    }
    transport.answer(200, "{\"code\":7}");
    assertJson(server.post(PARTY, "{}"), "{\"retcode\":7}");
    transport.answer(200, "success");
    assertThat(server.post(PARTY, "{}").at("/retcode").asInt()).isEqualTo(100);
    transport.fail();
    assertThat(server.post(PARTY, "{}").at("/retcode").asInt()).isEqualTo(100);
    assertThat(jobs).isEmpty();
    transport.answer(200, "{\"code\":0}");
    assertJson(
        server.post(PARTY, "{\"b\":1,\"a\":2}", "SRC-PARTY-ID", "10001", "SITE_SIGNATURE", "sig"),
        SUCCESS);
    assertThat(text(transport.lastRequest()))
        .isEqualTo(
            "{\"src_party_id\":\"10001\",\"site_signature\":\"sig\",\"body\":{\"b\":1,\"a\":2}}");
    assertThat(jobs).hasSize(1);
  }

  private FatePermissions permissions() {
    return FatePermissions.of(storage, gatehouse.permissions());
  }

  @Test
  void a19_permissionHook_deniesOrLetsPass() {
    ApiServer server = server(builder -> builder.hookServer("hooks").permissions(permissions()));
    hook(server, "permission");
    transport.answer(200, "{\"code\":2,\"msg\":\"nope\"}");
    assertJson(
        server.post(PARTY, JOB, "SRC-PARTY-ID", "9999"),
        "{\"data\":{\"code\":2,\"message\":\"nope\"},\"retcode\":108,"
            + "\"retmsg\":\"permission check failed\"}");
    assertThat(text(transport.lastRequest()))
        .isEqualTo(
            "{\"src_role\":null,\"src_party_id\":\"9999\",\"role\":\"guest\","
                + "\"party_id\":\"10000\",\"initiator\":{\"role\":\"guest\",\"party_id\":9999},"
                + "\"roles\":{\"guest\":[10000],\"host\":[9998]},"
                + "\"component_list\":[\"reader\",\"dataio\"],"
                + "\"dataset_list\":[{\"namespace\":\"experiment\",\"name\":\"breast\"}],"
                + "\"run_time_conf\":{\"component_parameters\":{\"role\":{\"guest\":{\"0\":"
                + "{\"reader_0\":{\"table\":{\"name\":\"breast\",\"namespace\":\"experiment\"}}}},"
                + "\"host\":{\"0\":{\"reader_0\":{\"table\":{\"name\":\"other\",\"namespace\":"
                + "\"experiment\"}}}}}}},"
                + "\"dsl\":{\"components\":{\"reader_0\":{\"module\":\"Reader\"},"
                + "\"dataio_0\":{\"module\":\"DataIO\"}}},"
                + "\"component_parameters\":{\"reader\":[{\"table\":{\"name\":\"breast\","
                + "\"namespace\":\"experiment\"}}],\"dataio\":[]}}");
    transport.answer(200, "{\"msg\":\"no code\"}");
    assertThat(server.post(PARTY, JOB).at("/retcode").asInt()).isEqualTo(108);
    assertThat(jobs).isEmpty();
    transport.answer(200, "{\"code\":0}");
    assertJson(server.post(PARTY, JOB), SUCCESS);
    assertThat(jobs).hasSize(1);
  }

  @Test
  void a19_hookWithoutMessage_noneInTheAnswer() {
    ApiServer server = server(builder -> builder.hookServer("hooks").permissions(permissions()));
    hook(server, "permission");
    transport.answer(200, "{\"code\":9}");
    assertJson(
        server.post(PARTY, JOB),
        "{\"data\":{\"code\":9},\"retcode\":108,\"retmsg\":\"permission check failed\"}");
  }

  @ParameterizedTest
  @ValueSource(strings = {"guest/10000", "guest/0", "local/9999", "local/0", "guest/9999"})
  void permission_anotherParty_isNeverExempt(String place) {
    ApiServer server = server(builder -> builder.permissions(permissions()));
    String path = "/v1/party/j1/" + place + "/create";
    assertThat(server.post(path, JOB, "SRC-PARTY-ID", "10000").at("/retcode").asInt())
        .isEqualTo(108);
    assertThat(jobs).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(strings = {"guest/9999", "guest/0", "local/9999"})
  void permission_ownParty_isExempt(String place) {
    ApiServer server = server(builder -> builder.permissions(permissions()));
    String path = "/v1/party/j1/" + place + "/create";
    assertJson(server.post(path, JOB, "SRC-PARTY-ID", "9999"), SUCCESS);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "null",
        "garbage",
        "[]",
        "{\"dsl\":{},\"job_dsl\":{\"components\":{\"x\":{\"module\":\"evil\"}}}}",
        "{\"dsl\":\"{}\"}",
        "{\"dsl\":null,\"f_dsl\":{}}",
        "{\"dsl\":{\"components\":[{\"module\":\"evil\"}]}}",
        "{\"dsl\":{\"components\":{\"x\":{\"module\":[\"evil\"]}}}}",
        "{\"dsl\":{},\"runtime_conf\":5}",
        "{\"runtime_conf\":{},\"run_time_conf\":{}}",
        "{\"roles\":[]}"
      })
  void job_thatReadsInTwoWays_retcode100(String body) {
    ApiServer server = server(builder -> builder.permissions(permissions()));
    assertThat(server.post(PARTY, body, "SRC-PARTY-ID", "10000").at("/retcode").asInt())
        .isEqualTo(100);
    assertThat(jobs).isEmpty();
  }

  @Test
  void job_beyondTheLimitsOfJson_retcode100_asJudgedOtherwise() {
    ApiServer server = server();
    String deep = "{\"x\":" + "[".repeat(70) + "]".repeat(70) + ",\"dsl\":{}}";
    assertThat(server.post(PARTY, deep).at("/retcode").asInt()).isEqualTo(100);
    assertThat(jobs).isEmpty();
    assertJson(server.post(PARTY, "{\"b\":1.10, \"dsl\":{\"k\":1}, \"dsl\":{}}"), SUCCESS);
    assertThat(jobs.get(0).body()).isEqualTo("{\"b\":1.10,\"dsl\":{}}");
  }

  @Test
  void siteHook_partyNotNamed_isToldOfThisOne() {
    ApiServer server = server(builder -> builder.hookServer("hooks").siteGate());
    hook(server, "site_authentication");
    for (String[] headers :
        List.of(
            new String[0], new String[] {"SRC-PARTY-ID", ""}, new String[] {"SRC_PARTY_ID", "0"})) {
      transport.answer(200, "{\"code\":0}");
      assertJson(server.post(PARTY, "{}", headers), SUCCESS);
      assertThat(told().path("src_party_id").asText()).isEqualTo("9999");
    }
  }

  @Test
  void a21_siteSignature_overReadJson_notOverReorderedKeys() {
    ApiServer server = server(FateFlowApi.Builder::siteGate);
    KeyMaterial pair = KeyMaterial.generate(Key.Algorithm.RSA_PKCS1_SHA256);
    String key = Json.write(Json.object().put("party_id", 7).put("key", pair.publicPart().toPem()));
    assertThat(server.post("/v1/key/public/save", key).at("/data").asText())
        .isEqualTo("save success");
    assertThat(server.post("/v1/key/public/save", key).at("/data").asText())
        .isEqualTo("update success");
    Signer signer = Signer.of("7", pair, FateSiteScheme.create("7"), clock);
    Request request =
        Request.post(URI.create(PARTY), "{\"b\":1 ,\"a\":\"中/文\\\"\"}").header("SRC-PARTY-ID", "7");
    String signature = signer.sign(request).headers().first("SITE-SIGNATURE").orElseThrow();
    String[] headers = {"SRC-PARTY-ID", "7", "SITE-SIGNATURE", signature};
    assertJson(server.post(PARTY, "{\"b\": 1, \"a\": \"\\u4e2d/\\u6587\\\"\"}", headers), SUCCESS);
    for (String changed : List.of("{\"b\":2,\"a\":\"中/文\\\"\"}", "{\"a\":\"中/文\\\"\",\"b\":1}")) {
      assertJson(
          server.post(PARTY, changed, headers),
          "{\"retcode\":109,\"retmsg\":\"authentication failed\"}");
    }
    Request empty = Request.post(URI.create(PARTY), "").header("SRC-PARTY-ID", "7");
    headers[3] = signer.sign(empty).headers().first("SITE-SIGNATURE").orElseThrow();
    // Verified over null, and then no job.
    assertThat(server.post(PARTY, "", headers).at("/retmsg").asText()).contains("JSON object");
    assertJson(server.post("/v1/key/public/delete", "{\"party_id\":\"7\"}"), SUCCESS);
    assertJson(
        server.post(PARTY, "", headers),
        "{\"retcode\":100,\"retmsg\":\"Exception('signature error: no found party id 7 public"
            + " key')\"}");
    assertThat(server.post(PARTY, "", "SRC-PARTY-ID", "7").at("/retcode").asInt()).isEqualTo(100);
    assertJson(server.post("/v1/key/public/delete", "{\"party_id\":\"7\"}"), SUCCESS);
  }

  @Test
  void a23_grants_ofComponentsAndDatasets() {
    ApiServer server = server(builder -> builder.permissions(permissions()));
    assertJson(
        server.post("/v1/permission/grant", "{\"party_id\":9999,\"component\":\"reader, dataio\"}"),
        SUCCESS);
    assertJson(
        server.post("/v1/permission/query", "{\"party_id\":\"9999\"}"),
        "{\"data\":{\"component\":[\"reader\",\"dataio\"],\"dataset\":[]},"
            + "\"retcode\":0,\"retmsg\":\"success\"}");
    assertJson(
        server.post(PARTY, JOB, "SRC-PARTY-ID", "9999"),
        "{\"data\":{\"code\":3,\"message\":\"check dataset permission failed: {\\\"name\\\":"
            + " \\\"breast\\\", \\\"namespace\\\": \\\"experiment\\\"}\"},\"retcode\":108,"
            + "\"retmsg\":\"permission check failed\"}");
    String dataset =
        "{\"party_id\":9999,\"dataset\":{\"name\":\"breast\",\"namespace\":\"experiment\"}}";
    assertJson(server.post("/v1/permission/grant", dataset), SUCCESS);
    assertJson(server.post(PARTY, JOB, "SRC-PARTY-ID", "9999"), SUCCESS);
    assertJson(
        server.post("/v1/permission/delete", "{\"party_id\":9999,\"component\":\"dataio\"}"),
        SUCCESS);
    assertThat(server.post(PARTY, JOB, "SRC-PARTY-ID", "9999").at("/data/code").asInt())
        .isEqualTo(2);
    assertThat(jobs).hasSize(1);
  }

  /** It can be granted to nobody, so that is a denial and no fault, whatever else is granted. */
  @ParameterizedTest
  @ValueSource(strings = {"a/b", "b;r", "%2e", "*"})
  void datasetWhoseNameCannotBeGranted_code3(String name) {
    ApiServer server = server(builder -> builder.permissions(permissions()));
    String all = "{\"party_id\":9999,\"component\":\"*\",\"dataset\":\"*\"}";
    assertJson(server.post("/v1/permission/grant", all), SUCCESS);
    assertJson(
        server.post(PARTY, JOB.replace("breast", name), "SRC-PARTY-ID", "9999"),
        "{\"data\":{\"code\":3,\"message\":\"check dataset permission failed: {\\\"name\\\": \\\""
            + name
            + "\\\", \\\"namespace\\\": \\\"experiment\\\"}\"},\"retcode\":108,"
            + "\"retmsg\":\"permission check failed\"}");
    assertThat(jobs).isEmpty();
    assertJson(server.post(PARTY, JOB, "SRC-PARTY-ID", "9999"), SUCCESS);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "{}|101|required argument are missing: party_id; ",
        "{\"party_id\":1,\"component\":\"No-Such\"}|100|ValueError(\"permission type component value ['No-Such'] error\")",
        "{\"party_id\":1,\"dataset\":\"abc\"}|100|ValueError('permission type dataset value abc error')",
        "{\"party_id\":1,\"dataset\":{\"name\":\"n\"}}|100|ValueError('name n or namespace  is null')",
        "{\"party_id\":1,\"component\":\"a\",\"is_delete\":true}|100|ValueError('is_delete is not taken: use the other route')"
      },
      quoteCharacter = '`',
      ignoreLeadingAndTrailingWhitespace = false)
  void a23_grant_brokenRules_nothingGranted(String body, int retcode, String retmsg) {
    ApiServer server = server(builder -> builder.permissions(permissions()));
    ApiServer.Answer answer = server.post("/v1/permission/grant", body);
    assertThat(answer.json())
        .isEqualTo(Json.object().put("retcode", retcode).put("retmsg", retmsg));
    assertThat(permissions().query("1").components()).isEmpty();
  }

  @Test
  void permissionSwitchOff_allThreeRoutesSaySo() {
    ApiServer server = server();
    for (String route : List.of("grant", "delete", "query")) {
      assertJson(
          server.post("/v1/permission/" + route, "{\"party_id\":1}"),
          "{\"retcode\":100,\"retmsg\":\"Exception('No permission controller is found, please check"
              + " whether the switch of permission control is turned on')\"}");
    }
  }

  @Test
  void oldVersion_incompatible() {
    assertThat(server().post(PARTY, "{}", "SRC-FATE-VER", "1.6.0").text())
        .isEqualTo(
            "{\"data\":{\"current_fate_ver\":\"1.11.2\",\"src_fate_ver\":\"1.6.0\"},"
                + "\"retcode\":107,\"retmsg\":\"Incompatible FATE versions\"}\n");
    assertThat(server().post(PARTY, "{}", "SRC-FATE-VER", "1.7.0").at("/retcode").asInt()).isZero();
  }
}
