package dev.gatehouse.audit;

import dev.gatehouse.check.Check;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * Walks through a frame, and its openings along with it. Makes no copy of what is not asked for.
 * Every method throws {@code IllegalArgumentException} where the bytes are not of the form. Not
 * safe: confine to one thread.
 */
final class FrameReader {
  private static final int AFTER_NUMBERS = AuditFrame.TAG + 2 + 2 * (4 + 8) + 2 * (4 + 4);

  private final byte[] frame;
  private final byte[] openings;
  private int at;
  private int openAt;

  /** Where the bytes of the present text are. */
  private byte[] source;

  private int start;
  private int length;
  private State state = State.ABSENT;
  private int commitmentAt;
  private long evidence;

  /** What the frame says of a text. */
  private enum State {
    ABSENT,
    CLEAR,
    OPEN,
    ERASED
  }

  FrameReader(byte[] frame, byte[] openings) {
    this.frame = frame;
    this.openings = openings;
    source = frame;
  }

  /** Whether a frame may have a commitment: false only if it has none for sure. */
  static boolean mayCommit(byte[] frame) {
    for (int i = AFTER_NUMBERS; i + 3 < frame.length; i++) {
      if (frame[i] == -1 && frame[i + 1] == -1 && frame[i + 2] == -1 && frame[i + 3] == -2) {
        return true;
      }
    }
    return false;
  }

  void begin() {
    LogName.ofFrame(frame);
    Check.that(frame.length > AuditFrame.TAG + 2, "frame must hold more than its tag");
    byte version = frame[AuditFrame.TAG];
    Check.that(version == AuditFrame.VERSION, () -> "frame must have version 1, had " + version);
    kind();
    at = AuditFrame.TAG + 2;
  }

  AuditRecord.Kind kind() {
    int kind = frame[AuditFrame.TAG + 1];
    return switch (kind) {
      case 0 -> AuditRecord.Kind.RECORD;
      case 1 -> AuditRecord.Kind.ERASURE;
      case 2 -> AuditRecord.Kind.REMOVAL;
      default -> throw new IllegalArgumentException("kind must be in 0..2, was " + kind);
    };
  }

  void skipNumbers() {
    at = AFTER_NUMBERS;
  }

  long eight(String name) {
    requireLength(Long.BYTES, name);
    long high = number(name);
    return high << 32 | (number(name) & 0xffff_ffffL);
  }

  int four(String name) {
    requireLength(Integer.BYTES, name);
    return number(name);
  }

  private void requireLength(int bytes, String name) {
    int had = number(name);
    Check.that(had == bytes, () -> name + " must have " + bytes + " bytes, had " + had);
  }

  int number(String name) {
    requireLeft(Integer.BYTES, name);
    int value = int32(frame, at);
    at += Integer.BYTES;
    return value;
  }

  private void requireLeft(int bytes, String name) {
    if (bytes < 0 || bytes > frame.length - at) {
      throw new IllegalArgumentException("frame must hold all of " + name);
    }
  }

  private static int int32(byte[] bytes, int at) {
    return bytes[at] << 24
        | (bytes[at + 1] & 0xff) << 16
        | (bytes[at + 2] & 0xff) << 8
        | (bytes[at + 3] & 0xff);
  }

  /** Name and type of a field of the application's, whose text is next. */
  AuditField<?> field() {
    int bytes = number("name of a field");
    requireLeft(bytes, "name of a field");
    String name = new String(frame, at, bytes, StandardCharsets.US_ASCII);
    at += bytes;
    requireLeft(1, "type of a field");
    return AuditField.of(name, frame[at++]);
  }

  /** Goes to the next text. */
  void next() {
    int told = number("a text");
    if (told == AuditFrame.ABSENT) {
      state = State.ABSENT;
    } else if (told == AuditFrame.COMMITTED) {
      requireLeft(MerkleHash.BYTES, "a commitment");
      commitmentAt = at;
      at += MerkleHash.BYTES;
      nextOpening();
    } else {
      requireLeft(told, "a text");
      state = State.CLEAR;
      source = frame;
      start = at;
      length = told;
      at += told;
    }
  }

