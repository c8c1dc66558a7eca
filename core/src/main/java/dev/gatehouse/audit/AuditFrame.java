package dev.gatehouse.audit;

import dev.gatehouse.check.Check;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.SecureRandom;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * Writes and reads the frame described at {@link AuditEntry}. Strict both ways, so that a record
 * has exactly one frame for given salts, and a frame with its openings exactly one record.
 */
final class AuditFrame {
  /** Bytes of the tag, whichever log's it is. */
  static final int TAG = LogName.AUDIT.tag().length;

  static final byte VERSION = 1;
  static final int ABSENT = -1;
  static final int COMMITTED = -2;
  static final int SALT = 16;
  static final byte ERASED = 0;
  static final byte OPEN = 1;

  /** The texts of a frame, in their order; the application's fields follow. */
  static final List<String> TEXTS =
      List.of(
          "content",
          "sourceNode",
          "namespace",
          "severity",
          "user",
          "requestId",
          "service",
          Field.EXT);

  /** Two numbers of 8 bytes and two of 4, each after its length. */
  private static final int NUMBERS = 2 * (4 + 8) + 2 * (4 + 4);

  private static final SecureRandom RANDOM = new SecureRandom();
  private static final byte[] NONE = {};

  private AuditFrame() {}

  /** What is hashed, and what opens the commitments in it. */
  @SuppressWarnings("ArrayRecordComponent")
  record Frame(byte[] canonical, byte[] openings) {}

  /** The frame of a record that commits to nothing. */
  static byte[] encode(LogName log, AuditRecord record) {
    return encode(log, record, name -> false, new MerkleHash()).canonical;
  }

  /** The frame of a record, which commits to the values of those fields by new salts. */
  static Frame encode(
      LogName log, AuditRecord record, Predicate<String> erasable, MerkleHash hash) {
    Check.that(record.erased().isEmpty(), "a record whose fields were erased cannot be written");
    List<AuditField<?>> fields = record.fields();
    byte[] @Nullable [] texts = texts(record, fields);
    boolean[] committed = new boolean[texts.length];
    int length = TAG + 2 + NUMBERS + Integer.BYTES;
    int opened = 0;
    int commitments = 0;
    for (int i = 0; i < texts.length; i++) {
      byte[] text = texts[i];
      String name = i < TEXTS.size() ? TEXTS.get(i) : fields.get(i - TEXTS.size()).name();
      length += Integer.BYTES + (i < TEXTS.size() ? 0 : Integer.BYTES + name.length() + 1);
      if (text != null && erasable.test(name)) {
        committed[i] = true;
        commitments++;
        length += MerkleHash.BYTES;
        opened += 1 + SALT + Integer.BYTES + text.length;
      } else {
        length += text == null ? 0 : text.length;
      }
    }
    ByteBuffer out = ByteBuffer.allocate(length);
    ByteBuffer openings = ByteBuffer.wrap(opened == 0 ? NONE : new byte[opened]);
    byte[] salts = new byte[commitments * SALT];
    if (commitments > 0) {
      RANDOM.nextBytes(salts);
    }
    putNumbers(log, record, out);
    int salt = 0;
    for (int i = 0; i < texts.length; i++) {
      if (i == TEXTS.size()) {
        out.putInt(fields.size());
      }
      if (i >= TEXTS.size()) {
        putField(fields.get(i - TEXTS.size()), out);
      }
      byte[] text = texts[i];
      if (text == null) {
        out.putInt(ABSENT);
      } else if (committed[i]) {
        openings.put(OPEN).put(salts, salt, SALT).putInt(text.length).put(text);
        out.putInt(COMMITTED).put(hash.commitment(salts, salt, text, 0, text.length));
        salt += SALT;
      } else {
        out.putInt(text.length).put(text);
      }
    }
    if (fields.isEmpty()) {
      out.putInt(0);
    }
    return new Frame(out.array(), openings.array());
  }

