package dev.gatehouse.storage.jdbc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.gatehouse.Gatehouse;
import dev.gatehouse.audit.AuditLog;
import dev.gatehouse.error.AuthenticationException;
import dev.gatehouse.error.AuthenticationException.Reason;
import dev.gatehouse.error.ConflictException;
import dev.gatehouse.error.StorageException;
import dev.gatehouse.registry.Application;
import dev.gatehouse.registry.Secret;
import dev.gatehouse.signing.IssuedKey;
import dev.gatehouse.signing.Key;
import dev.gatehouse.signing.KeyMaterial;
import dev.gatehouse.signing.KeyRing;
import dev.gatehouse.signing.MasterKey;
import dev.gatehouse.signing.NonceStore;
import dev.gatehouse.signing.NonceStore.Outcome;
import dev.gatehouse.signing.RetryHorizon;
import dev.gatehouse.signing.SerendipityScheme;
import dev.gatehouse.signing.Signer;
import dev.gatehouse.signing.Verifier;
import dev.gatehouse.storage.Storage;
import dev.gatehouse.testing.fixture.ManualClock;
import dev.gatehouse.transport.Request;
import java.lang.reflect.Proxy;
import java.net.URI;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What keys and nonces do only in a database: outlive a process, and be shared by several. */
class JdbcSigningTest {
  private static final long ID = 7;
  private static final int QUOTA = 1_000;
  private static final Secret SECRET = Secret.of("nE3wS8hYdL5uJ1fGk6oT0pCiVbMxWqRz");
  private static final Instant START = Instant.parse("2030-01-01T00:00:00Z");

  private static Outcome claim(NonceStore nonces, ManualClock clock, String nonce) {
    long now = clock.millis();
    return nonces.claim(ID, nonce, now + 600_000, now, QUOTA);
  }

  @Test
  void claim_beforeARestart_stillReplayed(@TempDir Path directory) {
    ManualClock clock = new ManualClock(START);
    Path file = directory.resolve("gatehouse");
    try (Storage before = JdbcStorage.h2(file)) {
      assertThat(claim(before.nonces(), clock, "nonce")).isEqualTo(Outcome.CLAIMED);
    }
    try (Storage after = JdbcStorage.h2(file)) {
      assertThat(claim(after.nonces(), clock, "nonce")).isEqualTo(Outcome.REPLAYED);
      assertThat(after.nonces().remembersSince()).isEqualTo(Instant.EPOCH);
    }
  }

  abstract static class OverDatabase {
    private final ManualClock clock = new ManualClock(START);
    private final DataSource database = newDataSource();
    private final AtomicLong ids = new AtomicLong();

    abstract DataSource newDataSource();

    private long count(String sql) throws SQLException {
      try (Connection connection = database.getConnection();
          ResultSet rows = connection.createStatement().executeQuery(sql)) {
        rows.next();
        return rows.getLong(1);
      }
    }

    private KeyRing keyRing(Storage storage) {
      return keyRing(storage, null);
    }

    private KeyRing keyRing(Storage storage, @Nullable MasterKey masterKey) {
      AuditLog audit =
          (AuditLog)
              Proxy.newProxyInstance(
                  AuditLog.class.getClassLoader(),
                  new Class<?>[] {AuditLog.class},
                  (proxy, method, arguments) ->
                      method.getName().equals("joining") ? proxy : arguments[0]);
      return KeyRing.create(
          new KeyRing.Configuration(
              storage.keys(),
              storage,
              ids::incrementAndGet,
              clock,
              audit,
              masterKey,
              RetryHorizon.NONE));
    }

    @Test
    void claim_onTwoNodes_oneWinsAndTheQuotaIsShared() {
      NonceStore one = JdbcStorage.of(database, clock).nonces();
      NonceStore other = JdbcStorage.of(database, clock).nonces();
      int claimed = 0;
      for (int i = 0; i < 2 * QUOTA; i++) {
        List<Outcome> outcomes =
            List.of(claim(one, clock, "nonce" + i), claim(other, clock, "nonce" + i));
        int winners = Collections.frequency(outcomes, Outcome.CLAIMED);
        assertThat(winners).as("claim %s", i).isLessThanOrEqualTo(1);
        claimed += winners;
      }
      assertThat(claimed).isBetween(QUOTA, QUOTA + 2);
    }

