package dev.gatehouse.storage.jdbc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.gatehouse.Gatehouse;
import dev.gatehouse.audit.AuditQuery;
import dev.gatehouse.audit.AuditRecord;
import dev.gatehouse.error.AuthenticationException;
import dev.gatehouse.error.NotFoundException;
import dev.gatehouse.registry.Application;
import dev.gatehouse.signing.Key;
import dev.gatehouse.signing.StoredKey;
import dev.gatehouse.storage.Storage;
import dev.gatehouse.storage.memory.MemoryStorage;
import dev.gatehouse.testing.fixture.ManualClock;
import dev.gatehouse.transport.Request;
import java.net.URI;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.function.Function;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** A removed application's keys are gone with it, whatever keeps them. */
class RemovedApplicationTest {
  private static final Request REQUEST = Request.post(URI.create("https://h.example/"), "{}");

  private final ManualClock clock = new ManualClock(Instant.parse("2030-01-01T00:00:00Z"));

  /** A place to keep things in. */
  private interface Place extends Function<ManualClock, Storage> {}

  static Stream<Place> places() {
    return Stream.of(MemoryStorage::create, H2::memory, Postgres::storage);
  }

  private Gatehouse gatehouse(Storage storage) {
    return Gatehouse.builder().storage(storage).clock(clock).build();
  }

  private static Request signed(Gatehouse gatehouse, Application application) {
    return gatehouse.signer(application).sign(REQUEST).addTo(REQUEST);
  }

  private static List<Key.State> states(Storage storage, Application application) {
    return storage.keys().page(application.id(), Long.MAX_VALUE, 10).stream()
        .map(stored -> stored.key().state())
        .toList();
  }

  private static void assertRefused(Gatehouse gatehouse, Request request) {
    assertThatThrownBy(() -> gatehouse.verifier().verify(request))
        .isInstanceOf(AuthenticationException.class)
        .extracting(e -> ((AuthenticationException) e).reason())
        .isEqualTo(AuthenticationException.Reason.SIGNATURE);
  }

  @ParameterizedTest
  @MethodSource("places")
  void remove_withTwoKeys_refusesAtOnceAndWipesBoth(Place place) {
    Storage storage = place.apply(clock);
    try (Gatehouse gatehouse = gatehouse(storage)) {
      Application billing = gatehouse.registry().register(Application.named("billing"));
      Request byOldKey = signed(gatehouse, billing);
      gatehouse.keys().rotate(billing.id(), Duration.ofDays(1));
      gatehouse.verifier().verify(signed(gatehouse, billing));
      Request byNewKey = signed(gatehouse, billing);
      gatehouse.registry().removeApplication("billing");
      assertRefused(gatehouse, byOldKey);
      assertRefused(gatehouse, byNewKey);
      assertThat(states(storage, billing))
          .containsExactly(Key.State.DESTROYED, Key.State.DESTROYED);
      assertThat(storage.keys().page(billing.id(), Long.MAX_VALUE, 10))
          .extracting(StoredKey::material)
          .containsOnly(new byte[0]);
      assertThatThrownBy(() -> signed(gatehouse, billing)).isInstanceOf(NotFoundException.class);
      assertThat(
              gatehouse
                  .audit()
                  .find(
                      AuditQuery.between(Instant.EPOCH, clock.instant().plusSeconds(1))
                          .maxSize(100))
                  .records())
          .extracting(AuditRecord::content)
          .contains("Application 'billing' removed")
          .filteredOn(content -> content.endsWith(" destroyed"))
          .hasSize(2);
    }
  }

  @ParameterizedTest
  @MethodSource("places")
  void remove_nameTakenAgain_oldSignatureIsNotTheNewOnes(Place place) {
    try (Gatehouse gatehouse = gatehouse(place.apply(clock))) {
      Application old = gatehouse.registry().register(Application.named("billing"));
      Request byOld = signed(gatehouse, old);
      gatehouse.registry().removeApplication("billing");
      Application next = gatehouse.registry().register(Application.named("billing"));
      assertThat(next.id()).isNotEqualTo(old.id());
      assertRefused(gatehouse, byOld);
      assertThat(gatehouse.verifier().verify(signed(gatehouse, next)).application())
          .isEqualTo(next);
    }
  }

  @ParameterizedTest
  @MethodSource("places")
  void remove_rolledBack_restoresAll(Place place) {
    Storage storage = place.apply(clock);
    try (Gatehouse gatehouse = gatehouse(storage)) {
      Application billing = gatehouse.registry().register(Application.named("billing"));
      Request signed = signed(gatehouse, billing);
      assertThatThrownBy(
              () ->
                  gatehouse.inTransaction(
                      joined -> {
                        joined.registry().removeApplication("billing");
                        assertThat(joined.keys().keys(billing.id(), Long.MAX_VALUE, 10))
                            .extracting(Key::state)
                            .containsExactly(Key.State.DESTROYED);
                        throw new IllegalStateException("rolled back on purpose");
                      }))
          .hasMessage("rolled back on purpose");
      assertThat(states(storage, billing)).containsExactly(Key.State.ENABLED);
      assertThat(gatehouse.verifier().verify(signed).application()).isEqualTo(billing);
      gatehouse.verifier().verify(signed(gatehouse, billing));
    }
  }

  @ParameterizedTest
  @MethodSource("places")
  void remove_inTransaction_refusedOnceItCommits(Place place) {
    try (Gatehouse gatehouse = gatehouse(place.apply(clock))) {
      Application billing = gatehouse.registry().register(Application.named("billing"));
      gatehouse.verifier().verify(signed(gatehouse, billing));
      Request signed = signed(gatehouse, billing);
      gatehouse.inTransaction(
          joined -> {
            joined.registry().removeApplication("billing");
            return null;
          });
      assertRefused(gatehouse, signed);
    }
  }
}
