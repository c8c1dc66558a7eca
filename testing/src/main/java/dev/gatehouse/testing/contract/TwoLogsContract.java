package dev.gatehouse.testing.contract;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import dev.gatehouse.Gatehouse;
import dev.gatehouse.audit.AuditExport;
import dev.gatehouse.audit.AuditLog;
import dev.gatehouse.audit.AuditOptions;
import dev.gatehouse.audit.AuditPage;
import dev.gatehouse.audit.AuditProgress;
import dev.gatehouse.audit.AuditQuery;
import dev.gatehouse.audit.AuditRecord;
import dev.gatehouse.audit.AuditTree;
import dev.gatehouse.audit.HeadKey;
import dev.gatehouse.audit.InvalidQueryException;
import dev.gatehouse.audit.LogName;
import dev.gatehouse.audit.RecordProof;
import dev.gatehouse.error.AuthenticationException;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.Signature;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** That the logs of one storage share nothing but transactions ({@code AUDIT-20}). */
public abstract class TwoLogsContract extends StoreContract {
  private static final String AUDIT = "example/audit";
  private static final String EVENT = "example/audit/event";
  private static final KeyPair PAIR = pair();

  private @Nullable Gatehouse open;

  /** A contract of the logs of a storage. */
  protected TwoLogsContract() {}

  private static KeyPair pair() {
    try {
      return KeyPairGenerator.getInstance("Ed25519").generateKeyPair();
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException(e);
    }
  }

  private static byte[] sign(byte[] text) {
    try {
      Signature signature = Signature.getInstance("Ed25519");
      signature.initSign(PAIR.getPrivate());
      signature.update(text);
      return signature.sign();
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException(e);
    }
  }

  private static HeadKey key() {
    byte[] spki = PAIR.getPublic().getEncoded();
    return HeadKey.ed25519("both", Arrays.copyOfRange(spki, spki.length - 32, spki.length));
  }

  @BeforeEach
  final void openLogs() {
    open =
        Gatehouse.builder()
            .storage(storage())
            .clock(clock)
            .audit(
                AuditOptions.builder().origin(AUDIT).signer(TwoLogsContract::sign, key()).build())
            .build();
  }

  @AfterEach
  final void closeLogs() {
    gatehouse().close();
  }

  private Gatehouse gatehouse() {
    return requireNonNull(open, "gatehouse");
  }

  private static AuditRecord record(String content) {
    return AuditRecord.of(1, 0, content).user("u").build();
  }

  private static AuditQuery all() {
    return AuditQuery.between(Instant.EPOCH, START.plus(Duration.ofDays(99)));
  }

  private static List<String> contents(AuditLog log) {
    return log.find(all()).records().stream().map(AuditRecord::content).toList();
  }

  private void sound() {
    for (AuditTree tree : List.of(gatehouse().auditTree(), gatehouse().eventTree())) {
      tree.sequence();
      assertThat(tree.verify(AuditProgress.NONE).damages()).isEmpty();
    }
  }

  @Test
  void AUDIT20_logs_keepTheirOwnRecordsTreesAndHeads() {
    AuditRecord audited = gatehouse().audit().write(record("a1"));
    AuditRecord event = gatehouse().eventLog().write(record("e1"));
    gatehouse().eventLog().writeAll(List.of(record("e2"), record("e3")));
    assertThat(contents(gatehouse().audit())).containsExactly("a1");
    assertThat(contents(gatehouse().eventLog())).containsExactly("e1", "e2", "e3");
    assertThat(gatehouse().audit().find(event.id())).isEmpty();
    assertThat(gatehouse().eventLog().find(audited.id())).isEmpty();
    assertThat(gatehouse().eventTree().sequence()).isEqualTo(3);
    assertThat(gatehouse().auditTree().head()).isEmpty();
    assertThat(gatehouse().auditTree().sequence()).isEqualTo(1);
    assertThat(gatehouse().auditTree().head().orElseThrow().size()).isEqualTo(1);
    assertThat(gatehouse().eventTree().head().orElseThrow().size()).isEqualTo(3);
    assertThat(gatehouse().eventTree().prove(audited.id())).isEmpty();
    assertThat(gatehouse().auditTree().prove(event.id())).isEmpty();
    sound();
  }