    @Test
    void claim_steadily_expiredRowsAreDeleted() throws SQLException {
      NonceStore nonces = JdbcStorage.of(database, clock).nonces();
      for (int i = 0; i < 4_000; i++) {
        assertThat(nonces.claim(ID, "n" + i, clock.millis() + 100_000, clock.millis(), QUOTA))
            .isEqualTo(Outcome.CLAIMED);
        clock.advance(Duration.ofSeconds(4));
      }
      assertThat(count("SELECT COUNT(*) FROM gh_nonce")).isLessThanOrEqualTo(100 + 256);
    }

    /** Who claims no more deletes nothing of its own. */
    @Test
    void claim_byOneOnly_expiredRowsOfTheSilentAreDeletedToo() throws SQLException {
      NonceStore nonces = JdbcStorage.of(database, clock).nonces();
      for (int silent = 1; silent <= 20; silent++) {
        for (int i = 0; i < 10; i++) {
          nonces.claim(ID + silent, "n" + i, clock.millis() + 1_000, clock.millis(), QUOTA);
        }
      }
      assertThat(count("SELECT COUNT(*) FROM gh_nonce")).isEqualTo(200);
      clock.advance(Duration.ofHours(1));
      for (int i = 0; i < 256 * 24; i++) {
        nonces.claim(ID, "m" + i % 50, clock.millis() + 1_000, clock.millis(), QUOTA);
      }
      assertThat(count("SELECT COUNT(*) FROM gh_nonce")).isEqualTo(50);
    }

    @Test
    void claim_onANodeWhoseClockIsAhead_forgetsNothingThatOthersNeed() throws SQLException {
      NonceStore behind = JdbcStorage.of(database, clock).nonces();
      NonceStore ahead = JdbcStorage.of(database, clock).nonces();
      long now = clock.millis();
      assertThat(behind.claim(ID, "kept", now + 600_000, now, QUOTA)).isEqualTo(Outcome.CLAIMED);
      long later = now + 599_999;
      for (int i = 0; i < 600; i++) {
        long itsNow = later + KeyRing.SKEW.toMillis();
        ahead.claim(ID, "other" + i, itsNow + 600_000, itsNow, QUOTA);
      }
      assertThat(behind.claim(ID, "kept", later + 600_000, later, QUOTA))
          .isEqualTo(Outcome.REPLAYED);
    }

    /** A clock that is an hour ahead lets nobody replay anything on the other nodes. */
    @Test
    void claim_onANodeWhoseClockIsFarAhead_forgetsByTheDatabasesTime() throws SQLException {
      Storage storage = JdbcStorage.of(database);
      NonceStore nonces = storage.nonces();
      long now = System.currentTimeMillis();
      assertThat(nonces.claim(ID, "kept", now + 600_000, now, QUOTA)).isEqualTo(Outcome.CLAIMED);
      long itsNow = now + 3_600_000;
      for (int i = 0; i < 600; i++) {
        nonces.claim(ID, "other" + i, itsNow + 600_000, itsNow, 10_000);
      }
      assertThat(nonces.claim(ID, "kept", now + 600_000, now, 10_000)).isEqualTo(Outcome.REPLAYED);
    }

    @Test
    void rotate_inTheHostsTransaction_noticedWithinASecondOfItsCommit() throws SQLException {
      Storage storage = JdbcStorage.of(database, clock);
      KeyRing keys = keyRing(storage);
      Key old = keys.importKey(ID, SECRET);
      Application application =
          Application.named("billing-worker")
              .registered(ID, "Kp7vQ2mXc9RtZ4aB", Instant.EPOCH, null);
      Signer signer = Signer.create(application, keys, SerendipityScheme.strict(), clock);
      Request request = Request.get(URI.create("/"));
      signer.sign(request);
      try (Connection connection = database.getConnection()) {
        connection.setAutoCommit(false);
        keys.joining(JdbcTransaction.of(connection)).disable(ID, old.id());
        clock.advance(Duration.ofSeconds(2));
        signer.sign(request);
        connection.commit();
      }
      clock.advance(Duration.ofSeconds(1));
      assertThatThrownBy(() -> signer.sign(request))
          .hasMessage("application 7 has no key that signs by SerendipityScheme strict");
    }

    @Test
    void rotate_hostRollsBack_nothingChanged() throws SQLException {
      KeyRing keys = keyRing(JdbcStorage.of(database, clock));
      keys.importKey(ID, SECRET);
      List<Key> before = keys.keys(ID, Long.MAX_VALUE, 10);
      try (Connection connection = database.getConnection()) {
        connection.setAutoCommit(false);
        keys.joining(JdbcTransaction.of(connection)).rotate(ID, Duration.ofHours(1));
        connection.rollback();
      }
      assertThat(keys.keys(ID, Long.MAX_VALUE, 10)).isEqualTo(before);
    }

