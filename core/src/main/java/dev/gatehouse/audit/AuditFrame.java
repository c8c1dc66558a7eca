package dev.gatehouse.audit;

import dev.gatehouse.check.Check;
import java.io.ByteArrayOutputStream;
import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Arrays;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Writes and reads the frame described at {@link AuditEntry}. Strict both ways, so that a record
 * has exactly one frame and a frame exactly one record.
 */
final class AuditFrame {
  private static final byte[] TAG = "gatehouse-audit-record".getBytes(StandardCharsets.US_ASCII);
  private static final byte VERSION = 1;
  private static final int ABSENT = -1;

  private AuditFrame() {}

  static byte[] encode(AuditRecord record) {
    ByteArrayOutputStream out = new ByteArrayOutputStream(256);
    out.writeBytes(TAG);
    out.write(VERSION);
    field(out, longBytes(record.id()));
    field(out, longBytes(micros(record)));
    field(out, intBytes(record.operationType()));
    field(out, intBytes(record.resultType()));
    field(out, text(record.content()));
    field(out, text(record.sourceNode()));
    field(out, text(record.namespace()));
    field(out, text(record.severity()));
    field(out, text(record.user().orElse(null)));
    field(out, text(record.requestId().orElse(null)));
    field(out, text(record.service().orElse(null)));
    field(out, text(record.ext().orElse(null)));
    return out.toByteArray();
  }

  /**
   * The record of a frame.
   *
   * @throws IllegalArgumentException if the bytes are not a frame
   */
  static AuditRecord decode(byte[] frame) {
    ByteBuffer in = ByteBuffer.wrap(frame);
    try {
      byte[] tag = new byte[TAG.length];
      in.get(tag);
      Check.that(Arrays.equals(tag, TAG), "frame must begin with its tag");
      byte version = in.get();
      Check.that(version == VERSION, "frame must have version 1, had " + version);
      AuditRecord record = fields(in);
      Check.that(!in.hasRemaining(), "frame must end after its fields");
      return record;
    } catch (BufferUnderflowException e) {
      throw new IllegalArgumentException("frame must hold all its fields", e);
    }
  }

  /** The record's time, which must be there, in microseconds since 1970. */
  static long micros(AuditRecord record) {
    Instant time =
        record.time().orElseThrow(() -> new IllegalArgumentException("record must have a time"));
    return time.getEpochSecond() * 1_000_000 + time.getNano() / 1_000;
  }

  private static AuditRecord fields(ByteBuffer in) {
    long id = fixed(in, Long.BYTES).getLong();
    Check.range(id, 1, Long.MAX_VALUE - 1, "id");
    Instant time = Instant.EPOCH.plus(fixed(in, Long.BYTES).getLong(), ChronoUnit.MICROS);
    int operationType = fixed(in, Integer.BYTES).getInt();
    int resultType = fixed(in, Integer.BYTES).getInt();
    AuditRecord.Builder builder =
        AuditRecord.of(operationType, resultType, required(in, "content"))
            .id(id)
            .time(time)
            .sourceNode(required(in, "sourceNode"))
            .namespace(required(in, "namespace"))
            .severity(required(in, "severity"));
    ifPresent(in, "user", builder::user);
    ifPresent(in, "requestId", builder::requestId);
    ifPresent(in, "service", builder::service);
    ifPresent(in, "ext", builder::ext);
    return builder.build();
  }

  private static void ifPresent(ByteBuffer in, String name, Consumer<String> setter) {
    String value = optional(in, name);
    if (value != null) {
      setter.accept(value);
    }
  }

  private static byte[] longBytes(long value) {
    return ByteBuffer.allocate(Long.BYTES).putLong(value).array();
  }

  private static byte[] intBytes(int value) {
    return ByteBuffer.allocate(Integer.BYTES).putInt(value).array();
  }

  private static byte @Nullable [] text(@Nullable String value) {
    return value == null ? null : Utf8.encode(value, "text");
  }

  private static void field(ByteArrayOutputStream out, byte @Nullable [] value) {
    out.writeBytes(intBytes(value == null ? ABSENT : value.length));
    if (value != null) {
      out.writeBytes(value);
    }
  }

  private static ByteBuffer fixed(ByteBuffer in, int length) {
    int had = in.getInt();
    Check.that(had == length, "number must have " + length + " bytes, had " + had);
    ByteBuffer number = in.slice().limit(length);
    in.position(in.position() + length);
    return number;
  }

  private static String required(ByteBuffer in, String name) {
    String value = optional(in, name);
    if (value == null) {
      throw new IllegalArgumentException(name + " must be there");
    }
    return value;
  }

  private static @Nullable String optional(ByteBuffer in, String name) {
    int length = in.getInt();
    if (length == ABSENT) {
      return null;
    }
    Check.range(length, 0, in.remaining(), name + "'s length");
    byte[] value = new byte[length];
    in.get(value);
    return Utf8.decode(value, name);
  }
}