  @Test
  void AUDIT20_oneTransaction_writesBothOrNeither() {
    gatehouse()
        .inTransaction(
            inside -> {
              inside.audit().write(record("a1"));
              return inside.eventLog().write(record("e1"));
            });
    assertThatExceptionOfType(IllegalCallerException.class)
        .isThrownBy(
            () ->
                gatehouse()
                    .inTransaction(
                        inside -> {
                          inside.audit().write(record("a2"));
                          inside.eventLog().write(record("e2"));
                          throw new IllegalCallerException();
                        }));
    assertThat(contents(gatehouse().audit())).containsExactly("a1");
    assertThat(contents(gatehouse().eventLog())).containsExactly("e1");
    sound();
  }

  @Test
  void AUDIT20_proofAndExportOfOne_areNotTheOthers() throws IOException {
    AuditRecord event = gatehouse().eventLog().write(record("e1"));
    gatehouse().audit().write(record("a1"));
    sound();
    RecordProof proof = gatehouse().eventTree().prove(event.id()).orElseThrow();
    proof.verify(key());
    proof.verify(key(), EVENT);
    assertThat(proof.log()).isEqualTo(LogName.EVENT);
    assertThatExceptionOfType(AuthenticationException.class)
        .isThrownBy(() -> proof.verify(key(), AUDIT))
        .withMessage("the proof must be of 'example/audit', was of 'example/audit/event'");
    assertThat(
            new RecordProof(
                    proof.canonical(),
                    proof.openings(),
                    proof.inclusion(),
                    gatehouse().auditTree().head().orElseThrow())
                .isSound())
        .isFalse();
    ByteArrayOutputStream file = new ByteArrayOutputStream();
    gatehouse().eventTree().export(0, 1, file);
    byte[] bytes = file.toByteArray();
    assertThat(AuditExport.verify(new ByteArrayInputStream(bytes), key()).log())
        .isEqualTo(LogName.EVENT);
    System.arraycopy(new byte[] {'a', 'u', 'd', 'i', 't'}, 0, bytes, 10, 5);
    assertThatExceptionOfType(AuthenticationException.class)
        .isThrownBy(() -> AuditExport.verify(new ByteArrayInputStream(bytes), key()))
        .withMessage("the file must be of the audit log, leaf 0 is of the event log");
  }

  @Test
  void AUDIT20_continuationPointOfOne_isRefusedByTheOther() {
    for (AuditLog log : List.of(gatehouse().audit(), gatehouse().eventLog())) {
      log.writeAll(List.of(record("1"), record("2"), record("3")));
    }
    AuditQuery two = AuditQuery.between(Instant.EPOCH, START.plus(Duration.ofDays(1))).maxSize(2);
    AuditPage page = gatehouse().audit().find(two);
    AuditQuery next = two.after(page.continuationPoint());
    assertThat(gatehouse().audit().find(next).records()).hasSize(1);
    assertThatExceptionOfType(InvalidQueryException.class)
        .isThrownBy(() -> gatehouse().eventLog().find(next));
  }

  @Test
  void AUDIT20_erasureAndRemovalInOne_leaveTheOther() {
    AuditRecord audited = gatehouse().audit().write(record("a1"));
    AuditRecord event = gatehouse().eventLog().write(record("e1"));
    for (int i = 0; i < 300; i++) {
      gatehouse().eventLog().write(record("e"));
      gatehouse().audit().write(record("a"));
    }
    sound();
    gatehouse().eventLog().erase(Set.of(event.id()), Set.of("user"), "asked");
    assertThat(gatehouse().audit().find(audited.id()).orElseThrow().user()).contains("u");
    assertThat(gatehouse().eventLog().find(event.id()).orElseThrow().user()).isEmpty();
    clock.advance(Duration.ofDays(1));
    assertThat(gatehouse().eventLog().removeBefore(clock.instant(), 999)).isEqualTo(256);
    assertThat(gatehouse().eventLog().find(event.id())).isEmpty();
    assertThat(gatehouse().audit().find(audited.id())).isPresent();
    sound();
    assertThat(gatehouse().eventTree().verify(AuditProgress.NONE).removedRecords()).isEqualTo(256);
    assertThat(gatehouse().auditTree().verify(AuditProgress.NONE).removedRecords()).isZero();
    assertThat(gatehouse().auditTree().prove(audited.id())).isPresent();
  }

  @Test
  void AUDIT20_sameOrigin_isRefused() {
    assertThatIllegalArgumentException()
        .isThrownBy(
            () -> Gatehouse.builder().storage(storage()).eventLog(AuditOptions.DEFAULT).build())
        .withMessage("origin of the event log must not be the audit log's, was gatehouse-audit");
  }
}