    @Test
    void generate_everyAlgorithm_readBySomebodyElse() {
      MasterKey masterKey = MasterKey.of(new byte[MasterKey.LENGTH]);
      KeyRing one = keyRing(JdbcStorage.of(database, clock), masterKey);
      KeyRing other = keyRing(JdbcStorage.of(database, clock), masterKey);
      for (Key.Algorithm algorithm : Key.Algorithm.values()) {
        Key.Purpose purpose =
            algorithm.name().startsWith("HMAC") ? Key.Purpose.REQUEST : Key.Purpose.SITE;
        IssuedKey issued = one.generate(ID, purpose, algorithm);
        if (issued.material().fingerprint().isPresent()) {
          assertThat(other.publicPart(ID, issued.key().id()).toPem())
              .isEqualTo(issued.material().toPem());
        }
      }
      assertThat(other.keys(ID, Long.MAX_VALUE, 10))
          .extracting(Key::algorithm)
          .containsExactlyInAnyOrder(Key.Algorithm.values());
    }

    private void execute(String sql) throws SQLException {
      try (Connection connection = database.getConnection()) {
        connection.createStatement().execute(sql);
      }
    }

    private List<Key> all(KeyRing keys) {
      return keys.keys(ID, Long.MAX_VALUE, 10);
    }

    /** What a later version wrote stopped every node of an earlier one, for that application. */
    @Test
    void keyOfALaterVersion_whateverIsUnknown_leftOutAndTheOthersServe() throws SQLException {
      for (String column : List.of("algorithm", "purpose", "state")) {
        KeyRing keys = keyRing(JdbcStorage.of(database, clock));
        Key good = keys.importKey(ID, SECRET);
        Key later = keys.generate(ID, Key.Purpose.SITE, Key.Algorithm.ED25519).key();
        execute("UPDATE gh_key SET " + column + " = 'ML_DSA_44' WHERE id = " + later.id());
        Application application =
            Application.named("billing-worker")
                .registered(ID, "Kp7vQ2mXc9RtZ4aB", Instant.EPOCH, null);
        KeyRing fresh = keyRing(JdbcStorage.of(database, clock));
        Signer.create(application, fresh, SerendipityScheme.strict(), clock)
            .sign(Request.get(URI.create("/")));
        assertThat(all(fresh)).contains(good).doesNotContain(later);
        assertThat(fresh.importKey(ID, Key.Purpose.SITE, KeyMaterial.generate(good.algorithm())))
            .isIn(all(fresh));
        assertThatThrownBy(() -> fresh.promote(ID, later.id(), Duration.ZERO))
            .hasMessageContaining("no kind that this version knows");
        assertThatThrownBy(() -> fresh.disable(ID, later.id()))
            .isInstanceOf(ConflictException.class);
        fresh.destroy(ID, later.id());
        assertThat(
                count(
                    "SELECT COUNT(*) FROM gh_key WHERE state = 'DESTROYED' AND id = " + later.id()))
            .isEqualTo(1);
        assertThat(
                count(
                    "SELECT COUNT(*) FROM gh_key WHERE LENGTH(material) > 0 AND id = "
                        + later.id()))
            .isZero();
        all(fresh).forEach(key -> fresh.destroy(ID, key.id()));
      }
    }

    /** It might go on signing where it is known: a rotation must not look as if it had ended it. */
    @Test
    void rotate_besideAKeyOfUnknownState_refusedUntilItIsDestroyedOrItsTimeIsOver()
        throws SQLException {
      KeyRing keys = keyRing(JdbcStorage.of(database, clock));
      keys.importKey(ID, SECRET);
      keys.importKey(ID, SECRET);
      Key site = keys.generate(ID, Key.Purpose.SITE, Key.Algorithm.ED25519).key();
      execute("UPDATE gh_key SET state = 'SUSPENDED' WHERE id = 1");
      String why = "key 1 for REQUEST is in no state that this version knows";
      for (Duration overlap : List.of(Duration.ZERO, Duration.ofDays(1))) {
        assertThatThrownBy(() -> keys.rotate(ID, overlap))
            .isInstanceOf(ConflictException.class)
            .hasMessageStartingWith(why);
        assertThatThrownBy(() -> keys.promote(ID, 2, overlap))
            .isInstanceOf(ConflictException.class)
            .hasMessageStartingWith(why);
      }
      assertThat(all(keys)).extracting(Key::state).containsOnly(Key.State.ENABLED);
      keys.promote(ID, site.id(), Duration.ZERO);
      execute("UPDATE gh_key SET not_after = " + clock.millis() + " WHERE id = 1");
      keys.promote(ID, 2, Duration.ZERO);
      execute("UPDATE gh_key SET not_after = " + (clock.millis() + 1) + " WHERE id = 1");
      keys.destroy(ID, 1);
      keys.rotate(ID, Duration.ZERO);
    }