  private static byte[] @Nullable [] texts(AuditRecord record, List<AuditField<?>> fields) {
    byte[] @Nullable [] texts = new byte[TEXTS.size() + fields.size()][];
    texts[0] = bytes(record.content());
    texts[1] = bytes(record.sourceNode());
    texts[2] = bytes(record.namespace());
    texts[3] = bytes(record.severity());
    texts[4] = bytes(record.user().orElse(null));
    texts[5] = bytes(record.requestId().orElse(null));
    texts[6] = bytes(record.service().orElse(null));
    texts[7] = bytes(record.ext().orElse(null));
    int at = TEXTS.size();
    for (AuditField<?> field : fields) {
      AuditRecord.Valued valued = record.valued(field.name());
      texts[at++] = valued == null ? null : field.encode(valued.value());
    }
    return texts;
  }

  private static void putNumbers(LogName log, AuditRecord record, ByteBuffer out) {
    out.put(log.tag()).put(VERSION).put((byte) record.kind().code());
    out.putInt(Long.BYTES).putLong(record.id());
    out.putInt(Long.BYTES).putLong(micros(record));
    out.putInt(Integer.BYTES).putInt(record.operationType());
    out.putInt(Integer.BYTES).putInt(record.resultType());
  }

  private static void putField(AuditField<?> field, ByteBuffer out) {
    byte[] name = field.name().getBytes(StandardCharsets.US_ASCII);
    out.putInt(name.length).put(name).put((byte) field.type().code());
  }

  private static byte @Nullable [] bytes(@Nullable String text) {
    return text == null ? null : text.getBytes(StandardCharsets.UTF_8);
  }

  /** The record of a frame that commits to nothing. */
  static AuditRecord decode(byte[] frame) {
    return decode(frame, NONE);
  }

  /**
   * The record of a frame. Whether the openings are those of its commitments is not looked at.
   *
   * @throws IllegalArgumentException if the bytes are not a frame and its openings
   */
  static AuditRecord decode(byte[] frame, byte[] openings) {
    FrameReader in = new FrameReader(frame, openings);
    in.begin();
    long id = in.eight("id");
    Check.range(id, 1, Long.MAX_VALUE - 1, "id");
    Instant time = Instant.EPOCH.plus(in.eight("time"), ChronoUnit.MICROS);
    int operationType = in.four("operationType");
    int resultType = in.four("resultType");
    in.next();
    AuditRecord.Builder builder =
        AuditRecord.of(operationType, resultType, in.isErased() ? "" : in.required("content"))
            .kind(in.kind())
            .id(id)
            .time(time);
    noteErased(in, builder, "content");
    for (int i = 1; i < TEXTS.size(); i++) {
      in.next();
      String name = TEXTS.get(i);
      noteErased(in, builder, name);
      String text = i < 4 && !in.isErased() ? in.required(name) : in.optional(name);
      if (text != null) {
        set(builder, name, text);
      }
    }
    decodeFields(in, builder);
    in.end();
    return builder.build();
  }

  private static void noteErased(FrameReader in, AuditRecord.Builder builder, String name) {
    if (in.isErased()) {
      builder.erased(name);
    }
  }

  private static void set(AuditRecord.Builder builder, String name, String text) {
    switch (name) {
      case "sourceNode" -> builder.sourceNode(text);
      case "namespace" -> builder.namespace(text);
      case "severity" -> builder.severity(text);
      case "user" -> builder.user(text);
      case "requestId" -> builder.requestId(text);
      case "service" -> builder.service(text);
      case Field.EXT -> builder.ext(text);
      default -> throw new AssertionError(name);
    }
  }

  private static void decodeFields(FrameReader in, AuditRecord.Builder builder) {
    int fields = in.number("number of fields");
    Check.range(fields, 0, AuditRules.MAX_FIELDS, "number of fields");
    String last = "";
    for (int i = 0; i < fields; i++) {
      AuditField<?> field = in.field();
      Check.that(last.compareTo(field.name()) < 0, "fields must be in ascending order");
      last = field.name();
      in.next();
      noteErased(in, builder, field.name());
      if (!in.isErased()) {
        builder.setChecked(field, field.decode(in.requiredBytes(field.name())));
      }
    }
  }

  /**
   * What is wrong with the openings of a frame: the names of those that are not what the frame
   * commits to; "form" if they cannot be read.
   */
  static List<String> misopened(byte[] frame, byte[] openings, MerkleHash hash) {
    if (openings.length == 0 && !FrameReader.mayCommit(frame)) {
      return List.of();
    }
    try {
      return wrong(new FrameReader(frame, openings), hash);
    } catch (IllegalArgumentException e) {
      return List.of("form");
    }
  }

