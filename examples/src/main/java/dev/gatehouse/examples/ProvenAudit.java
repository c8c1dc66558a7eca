package dev.gatehouse.examples;

import dev.gatehouse.Gatehouse;
import dev.gatehouse.audit.Anchor;
import dev.gatehouse.audit.AuditContext;
import dev.gatehouse.audit.AuditExport;
import dev.gatehouse.audit.AuditField;
import dev.gatehouse.audit.AuditOptions;
import dev.gatehouse.audit.AuditProgress;
import dev.gatehouse.audit.AuditRecord;
import dev.gatehouse.audit.AuditRedaction;
import dev.gatehouse.audit.AuditReport;
import dev.gatehouse.audit.AuditRules;
import dev.gatehouse.audit.ConsistencyProof;
import dev.gatehouse.audit.HeadKey;
import dev.gatehouse.audit.RecordProof;
import dev.gatehouse.audit.RowKey;
import dev.gatehouse.audit.SignedHead;
import dev.gatehouse.signing.HeadKeys;
import dev.gatehouse.signing.Key;
import dev.gatehouse.signing.KeyMaterial;
import dev.gatehouse.storage.jdbc.JdbcStorage;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.util.Set;

/** An audit log that proves itself; docs/audit.md shows parts of it. Checks itself. */
public final class ProvenAudit {
  private static final AuditField<String> EMAIL = AuditField.keyword("email");

  private ProvenAudit() {}

  /** Ends with an exception if anything was not as it should be. */
  public static void main(String[] arguments) throws IOException {
    Path directory = Files.createTempDirectory("gatehouse-audit");
    byte[] secret = new byte[32];
    new SecureRandom().nextBytes(secret);
    KeyMaterial pair = KeyMaterial.generate(Key.Algorithm.ED25519);

    HeadKey key = HeadKeys.key("audit.example", pair);
    AuditOptions options =
        AuditOptions.builder()
            .origin("audit.example/orders")
            .rules(rules())
            .rowKey(RowKey.of(secret))
            .signer(HeadKeys.signer(pair), key)
            .anchor(Anchor.file(directory.resolve("heads")))
            .build();
    Path file = directory.resolve("orders");
    try (Gatehouse gatehouse =
        Gatehouse.builder().storage(JdbcStorage.h2(file)).audit(options).build()) {
      prove(gatehouse, key, directory.resolve("export"));
      erase(gatehouse);
    }
    require(!Anchor.file(directory.resolve("heads")).heads().isEmpty(), "a head must be anchored");
    System.out.println("The log has proven itself.");
  }

  private static AuditRules rules() {
    AuditRules rules =
        AuditRules.builder()
            .context(() -> AuditContext.NONE.user("clerk-7"))
            .redaction(AuditRedaction.members("password", "authorization"))
            .field(EMAIL)
            .build();
    return rules;
  }

  private static void erase(Gatehouse gatehouse) {
    AuditRecord order =
        AuditRecord.of(1, 0, "Order 1002 was placed").set(EMAIL, "ada@example.com").build();
    long id = gatehouse.audit().write(order).id();
    gatehouse.auditTree().sequence();
    gatehouse.audit().erase(Set.of(id), Set.of("email", "user"), "Asked to, ticket 12");
    gatehouse.auditTree().sequence();
    RecordProof proof = gatehouse.auditTree().prove(id).orElseThrow();
    require(proof.isSound() && proof.record().value(EMAIL).isEmpty(), "it must be erased, proven");
    AuditReport report = gatehouse.auditTree().verify(AuditProgress.NONE);
    require(report.isSound() && report.erasedFields() == 2, "the log must tell: " + report);
  }

  private static void prove(Gatehouse gatehouse, HeadKey key, Path export) throws IOException {
    long id = gatehouse.audit().write(AuditRecord.of(1, 0, "Order 1001 was placed").build()).id();
    gatehouse.auditTree().sequence(); // or gatehouse.start(), and a second's patience
    SignedHead earlier = gatehouse.auditTree().head().orElseThrow();

    RecordProof proof = gatehouse.auditTree().prove(id).orElseThrow();
    proof.verify(key); // throws unless the record is in a tree that the key has signed

    gatehouse.audit().write(AuditRecord.of(1, 0, "Order 1001 was paid").build());
    gatehouse.auditTree().sequence();
    SignedHead head = gatehouse.auditTree().head().orElseThrow();
    ConsistencyProof growth = gatehouse.auditTree().proveConsistency(earlier.size(), head.size());
    require(growth.proves(earlier.root(), head.root()), "the log must only have grown");

    AuditReport report = gatehouse.auditTree().verify(AuditProgress.NONE);
    require(report.isSound(), "nothing must have been tampered with: " + report.damages());

    try (OutputStream out = Files.newOutputStream(export)) {
      gatehouse.auditTree().export(0, head.size(), out);
    }
    try (InputStream in = Files.newInputStream(export)) {
      AuditExport.Verified verified = AuditExport.verify(in, key);
      require(verified.records() == head.size(), "the file must have all records");
    }
  }

  private static void require(boolean holds, String what) {
    if (!holds) {
      throw new IllegalStateException(what);
    }
  }
}
