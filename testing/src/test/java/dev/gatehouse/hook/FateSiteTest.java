package dev.gatehouse.hook;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.gatehouse.Gatehouse;
import dev.gatehouse.error.AuthenticationException;
import dev.gatehouse.error.NotFoundException;
import dev.gatehouse.registry.Server;
import dev.gatehouse.registry.Service;
import dev.gatehouse.signing.Key;
import dev.gatehouse.signing.KeyMaterial;
import dev.gatehouse.storage.memory.MemoryStorage;
import dev.gatehouse.testing.fixture.RecordingTransport;
import dev.gatehouse.transport.Headers;
import dev.gatehouse.transport.Request;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What one site sends, and another lets in; one pair of keys for all, for they take their time. */
final class FateSiteTest {
  private static final URI PATH = URI.create("http://host.example/v1/party/1/host/10000/create");

  private static final RecordingTransport transport = RecordingTransport.create();
  private static final Gatehouse guest =
      Gatehouse.builder().storage(MemoryStorage.create()).transport(transport).build();
  private static final Gatehouse host = Gatehouse.builder().storage(MemoryStorage.create()).build();
  private static final FateSite guestSite = guest.site("9999");
  private static final FateSite hostSite = host.site("10000");

  @BeforeAll
  static void exchangeKeys() {
    host.siteKeys("10000").save("9999", sent(guest.siteKeys("9999").own()));
    guest.siteKeys("9999").save("10000", sent(host.siteKeys("10000").own()));
  }

  private static KeyMaterial sent(KeyMaterial key) {
    return KeyMaterial.ofPem(Key.Algorithm.RSA_PKCS1_SHA256, key.toPem());
  }

  @AfterAll
  static void close() {
    guest.close();
    host.close();
  }

  private static Request outbound(String json) {
    return guestSite.outbound(Request.post(PATH, json), "10000", "guest");
  }

  @Test
  void outbound_headersAreThoseBetweenSites() {
    Headers headers = outbound("{}").headers();
    assertThat(headers.first("SRC-PARTY-ID")).contains("9999");
    assertThat(headers.first("DEST-PARTY-ID")).contains("10000");
    assertThat(headers.first("SRC-ROLE")).contains("guest");
    assertThat(headers.first("SERVICE")).contains("fateflow");
    assertThat(headers.first("SRC-FATE-VER")).contains("1.11.2");
    assertThat(headers.first("User-Agent")).contains("fateflow/1.11.2");
    assertThat(headers.first("SITE-SIGNATURE").orElseThrow()).hasSize(344);
  }

  @Test
  void outbound_headersThatWereThere_areReplaced() {
    Request named = Request.post(PATH, "{}").header("src_party_id", "7").header("user-agent", "x");
    Headers headers = guestSite.outbound(named, "10000", "guest").headers();
    assertThat(headers.allAlike("SRC-PARTY-ID")).containsExactly("9999");
    assertThat(headers.all("User-Agent")).containsExactly("fateflow/1.11.2");
  }

  @Test
  void call_ofAPartnersServer_isLetInThereAndBack() {
    guest.registry().register(Server.named("partner").at("host.example", 80));
    guest.registry().register(Service.named("create").on("partner").uri("/v1/party"));
    guest
        .registry()
        .call("partner", "create", guestSite.call("10000", "guest", "{\"b\":1 ,\"a\":\"\u4e2d\"}"));
    FateSite.Caller caller = hostSite.admit(transport.lastRequest());
    assertThat(caller.party()).isEqualTo("9999");
    assertThat(caller.role()).isEqualTo("guest");
    assertThat(caller.version()).isEqualTo("1.11.2");
    Request back = hostSite.outbound(Request.post(PATH, ""), "9999", "host");
    assertThat(guestSite.admit(back).party()).isEqualTo("10000");
  }

  @Test
  void A21_changedValueOrReorderedKeys_areNotLetIn() {
    Request request = outbound("{\"b\":1 ,\"a\":\"\u4e2d/\u6587\\\"\"}");
    assertThat(hostSite.admit(request).party()).isEqualTo("9999");
    assertThat(
            hostSite
                .admit(
                    request.body(
                        "{ \"b\": 1, \"a\": \"\\u4e2d/\\u6587\\\"\"}"
                            .getBytes(StandardCharsets.UTF_8)))
                .party())
        .isEqualTo("9999");
    for (String body :
        List.of("{\"b\":2,\"a\":\"x\"}", "{\"a\":\"\u4e2d/\u6587\\\"\",\"b\":1}", "")) {
      refused(request.body(body.getBytes(StandardCharsets.UTF_8)));
    }
  }

  private static void refused(Request request) {
    refusedBy(hostSite, request);
  }

  private static void refusedBy(FateSite site, Request request) {
    assertThatThrownBy(() -> site.admit(request)).isInstanceOf(AuthenticationException.class);
  }