  private static List<String> wrong(FrameReader in, MerkleHash hash) {
    List<String> wrong = List.of();
    in.begin();
    in.skipNumbers();
    for (int i = 0; i < TEXTS.size(); i++) {
      in.next();
      if (!in.isAsCommitted(hash)) {
        wrong = with(wrong, TEXTS.get(i));
      }
    }
    int fields = in.number("number of fields");
    for (int i = 0; i < fields; i++) {
      String name = in.field().name();
      in.next();
      if (!in.isAsCommitted(hash)) {
        wrong = with(wrong, name);
      }
    }
    in.end();
    return wrong;
  }

  private static List<String> with(List<String> names, String name) {
    List<String> more = new ArrayList<>(names);
    more.add(name);
    return more;
  }

  /**
   * The name of the first column that is not what the frame says; null if all are, "form" if it is
   * no frame. Makes no object for texts of ASCII, as it is what a verification does most.
   */
  static @Nullable String difference(byte[] frame, byte[] openings, TreeLeaf.Columns columns) {
    try {
      FrameReader in = new FrameReader(frame, openings);
      in.begin();
      String different = difference(in, columns);
      return different == null && columns.terms() != null
          ? differenceOfTerms(decode(frame, openings), columns.terms())
          : different;
    } catch (IllegalArgumentException e) {
      return "form";
    }
  }

  private static @Nullable String differenceOfTerms(AuditRecord record, Set<Long> kept) {
    return AuditTerms.kept(record).equals(kept) ? null : "terms";
  }

  private static @Nullable String difference(FrameReader in, TreeLeaf.Columns columns) {
    if (in.eight("id") != columns.id()) {
      return "id";
    }
    if (in.eight("time") != columns.timeMicros()) {
      return "time";
    }
    if (in.four("operationType") != columns.operationType()) {
      return "operationType";
    }
    if (in.four("resultType") != columns.resultType()) {
      return "resultType";
    }
    in.next();
    in.next();
    if (in.isErased() ? !columns.sourceNode().isEmpty() : !in.is(columns.sourceNode())) {
      return "sourceNode";
    }
    if (!in.nextIs(columns.namespace())) {
      return "namespace";
    }
    if (!in.nextIs(columns.severity())) {
      return "severity";
    }
    if (!in.nextIs(columns.user())) {
      return "user";
    }
    if (!in.nextIs(columns.requestId())) {
      return "requestId";
    }
    return in.nextIs(columns.service()) ? null : "service";
  }

  /**
   * The openings without those of some fields, in whose place the id of the record stands that
   * tells of their erasure.
   *
   * @throws IllegalArgumentException if the frame says one of them in clear
   */
  static byte[] erase(byte[] frame, byte[] openings, Predicate<String> names, long evidence) {
    FrameReader in = new FrameReader(frame, openings);
    ByteBuffer out = ByteBuffer.allocate(openings.length);
    in.begin();
    in.skipNumbers();
    for (int i = 0; i < TEXTS.size(); i++) {
      in.next();
      in.copyOpening(out, TEXTS.get(i), names, evidence);
    }
    int fields = in.number("number of fields");
    for (int i = 0; i < fields; i++) {
      String name = in.field().name();
      in.next();
      in.copyOpening(out, name, names, evidence);
    }
    in.end();
    return Arrays.copyOf(out.array(), out.position());
  }

  /** Something to be told of an erased field. */
  interface Erased {
    void field(String name, long evidence);
  }

  /** Tells of every erased field. */
  static void eachErased(byte[] frame, byte[] openings, Erased told) {
    FrameReader in = new FrameReader(frame, openings);
    in.begin();
    in.skipNumbers();
    for (int i = 0; i < TEXTS.size(); i++) {
      in.next();
      in.tellErased(TEXTS.get(i), told);
    }
    int fields = in.number("number of fields");
    for (int i = 0; i < fields; i++) {
      String name = in.field().name();
      in.next();
      in.tellErased(name, told);
    }
  }

  /** The record's time, which must be there, in microseconds since 1970. */
  static long micros(AuditRecord record) {
    Instant time =
        record.time().orElseThrow(() -> new IllegalArgumentException("record must have a time"));
    return time.getEpochSecond() * 1_000_000 + time.getNano() / 1_000;
  }
}