    @Test
    void keyOfALaterVersion_mightHaveSigned_storageFailsAndNotTheSigner() throws SQLException {
      KeyRing keys = keyRing(JdbcStorage.of(database, clock));
      keys.importKey(ID, SECRET);
      execute("UPDATE gh_key SET algorithm = 'ML_DSA_44'");
      Application application =
          Application.named("billing-worker")
              .registered(ID, "Kp7vQ2mXc9RtZ4aB", Instant.EPOCH, null);
      KeyRing fresh = keyRing(JdbcStorage.of(database, clock));
      Signer signer = Signer.create(application, fresh, SerendipityScheme.strict(), clock);
      assertThatThrownBy(() -> signer.sign(Request.get(URI.create("/"))))
          .isInstanceOf(StorageException.class)
          .hasMessage("key 1 of application 7 is stored in no known form");
    }

    /** They are skipped over, and a page is as long as asked for nevertheless. */
    @Test
    void keys_someOfALaterVersion_pagesOfTheRest() throws SQLException {
      KeyRing keys = keyRing(JdbcStorage.of(database, clock));
      for (int i = 0; i < 7; i++) {
        keys.importKey(ID, SECRET);
      }
      execute("UPDATE gh_key SET state = 'SUSPENDED' WHERE id IN (7, 5, 4)");
      assertThat(keys.keys(ID, Long.MAX_VALUE, 2)).extracting(Key::id).containsExactly(6L, 3L);
      assertThat(keys.keys(ID, 3, 2)).extracting(Key::id).containsExactly(2L, 1L);
      assertThat(keys.keys(ID, 1, 2)).isEmpty();
    }

    @Test
    void reseal_keyOfALaterVersion_theOthersAreEncryptedAndItIsToldOf() throws SQLException {
      keyRing(JdbcStorage.of(database, clock)).importKey(ID, SECRET);
      keyRing(JdbcStorage.of(database, clock)).importKey(ID, SECRET);
      execute("UPDATE gh_key SET algorithm = 'ML_DSA_44' WHERE id = 1");
      MasterKey masterKey = MasterKey.of(new byte[MasterKey.LENGTH]);
      KeyRing sealed = keyRing(JdbcStorage.of(database, clock), masterKey.readingClear());
      assertThatThrownBy(sealed::reseal)
          .isInstanceOf(StorageException.class)
          .hasMessage(
              "1 keys were encrypted, 1 cannot be read: key 1 of application 7 is stored in no"
                  + " known form");
    }

    @Test
    void reseal_severalBatchesBesideChanges_undoesNoneAndNextMasterKeyAloneReadsAll()
        throws Exception {
      MasterKey old = MasterKey.of(new byte[MasterKey.LENGTH]);
      byte[] bytes = new byte[MasterKey.LENGTH];
      bytes[0] = 1;
      KeyRing before = keyRing(JdbcStorage.of(database, clock), old);
      for (int application = 1; application <= 120; application++) {
        before.generate(application, Key.Purpose.OUTGOING_WEBHOOK, Key.Algorithm.ED25519);
      }
      MasterKey replacing = MasterKey.of(bytes).replacing(old);
      KeyRing next = keyRing(JdbcStorage.of(database, clock), replacing);
      KeyRing changing = keyRing(JdbcStorage.of(database, clock), replacing);
      ExecutorService thread = Executors.newSingleThreadExecutor();
      try {
        Future<Long> resealing = thread.submit(next::reseal);
        for (int application = 120; application > 90; application--) {
          long id = changing.keys(application, Long.MAX_VALUE, 1).get(0).id();
          if (application % 3 == 0) {
            changing.disable(application, id);
          } else if (application % 3 == 1) {
            changing.destroy(application, id);
          } else {
            changing.retire(application, id, Duration.ofHours(1));
          }
        }
        assertThat(resealing.get(60, TimeUnit.SECONDS)).isBetween(90L, 120L);
      } finally {
        thread.shutdownNow();
      }
      assertThat(next.reseal()).isZero();
      KeyRing alone = keyRing(JdbcStorage.of(database, clock), MasterKey.of(bytes));
      List<Key.State> changed =
          List.of(Key.State.DISABLED, Key.State.DESTROYED, Key.State.VERIFY_ONLY);
      for (int application = 1; application <= 120; application++) {
        Key key = alone.keys(application, Long.MAX_VALUE, 1).get(0);
        assertThat(key.state())
            .isEqualTo(application > 90 ? changed.get(application % 3) : Key.State.ENABLED);
        if (key.state() != Key.State.DESTROYED) {
          assertThat(alone.publicPart(application, key.id()).canSign()).isFalse();
        }
      }
    }

