package dev.gatehouse.registry;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.gatehouse.Gatehouse;
import dev.gatehouse.error.AuthenticationException;
import dev.gatehouse.error.DeniedException;
import dev.gatehouse.signing.KeyRing;
import dev.gatehouse.storage.memory.MemoryStorage;
import java.time.Duration;
import java.util.List;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What an application may register with its key: its own, and nobody else's. */
final class AttachedRegistryTest {
  private final Gatehouse gatehouse = Gatehouse.builder().storage(MemoryStorage.create()).build();
  private final Registry registry = gatehouse.registry();
  private final Application billing = registry.register(Application.named("billing"));
  private final Application rival = registry.register(Application.named("rival"));

  @AfterEach
  void close() {
    gatehouse.close();
  }

  private Registry as(Application application) {
    return registry.attachedBy(application.appKey(), application.secret().orElseThrow());
  }

  @Test
  void attached_ownServer_registeredChangedAndRemoved() {
    Registry own = as(billing);
    Server server = own.register(Server.named("s").at("h", 1));
    assertThat(server.owner()).hasValue(billing.id());
    own.register(Service.named("n").on("s").uri("/"));
    Instance instance = own.register(Instance.on("s").at("a", 1).lease(Duration.ofSeconds(30)));
    own.renew(instance);
    own.release(instance);
    assertThat(registry.resolve("s", "n").uri()).hasToString("http://h:1/");
    own.removeService("s", "n");
    own.removeServer("s");
    assertThat(registry.findServer("s")).isEmpty();
  }

  @Test
  void attached_anothersServer_deniedWhateverTheChange() {
    as(rival).register(Server.named("s").at("h", 1));
    Instance theirs = as(rival).register(Instance.on("s").at("a", 1).lease(Duration.ofSeconds(30)));
    as(rival).register(Service.named("n").on("s").uri("/"));
    registry.register(Server.named("hosts").at("h", 1));
    Registry own = as(billing);
    denied(() -> own.register(Server.named("S").at("evil", 1)));
    denied(() -> own.register(Server.named("hosts").at("evil", 1)));
    denied(() -> own.register(Instance.on("s").at("evil", 1)));
    denied(() -> own.register(Service.named("n").on("s").uri("/evil")));
    denied(() -> own.renew(theirs));
    denied(() -> own.release(theirs));
    assertThatThrownBy(own::removeLapsed)
        .isInstanceOf(DeniedException.class)
        .hasMessage("an application must not remove what is another's");
    denied(() -> own.removeInstance("s", "a:1"));
    denied(() -> own.removeService("s", "n"));
    denied(() -> own.removeServer("s"));
    denied(
        () ->
            own.register(
                new Registration(
                    List.of(Server.named("mine").at("h", 1)),
                    List.of(),
                    List.of(Service.named("m").on("s").uri("/")))));
    assertThat(registry.findServer("mine")).isEmpty();
    assertThat(registry.server("s").host()).isEqualTo("h");
    assertThat(registry.instances("s")).contains(theirs);
  }

  @Test
  void attached_applications_denied() {
    Registry own = as(billing);
    assertThatThrownBy(() -> own.register(Application.named("billing").callback("http://evil/")))
        .isInstanceOf(DeniedException.class)
        .hasMessage("an application must not change applications");
    assertThatThrownBy(() -> own.removeApplication("rival")).isInstanceOf(DeniedException.class);
  }

  @Test
  void attachedBy_wrongSecretUnknownKeyOrDisabled_oneAndTheSameRefusal() {
    Secret secret = billing.secret().orElseThrow();
    unproven(() -> registry.attachedBy(billing.appKey(), rival.secret().orElseThrow()));
    unproven(() -> registry.attachedBy(billing.appKey() + "x", secret));
    unproven(() -> registry.attachedBy("'\u0000", secret));
    Registry own = as(billing);
    registry.register(billing.toDraft().status(Application.Status.DISABLED));
    unproven(() -> registry.attachedBy(billing.appKey(), secret));
    unproven(() -> own.register(Server.named("s").at("h", 1)));
    assertThat(registry.findServer("s")).isEmpty();
  }

  @Test
  void attached_secretRotatedOut_canChangeNothingMore() {
    Registry own = as(billing);
    own.register(Server.named("s").at("h", 1));
    Secret fresh = gatehouse.keys().rotate(billing.id(), Duration.ZERO);
    unproven(() -> own.removeServer("s"));
    registry.attachedBy(billing.appKey(), fresh).removeServer("s");
  }

  @Test
  void attached_secretOfAnotherPurpose_isNone() {
    KeyRing keys = gatehouse.keys();
    Secret webhook = Secret.of("webhook-secret-0123456789");
    keys.importKey(
        billing.id(),
        dev.gatehouse.signing.Key.Purpose.SITE,
        dev.gatehouse.signing.KeyMaterial.secret(
            dev.gatehouse.signing.Key.Algorithm.HMAC_SHA256,
            webhook.reveal().getBytes(java.nio.charset.StandardCharsets.US_ASCII)));
    unproven(() -> registry.attachedBy(billing.appKey(), webhook));
  }

  @Test
  void attached_serverChangedByTheHost_staysTheApplications() {
    as(billing).register(Server.named("s").at("h", 1));
    registry.register(Server.named("S").at("moved", 2));
    assertThat(registry.server("s").owner()).hasValue(billing.id());
    as(billing).removeServer("s");
  }

  @Test
  void removeApplication_withServers_removesThoseToo() {
    as(billing).register(Server.named("s").at("h", 1));
    as(rival).register(Server.named("t").at("h", 1));
    registry.removeApplication("billing");
    assertThat(registry.findServer("s")).isEmpty();
    assertThat(registry.findServer("t")).isPresent();
  }

  private static void denied(ThrowingCallable call) {
    assertThatThrownBy(call)
        .isInstanceOf(DeniedException.class)
        .hasMessageEndingWith("is not the application's");
  }

  private static void unproven(ThrowingCallable call) {
    assertThatThrownBy(call)
        .isInstanceOf(AuthenticationException.class)
        .hasMessage("the application's key or secret is not valid");
  }
}