  private void nextOpening() {
    requireOpenLeft(1);
    byte kind = openings[openAt++];
    if (kind == AuditFrame.ERASED) {
      requireOpenLeft(Long.BYTES);
      evidence = ByteBuffer.wrap(openings).getLong(openAt);
      openAt += Long.BYTES;
      state = State.ERASED;
      return;
    }
    Check.that(kind == AuditFrame.OPEN, () -> "an opening must be 0 or 1, was " + kind);
    requireOpenLeft(AuditFrame.SALT + Integer.BYTES);
    length = int32(openings, openAt + AuditFrame.SALT);
    openAt += AuditFrame.SALT + Integer.BYTES;
    requireOpenLeft(length);
    state = State.OPEN;
    source = openings;
    start = openAt;
    openAt += length;
  }

  private void requireOpenLeft(int bytes) {
    if (bytes < 0 || bytes > openings.length - openAt) {
      throw new IllegalArgumentException("openings must be of all commitments");
    }
  }

  void end() {
    Check.that(at == frame.length, "frame must end after its fields");
    Check.that(openAt == openings.length, "openings must end after the last");
  }

  boolean isErased() {
    return state == State.ERASED;
  }

  String required(String name) {
    requireThere(name);
    return Check.utf8(source, start, length, name);
  }

  private void requireThere(String name) {
    Check.that(state == State.CLEAR || state == State.OPEN, () -> name + " must be there");
  }

  byte[] requiredBytes(String name) {
    requireThere(name);
    return Arrays.copyOfRange(source, start, start + length);
  }

  @Nullable String optional(String name) {
    return state == State.ABSENT || state == State.ERASED ? null : required(name);
  }

  /** Whether the next text is that one; an absent or erased one is null. */
  boolean nextIs(@Nullable String value) {
    next();
    return is(value);
  }

  boolean is(@Nullable String value) {
    boolean gone = state == State.ABSENT || state == State.ERASED;
    if (gone || value == null) {
      return gone && value == null;
    }
    if (length == value.length()) {
      int i = 0;
      while (i < length && source[start + i] == value.charAt(i)) {
        i++;
      }
      if (i == length) {
        return true;
      }
    }
    byte[] sought = value.getBytes(StandardCharsets.UTF_8);
    return Arrays.equals(source, start, start + length, sought, 0, sought.length);
  }

  /** Whether the text is the one that is committed to, or there is nothing to compare. */
  boolean isAsCommitted(MerkleHash hash) {
    if (state != State.OPEN) {
      return true;
    }
    int saltAt = start - Integer.BYTES - AuditFrame.SALT;
    byte[] commitment = hash.commitment(openings, saltAt, source, start, length);
    return Arrays.equals(
        commitment, 0, MerkleHash.BYTES, frame, commitmentAt, commitmentAt + MerkleHash.BYTES);
  }

  /** Writes the opening of the text as it is, or that it was erased. */
  void copyOpening(ByteBuffer out, String name, Predicate<String> erase, long evidenceId) {
    switch (state) {
      case ABSENT -> {}
      case CLEAR ->
          Check.that(!erase.test(name), name + " was written in clear and cannot be erased");
      case ERASED -> out.put(AuditFrame.ERASED).putLong(evidence);
      case OPEN -> {
        int from = start - Integer.BYTES - AuditFrame.SALT - 1;
        if (erase.test(name)) {
          out.put(AuditFrame.ERASED).putLong(evidenceId);
        } else {
          out.put(openings, from, start + length - from);
        }
      }
    }
  }

  void tellErased(String name, AuditFrame.Erased told) {
    if (state == State.ERASED) {
      told.field(name, evidence);
    }
  }
}