    /** What a proxy in front of the nodes may do with a repeated request. */
    @Test
    void verify_sameRequestOnTwoNodesAtOnce_oneAccepts() throws Exception {
      ExecutorService threads = Executors.newFixedThreadPool(8);
      try (Gatehouse one = gatehouse();
          Gatehouse other = gatehouse()) {
        Application application = one.registry().register(Application.named("twice"));
        Signer signer = one.signer(application);
        for (int round = 0; round < 10; round++) {
          Request request = Request.post(URI.create("/orders/" + round), "{}");
          Request signed = signer.sign(request).addTo(request);
          List<Future<Reason>> judged = new ArrayList<>();
          for (int i = 0; i < 8; i++) {
            Verifier verifier = (i % 2 == 0 ? one : other).verifier();
            judged.add(threads.submit(() -> refusal(verifier, signed)));
          }
          List<Reason> reasons = new ArrayList<>();
          for (Future<Reason> each : judged) {
            reasons.add(each.get(60, TimeUnit.SECONDS));
          }
          assertThat(reasons).containsOnlyOnce((Reason) null);
          assertThat(Collections.frequency(reasons, Reason.REPLAYED)).isEqualTo(7);
        }
      } finally {
        threads.shutdownNow();
        assertThat(threads.awaitTermination(30, TimeUnit.SECONDS)).isTrue();
      }
    }

    private Gatehouse gatehouse() {
      return Gatehouse.builder().storage(JdbcStorage.of(database, clock)).clock(clock).build();
    }

    /** Null if it was accepted. */
    private static @Nullable Reason refusal(Verifier verifier, Request request) {
      try {
        verifier.verify(request);
        return null;
      } catch (AuthenticationException e) {
        return e.reason();
      }
    }

    /** Two rotations at once must not leave two keys that sign, nor break the limit. */
    @Test
    void rotate_manyNodesAtOnce_oneKeySigns() throws Exception {
      keyRing(JdbcStorage.of(database, clock)).importKey(ID, SECRET);
      ExecutorService threads = Executors.newFixedThreadPool(6);
      try {
        List<Future<Secret>> rotations = new ArrayList<>();
        for (int i = 0; i < 6; i++) {
          KeyRing node = keyRing(JdbcStorage.of(database, clock));
          rotations.add(threads.submit(() -> node.rotate(ID, Duration.ofHours(1))));
        }
        for (Future<Secret> rotation : rotations) {
          assertThat(rotation.get(60, TimeUnit.SECONDS).reveal()).hasSize(32);
        }
      } finally {
        threads.shutdownNow();
        assertThat(threads.awaitTermination(30, TimeUnit.SECONDS)).isTrue();
      }
      List<Key> keys = keyRing(JdbcStorage.of(database, clock)).keys(ID, Long.MAX_VALUE, 100);
      assertThat(keys).hasSize(7);
      assertThat(keys).filteredOn(key -> key.state() == Key.State.ENABLED).hasSize(1);
      assertThat(keys).filteredOn(key -> key.signsAt(clock.instant())).hasSize(1);
    }
  }

  @Nested
  class OnH2 extends OverDatabase {
    @Override
    DataSource newDataSource() {
      return H2.emptied();
    }
  }

  @Nested
  class OnPostgres extends OverDatabase {
    @Override
    DataSource newDataSource() {
      return Postgres.emptied();
    }
  }

  @Nested
  @Tag("mariadb")
  class OnMariaDb extends OverDatabase {
    @Override
    DataSource newDataSource() {
      return MariaDb.emptied();
    }
  }
}
