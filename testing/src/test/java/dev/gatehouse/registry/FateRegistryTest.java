package dev.gatehouse.registry;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.gatehouse.error.NotFoundException;
import dev.gatehouse.registry.RegistryOptions.Addressing;
import dev.gatehouse.registry.ServiceQuery.Column;
import dev.gatehouse.storage.memory.MemoryStorage;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * FATE Flow's acceptance cases as far as they are the registry's; words and forms are the wire's.
 */
final class FateRegistryTest {
  private final MemoryStorage storage = MemoryStorage.create();
  private final Node node = new Node(storage);
  private final Registry registry =
      Registry.create(
          storage.registry(),
          storage,
          node.audit.log(),
          node,
          node.options().addressing(Addressing.AT_REGISTRATION));

  @Test
  void A1_A2_server_foundWhateverTheCase() {
    registry.register(Server.named("mysvr").at("127.0.0.1", 8080));
    Server found = registry.server("MySvr");
    assertThat(found.host()).isEqualTo("127.0.0.1");
    assertThat(found.port()).isEqualTo(8080);
    assertThat(registry.findServer("nosuch")).isEmpty();
  }

  @Test
  void A3_serverRegisteredAgain_onlyTheNewAddress() {
    registry.register(Server.named("mysvr").at("127.0.0.1", 8080).protocol("https").weight(1));
    registry.register(Server.named("mysvr").at("10.0.0.3", 1));
    Server found = registry.server("mysvr");
    assertThat(found.toString()).isEqualTo("Server 'mysvr' http://10.0.0.3:1");
    assertThat(found.weight()).isEqualTo(100);
    assertThat(registry.servers("", 10)).hasSize(1);
  }

  @Test
  void A5_service_oneRowWithUrlMethodAndEmptyObjects() {
    registry.register(Server.named("mysvr").at("10.0.0.3", 1));
    registry.register(Service.named("upload").on("mysvr").uri("/upload"));
    List<LocatedService> found =
        registry.services(ServiceQuery.where(Column.SERVICE, List.of("upload")));
    assertThat(found).hasSize(1);
    LocatedService row = found.get(0);
    assertThat(row.url()).isEqualTo("http://10.0.0.3:1/upload");
    assertThat(row.service().method()).isEqualTo("POST");
    assertThat(row.service().params()).isEqualTo("{}");
    assertThat(row.service().data()).isEqualTo("{}");
    assertThat(row.service().headers().fields()).isEmpty();
    assertThat(row.service().server()).isEqualTo("mysvr");
  }

  /** As typed is how FATE shows a name; alike is what it compares, which upstream leaves open. */
  @Test
  void service_sameNamesInOtherCase_oneRow() {
    registry.register(Server.named("mysvr").at("h", 1));
    registry.register(
        Service.named("upload").on("mysvr").uri("/a").method("GET").data("{\"a\":1}"));
    registry.register(Service.named("upload").on("MYSVR").uri("/b"));
    List<LocatedService> found =
        registry.services(ServiceQuery.where(Column.SERVER, List.of("mysvr")));
    assertThat(found).hasSize(1);
    assertThat(found.get(0).service().server()).isEqualTo("MYSVR");
    assertThat(found.get(0).service().method()).isEqualTo("POST");
    assertThat(found.get(0).service().data()).isEqualTo("{}");
  }

  @Test
  void A7_serviceOfUnknownServer_refused() {
    assertThatThrownBy(() -> registry.register(Service.named("upload").on("nosrv").uri("/u")))
        .isInstanceOf(NotFoundException.class)
        .hasMessage("no server 'nosrv' is registered");
  }

  @Test
  void A8_serviceWithoutUriOrOfAnotherForm_refusedByName() {
    assertThatThrownBy(() -> Service.named("upload").on("mysvr").uri(null))
        .isInstanceOf(NullPointerException.class)
        .hasMessage("uri");
    assertThatThrownBy(() -> Service.named("upload").on("mysvr").uri("nolead"))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageStartingWith("uri must");
  }

  @Test
  void A9_queryForWhatIsNotThere_empty() {
    assertThat(registry.services(ServiceQuery.where(Column.SERVICE, List.of("none")))).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(strings = {"service", "VERSION", "FateFlow", "fate_on_eggroll", "fate_on_spark"})
  void server_reservedName_refused(String name) {
    assertThatThrownBy(() -> Server.named(name))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("server name must not be reserved, was '" + name + "'");
  }

  @Test
  void server_emptyNameOrPortOutOfRange_refused() {
    assertThatThrownBy(() -> Service.named("n").on(""))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> Server.named("s").at("h", 0))
        .hasMessage("port must be in 1..65535, was 0");
    assertThatThrownBy(() -> Server.named("s").at("h", 65_536))
        .hasMessage("port must be in 1..65535, was 65536");
  }
}
