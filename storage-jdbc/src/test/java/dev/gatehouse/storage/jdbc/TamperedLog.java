package dev.gatehouse.storage.jdbc;

import static org.assertj.core.api.Assertions.assertThat;

import dev.gatehouse.audit.Anchor;
import dev.gatehouse.audit.AuditLog;
import dev.gatehouse.audit.AuditOptions;
import dev.gatehouse.audit.AuditProgress;
import dev.gatehouse.audit.AuditRecord;
import dev.gatehouse.audit.AuditReport;
import dev.gatehouse.audit.AuditTree;
import dev.gatehouse.audit.Damage;
import dev.gatehouse.audit.Damage.Kind;
import dev.gatehouse.audit.HeadKey;
import dev.gatehouse.audit.RowKey;
import dev.gatehouse.observe.GatehouseListener;
import dev.gatehouse.storage.Storage;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.MessageDigest;
import java.security.Signature;
import java.time.InstantSource;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.IntStream;
import javax.sql.DataSource;
import org.jdbi.v3.core.Jdbi;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;

/** A log of 600 records, in two batches of 400 and 200, and a database to tamper with. */
abstract class TamperedLog {
  static final int RECORDS = 600;

  /** In canonical bytes, after the tag and the version. */
  private static final int KIND = 22 + 1;

  private static final KeyPair PAIR = pair();

  private static KeyPair pair() {
    try {
      return KeyPairGenerator.getInstance("Ed25519").generateKeyPair();
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException(e);
    }
  }

  static byte[] sign(byte[] text) {
    try {
      Signature signature = Signature.getInstance("Ed25519");
      signature.initSign(PAIR.getPrivate());
      signature.update(text);
      return signature.sign();
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException(e);
    }
  }

  static HeadKey key() {
    byte[] spki = PAIR.getPublic().getEncoded();
    return HeadKey.ed25519("log", Arrays.copyOfRange(spki, spki.length - 32, spki.length));
  }

  @TempDir Path directory;

  final AtomicLong ids = new AtomicLong();
  Jdbi jdbi;
  Storage storage;
  AuditTree tree;
  AuditLog log;
  Path anchored;

  abstract DataSource dataSource();

  @BeforeEach
  void fill() {
    DataSource dataSource = dataSource();
    jdbi = Jdbi.create(dataSource);
    storage = JdbcStorage.of(dataSource);
    anchored = directory.resolve("heads");
    tree = tree();
    log = AuditLog.create(storage.audit(), ids::incrementAndGet, InstantSource.system(), tree);
    write(400);
    tree.sequence();
    write(200);
    tree.sequence();
  }

  AuditTree tree() {
    return AuditTree.create(
        new AuditTree.Parts(
            storage.audit(),
            storage,
            InstantSource.system(),
            System::nanoTime,
            GatehouseListener.NONE,
            AuditOptions.builder()
                .signer(TamperedLog::sign, key())
                .rowKey(RowKey.of(new byte[32]))
                .anchor(Anchor.file(anchored))
                .build()));
  }

  void write(int count) {
    log.writeAll(
        IntStream.range(0, count)
            .mapToObj(i -> AuditRecord.of(1, 0, "record " + i).user("u" + i).build())
            .toList());
  }

  void execute(String sql, Object... values) {
    assertThat(jdbi.<Integer, RuntimeException>withHandle(handle -> handle.execute(sql, values)))
        .isPositive();
  }

  long id(long index) {
    return jdbi.withHandle(
        handle ->
            handle
                .createQuery("SELECT id FROM gh_audit_leaf WHERE leaf_index = :index")
                .bind("index", index)
                .mapTo(Long.class)
                .one());
  }

  byte[] canonical(long id) {
    return jdbi.withHandle(
        handle ->
            handle
                .createQuery("SELECT canonical FROM gh_audit WHERE id = :id")
                .bind("id", id)
                .mapTo(byte[].class)
                .one());
  }

  byte[] edited(long id) {
    byte[] canonical = canonical(id);
    canonical[KIND] ^= 1;
    return canonical;
  }

  List<Damage> damages() {
    AuditReport report = tree.verify(AuditProgress.NONE);
    assertThat(report.isSound()).isEqualTo(report.damages().isEmpty());
    return report.damages();
  }

  Set<Kind> kinds() {
    Set<Kind> kinds = EnumSet.noneOf(Kind.class);
    damages().forEach(damage -> kinds.add(damage.kind()));
    return kinds;
  }

  static Damage only(List<Damage> damages) {
    assertThat(damages).hasSize(1);
    return damages.get(0);
  }

  static byte[] sha256(byte prefix, byte[] bytes) {
    try {
      MessageDigest digest = MessageDigest.getInstance("SHA-256");
      digest.update(prefix);
      return digest.digest(bytes);
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException(e);
    }
  }
}
