package dev.gatehouse.examples;

import static org.assertj.core.api.Assertions.assertThat;

import dev.gatehouse.Gatehouse;
import dev.gatehouse.audit.AuditOptions;
import dev.gatehouse.audit.AuditRecord;
import dev.gatehouse.audit.HeadKey;
import dev.gatehouse.signing.HeadKeys;
import dev.gatehouse.signing.Key;
import dev.gatehouse.signing.KeyMaterial;
import dev.gatehouse.storage.memory.MemoryStorage;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The offline verifier, by its exit code. */
class VerifyAuditTest {
  @TempDir Path directory;

  private final ByteArrayOutputStream err = new ByteArrayOutputStream();

  private HeadKey export(Key.Algorithm algorithm, Path file) throws IOException {
    KeyMaterial pair = KeyMaterial.generate(algorithm);
    HeadKey key = HeadKeys.key("log.example", pair);
    AuditOptions options = AuditOptions.builder().signer(HeadKeys.signer(pair), key).build();
    try (Gatehouse gatehouse =
            Gatehouse.builder().storage(MemoryStorage.create()).audit(options).build();
        OutputStream out = Files.newOutputStream(file)) {
      gatehouse
          .audit()
          .writeAll(
              IntStream.range(0, 400)
                  .mapToObj(i -> AuditRecord.of(1, 0, "order " + i + " was paid").build())
                  .toList());
      assertThat(gatehouse.auditTree().sequence()).isEqualTo(400);
      gatehouse.auditTree().export(100, 300, out);
    }
    return key;
  }

  private int verify(String... arguments) {
    PrintStream errors = new PrintStream(err, true, StandardCharsets.UTF_8);
    return VerifyAudit.run(arguments, new PrintStream(OutputStream.nullOutputStream()), errors);
  }

  private String error() {
    return err.toString(StandardCharsets.UTF_8);
  }

  @Test
  void run_genuineFile_isGenuineUnderItsKeyAlone() throws IOException {
    for (Key.Algorithm algorithm :
        new Key.Algorithm[] {Key.Algorithm.ED25519, Key.Algorithm.SM2_SM3}) {
      Path file = directory.resolve("export-" + algorithm);
      HeadKey key = export(algorithm, file);
      assertThat(verify(file.toString(), key.toString())).isEqualTo(VerifyAudit.GENUINE);
      assertThat(verify(file.toString())).isEqualTo(VerifyAudit.UNSIGNED);
      assertThat(verify(file.toString(), key.toString(), "another-log"))
          .isEqualTo(VerifyAudit.NOT_GENUINE);
      KeyMaterial stranger = KeyMaterial.generate(algorithm);
      assertThat(verify(file.toString(), HeadKeys.key("log.example", stranger).toString()))
          .isEqualTo(VerifyAudit.NOT_GENUINE);
      assertThat(error()).contains("not signed under the key");
    }
  }

  @Test
  void run_oneWordOfARecordChanged_isNotGenuine() throws IOException {
    Path file = directory.resolve("export");
    HeadKey key = export(Key.Algorithm.ED25519, file);
    byte[] bytes = Files.readAllBytes(file);
    String text = new String(bytes, StandardCharsets.ISO_8859_1);
    Files.write(
        file,
        text.replace("order 217 was paid", "order 218 was paid")
            .getBytes(StandardCharsets.ISO_8859_1));
    assertThat(verify(file.toString(), key.toString())).isEqualTo(VerifyAudit.NOT_GENUINE);
    assertThat(error()).contains("leaf 217", "content");
    Files.write(file, Arrays.copyOf(bytes, bytes.length - 500));
    assertThat(verify(file.toString(), key.toString())).isEqualTo(VerifyAudit.NOT_GENUINE);
    assertThat(error()).contains("is cut");
  }

  @Test
  void run_wrongArguments_isUnusable() throws IOException {
    Path file = directory.resolve("export");
    export(Key.Algorithm.ED25519, file);
    assertThat(verify()).isEqualTo(VerifyAudit.UNUSABLE);
    assertThat(verify("a", "b", "c", "d")).isEqualTo(VerifyAudit.UNUSABLE);
    assertThat(verify(directory.resolve("missing").toString())).isEqualTo(VerifyAudit.UNUSABLE);
    assertThat(verify(file.toString(), "no key")).isEqualTo(VerifyAudit.UNUSABLE);
    assertThat(error()).contains("usage", "cannot be read", "the key cannot be read");
  }

  /** As somebody would run it who has the jars and the file, and nothing else. */
  @Test
  void main_ownProcess_exitsByWhatItFound() throws Exception {
    Path file = directory.resolve("export");
    HeadKey key = export(Key.Algorithm.ED25519, file);
    assertThat(process(file, key)).isEqualTo(VerifyAudit.GENUINE);
    byte[] bytes = Files.readAllBytes(file);
    bytes[bytes.length / 2] ^= 1;
    Files.write(file, bytes);
    assertThat(process(file, key)).isEqualTo(VerifyAudit.NOT_GENUINE);
  }

  private static int process(Path file, HeadKey key) throws IOException, InterruptedException {
    Process process =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-cp",
                System.getProperty("java.class.path"),
                VerifyAudit.class.getName(),
                file.toString(),
                key.toString())
            .redirectErrorStream(true)
            .redirectOutput(ProcessBuilder.Redirect.DISCARD)
            .start();
    assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
    return process.exitValue();
  }
}