  private static Request without(Request request, String name) {
    List<Headers.Field> kept = new ArrayList<>(request.headers().fields());
    kept.removeIf(field -> field.name().equals(name));
    return Request.post(request.uri(), request.body()).headers(Headers.of(kept));
  }

  @ParameterizedTest
  @ValueSource(strings = {"SITE-SIGNATURE", "SRC-PARTY-ID"})
  void admit_withoutWhatProves_isRefused(String header) {
    refused(without(outbound("{}"), header));
  }

  @Test
  void admit_forAnotherSite_isRefused() {
    assertThatThrownBy(
            () -> hostSite.admit(guestSite.outbound(Request.post(PATH, "{}"), "10001", "guest")))
        .isInstanceOf(AuthenticationException.class)
        .hasMessage("dest_party_id must be 10000, was '10001'");
    refused(outbound("{}").header("dest_party_id", "10000"));
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "0", "9999"})
  void admit_ofWhatTheSiteItselfSigned_isRefusedUnlessItSaysSo(String party) {
    Request sentBack = without(without(outbound("{}"), "SRC-PARTY-ID"), "DEST-PARTY-ID");
    Request named = party.isEmpty() ? sentBack : sentBack.header("SRC-PARTY-ID", party);
    Request addressed = named.header("DEST-PARTY-ID", "9999");
    assertThatThrownBy(() -> guestSite.admit(addressed))
        .isInstanceOf(AuthenticationException.class)
        .hasMessage("src_party_id must be another site's, was this site's own, 9999");
    assertThat(guestSite.admittingOwn().admit(addressed).party()).isEqualTo("9999");
    assertThat(guestSite.admittingOwn().admit(named).party()).isEqualTo("9999");
  }

  @Test
  void admit_withoutADestination_isRefusedUnlessTheSiteSaysSo() {
    Request request = without(outbound("{}"), "DEST-PARTY-ID");
    assertThatThrownBy(() -> hostSite.admit(request))
        .isInstanceOf(AuthenticationException.class)
        .hasMessage("dest_party_id must be 10000, was ''");
    assertThat(hostSite.admittingOwn().admit(request).party()).isEqualTo("9999");
    refusedBy(
        hostSite.admittingOwn(), guestSite.outbound(Request.post(PATH, "{}"), "10001", "guest"));
  }

  @Test
  void admit_ofAStrangerOrAfterItsKeyIsGone_isRefused() {
    Request request = outbound("{}");
    refused(request.header("src-party-id", "10002"));
    host.siteKeys("10000").delete("9999");
    refused(request);
    host.siteKeys("10000").save("9999", sent(guest.siteKeys("9999").own()));
    assertThat(hostSite.admit(request).party()).isEqualTo("9999");
  }

  @Test
  void admit_roleUnderTheNameThatFateReads_isTaken() {
    Request request = without(outbound("{}"), "SRC-ROLE").header("scr_role", "arbiter");
    assertThat(hostSite.admit(request).role()).isEqualTo("arbiter");
  }

  @Test
  void outbound_withoutAKey_namesWhatIsMissing() {
    assertThatThrownBy(() -> guest.site("7").outbound(Request.post(PATH, "{}"), "10000", "guest"))
        .isInstanceOf(NotFoundException.class)
        .hasMessage("no application '7' is registered");
    assertThatThrownBy(() -> outbound("not JSON"))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("body must be JSON, or empty");
    assertThatThrownBy(() -> guestSite.outbound(outbound("{}"), "10000", "guest"))
        .isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void A13andA14_call_hookSigns_goesOutWithIt_elseNothingIsSent() {
    guest.registry().register(Server.named("third").at("third.example", 80));
    guest.registry().register(Service.named("signature").on("third").uri("/s"));
    guest.registry().register(Server.named("partner").at("host.example", 80));
    guest.registry().register(Service.named("create").on("partner").uri("/v1/party"));
    Hooks hooks = Hooks.create(guest.registry(), transport, "third", "9999");
    FateSite hooked = FateSite.create("9999", hooks.signer(), hooks.siteVerifier());
    int before = transport.requests().size();
    transport.answer(200, "{\"code\":1,\"msg\":\"e\"}");
    assertThatThrownBy(
            () -> guest.registry().call("partner", "create", hooked.call("10000", "guest", "{}")))
        .isInstanceOf(HookException.class);
    assertThat(transport.requests()).hasSize(before + 1);
    transport.answer(200, "{\"code\":0,\"data\":\"S1\"}");
    guest.registry().call("partner", "create", hooked.call("10000", "guest", "{\"k\":1}"));
    assertThat(transport.lastRequest().headers().first("SITE-SIGNATURE")).contains("S1");
    assertThat(transport.lastRequest().headers().all("SRC-PARTY-ID")).containsExactly("9999");
  }
}
