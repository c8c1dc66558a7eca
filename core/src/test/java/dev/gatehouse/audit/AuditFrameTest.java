package dev.gatehouse.audit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.gatehouse.error.StorageException;
import java.time.Instant;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.Random;
import org.junit.jupiter.api.Test;

class AuditFrameTest {
  private static final byte[] NONE = {};
  private static final AuditRecord SAMPLE =
      AuditRecord.of(3, 1, "a\u00e9")
          .id(258)
          .time(Instant.ofEpochSecond(1, 2_000))
          .sourceNode("n1")
          .namespace("")
          .severity("high")
          .requestId("")
          .ext("{}")
          .build();

  /** The format is frozen: stored records must hash to the same leaf for ever. */
  @Test
  void encode_sample_bytesNeverChange() {
    String expected =
        "67617465686f7573652d61756469742d7265636f7264"
            + "0100"
            + "000000080000000000000102"
            + "0000000800000000000f4242"
            + "0000000400000003"
            + "0000000400000001"
            + "0000000361c3a9"
            + "000000026e31"
            + "00000000"
            + "0000000468696768"
            + "ffffffff"
            + "00000000"
            + "ffffffff"
            + "000000027b7d"
            + "00000000";
    assertThat(HexFormat.of().formatHex(AuditEntry.of(LogName.AUDIT, SAMPLE).canonical()))
        .isEqualTo(expected);
  }

  @Test
  void leafHash_sample_isSha256OfZeroAndBytes() throws Exception {
    byte[] canonical = AuditEntry.of(LogName.AUDIT, SAMPLE).canonical();
    byte[] leaf = new byte[canonical.length + 1];
    System.arraycopy(canonical, 0, leaf, 1, canonical.length);
    byte[] expected = java.security.MessageDigest.getInstance("SHA-256").digest(leaf);
    assertThat(AuditEntry.of(LogName.AUDIT, SAMPLE).leafHash()).isEqualTo(expected);
  }

  @Test
  void decode_randomRecords_giveThemBack() {
    long seed = Long.getLong("gatehouse.seed", System.nanoTime());
    Random random = new Random(seed);
    for (int i = 0; i < 2_000; i++) {
      AuditRecord record = randomRecord(random);
      byte[] frame = AuditFrame.encode(LogName.AUDIT, record);
      AuditRecord decoded = AuditFrame.decode(frame);
      assertThat(decoded).as("gatehouse.seed=%d, record %d", seed, i).isEqualTo(record);
      assertThat(AuditFrame.encode(LogName.AUDIT, decoded)).isEqualTo(frame);
    }
  }

  private static AuditRecord randomRecord(Random random) {
    AuditRecord.Builder builder =
        AuditRecord.of(random.nextInt(), random.nextInt(), text(random))
            .id(1 + (random.nextLong() >>> 2))
            .time(
                Instant.ofEpochSecond(
                    random.nextInt(Integer.MAX_VALUE), random.nextInt(999_999_999)))
            .sourceNode(text(random))
            .namespace(text(random))
            .severity(text(random));
    if (random.nextBoolean()) {
      builder.user(text(random)).service(text(random));
    }
    if (random.nextBoolean()) {
      builder.requestId(text(random));
    }
    if (random.nextBoolean()) {
      builder.ext("{\"k\": " + random.nextInt() + "}");
    }
    return builder.build();
  }

  private static String text(Random random) {
    int[] points =
        random
            .ints(random.nextInt(20), 0x20, 0x20000)
            .filter(c -> !Character.isISOControl(c) && (c < 0xD800 || c > 0xDFFF))
            .toArray();
    return new String(points, 0, points.length);
  }

  /** Two records never share a frame: a byte moved from one field to the next shows. */
  @Test
  void encode_textMovedBetweenFields_otherBytes() {
    AuditRecord one = SAMPLE.toBuilder().sourceNode("ab").namespace("c").build();
    AuditRecord other = SAMPLE.toBuilder().sourceNode("a").namespace("bc").build();
    assertThat(AuditFrame.encode(LogName.AUDIT, one))
        .isNotEqualTo(AuditFrame.encode(LogName.AUDIT, other));
  }

  @Test
  void stored_everyTruncation_refused() {
    byte[] frame = AuditFrame.encode(LogName.AUDIT, SAMPLE);
    for (int length = 0; length < frame.length; length++) {
      byte[] cut = Arrays.copyOf(frame, length);
      assertThatThrownBy(() -> AuditEntry.stored(LogName.AUDIT, cut, NONE, new byte[32], NONE))
          .as("%d bytes", length)
          .isInstanceOf(StorageException.class);
    }
    byte[] longer = Arrays.copyOf(frame, frame.length + 1);
    assertThatThrownBy(() -> AuditEntry.stored(LogName.AUDIT, longer, NONE, new byte[32], NONE))
        .isInstanceOf(StorageException.class);
  }

  @Test
  void stored_everyByteFlipped_refusedOrAnotherRecord() {
    byte[] frame = AuditFrame.encode(LogName.AUDIT, SAMPLE);
    for (int i = 0; i < frame.length; i++) {
      byte[] flipped = frame.clone();
      flipped[i] ^= (byte) 0x80;
      try {
        assertThat(AuditEntry.stored(LogName.AUDIT, flipped, NONE, new byte[32], NONE).record())
            .isNotEqualTo(SAMPLE);
      } catch (StorageException e) {
        assertThat(e).hasMessageContaining("damaged");
      }
    }
  }

  @Test
  void content_atLimit_taken_beyond_refused() {
    String limit = "\u4e2d".repeat(AuditRecord.MAX_CONTENT / 3) + "x";
    assertThat(AuditRecord.of(1, 1, limit).build().content()).isEqualTo(limit);
    assertThatThrownBy(() -> AuditRecord.of(1, 1, limit + "x"))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("65536");
  }

  @Test
  void texts_thatDatabasesRefuse_refused() {
    for (String bad : new String[] {"a\u0000", "\ud800", "\udc00x"}) {
      assertThatThrownBy(() -> AuditRecord.of(1, 1, bad))
          .isInstanceOf(IllegalArgumentException.class);
      assertThatThrownBy(() -> AuditRecord.of(1, 1, "").user(bad))
          .isInstanceOf(IllegalArgumentException.class);
    }
    assertThatThrownBy(() -> AuditRecord.of(1, 1, "").ext("{\"a\":\"\ud800\"}"))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> AuditRecord.of(1, 1, "").ext("[]"))
        .isInstanceOf(IllegalArgumentException.class);
  }

  /** A record in a log line must not be able to forge another line. */
  @Test
  void toString_hostileTexts_leftOut() {
    String hostile = "x\r\nWARN forged \u202e\u001b[31m";
    AuditRecord record =
        AuditRecord.of(1, 2, hostile).id(7).user("\u202euser").namespace("\u202ens").build();
    assertThat(record.content()).isEqualTo(hostile);
    assertThat(record.toString()).isEqualTo("AuditRecord 7 operation 1 result 2");
  }
}
