package dev.gatehouse.hook;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.gatehouse.Gatehouse;
import dev.gatehouse.error.AuthenticationException;
import dev.gatehouse.signing.FateSiteScheme;
import dev.gatehouse.signing.Key;
import dev.gatehouse.signing.KeyMaterial;
import dev.gatehouse.signing.Signer;
import dev.gatehouse.storage.memory.MemoryStorage;
import dev.gatehouse.transport.Request;
import java.net.URI;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Two sites exchange keys, and then prove themselves to each other. */
final class SiteKeysTest {
  private static final URI PATH = URI.create("/v1/party/1/host/10000/create");

  private final MemoryStorage guestStorage = MemoryStorage.create();
  private final MemoryStorage hostStorage = MemoryStorage.create();
  private final Gatehouse guest = Gatehouse.builder().storage(guestStorage).build();
  private final Gatehouse host = Gatehouse.builder().storage(hostStorage).build();
  private final SiteKeys guestKeys =
      SiteKeys.create(guestStorage, guest.registry(), guest.keys(), "9999");
  private final SiteKeys hostKeys =
      SiteKeys.create(hostStorage, host.registry(), host.keys(), "10000");

  @AfterEach
  void close() {
    guest.close();
    host.close();
  }

  private static KeyMaterial sent(KeyMaterial key) {
    return KeyMaterial.ofPem(Key.Algorithm.RSA_PKCS1_SHA256, key.toPem());
  }

  @Test
  void exchanged_bothWays_eachIsProvenToTheOther() {
    hostKeys.save("9999", sent(guestKeys.own()));
    guestKeys.save("10000", sent(hostKeys.own()));
    assertThat(proven(guest, "9999", host, "10000")).isEqualTo("9999");
    assertThat(proven(host, "10000", guest, "9999")).isEqualTo("10000");
  }

  private static String proven(Gatehouse from, String party, Gatehouse to, String other) {
    Signer signer = from.signer(from.registry().application(party), FateSiteScheme.create(party));
    Request request = Request.post(PATH, "{\"b\": 1, \"a\": \"\u4e2d/\"}");
    return to.verifier(FateSiteScheme.create(other))
        .verify(signer.sign(request).addTo(request))
        .application()
        .name();
  }

  @Test
  void own_askedAgain_theSameAndPublicOnly() {
    KeyMaterial own = guestKeys.own();
    assertThat(own.toPem()).startsWith("-----BEGIN PUBLIC KEY-----");
    assertThat(guestKeys.own().toPem()).isEqualTo(own.toPem());
    assertThat(guestKeys.find("9999").map(KeyMaterial::toPem)).contains(own.toPem());
    assertThat(own.canSign()).isFalse();
  }

  @Test
  void save_another_theOldOneProvesNothingMore() {
    assertThat(hostKeys.save("9999", sent(guestKeys.own()))).isFalse();
    KeyMaterial fresh = KeyMaterial.generate(Key.Algorithm.RSA_PKCS1_SHA256).publicPart();
    assertThat(hostKeys.save("9999", fresh)).isTrue();
    assertThat(hostKeys.find("9999").map(KeyMaterial::toPem)).contains(fresh.toPem());
    assertThatThrownBy(() -> proven(guest, "9999", host, "10000"))
        .isInstanceOf(AuthenticationException.class);
  }

  @Test
  void delete_theirs_goneAndAbsentIsNoError() {
    hostKeys.save("9999", sent(guestKeys.own()));
    assertThat(hostKeys.isKnown("9999")).isTrue();
    hostKeys.delete("9999");
    assertThat(hostKeys.isKnown("9999")).isFalse();
    assertThat(hostKeys.isKnown("7")).isFalse();
    hostKeys.delete("9999");
    hostKeys.delete("7");
    assertThat(hostKeys.find("9999")).isEqualTo(Optional.empty());
  }

  @Test
  void save_ownPartyOrPrivateKeyOrOtherAlgorithm_refused() {
    KeyMaterial pair = KeyMaterial.generate(Key.Algorithm.RSA_PKCS1_SHA256);
    assertThatThrownBy(() -> hostKeys.save("10000", pair.publicPart()))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("party_id must not be this site's own");
    assertThatThrownBy(() -> hostKeys.delete("10000")).isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> hostKeys.save("9999", pair))
        .hasMessage("key must be a public key, was a private one");
    KeyMaterial other = KeyMaterial.generate(Key.Algorithm.ED25519).publicPart();
    assertThatThrownBy(() -> hostKeys.save("9999", other))
        .hasMessage("key must be for RSA_PKCS1_SHA256, was for ED25519");
    assertThat(hostKeys.find("9999")).isEmpty();
    assertThat(host.registry().findApplication("9999")).isEmpty();
  }
}
