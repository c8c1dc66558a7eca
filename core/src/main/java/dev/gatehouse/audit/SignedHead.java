package dev.gatehouse.audit;

import static java.util.Objects.requireNonNull;

import dev.gatehouse.check.Check;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.format.DateTimeParseException;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * The head of a tree: how many leaves it has, their root, and when that was, signed or not. Whoever
 * holds one can tell ever after whether the log still has all that it had then.
 *
 * <p>Its text is a checkpoint (https://c2sp.org/tlog-checkpoint) as a signed note
 * (https://c2sp.org/signed-note): lines with the origin, the size in decimal, the root in base64
 * and {@code time} with the instant, each ended by a line feed; an empty line; and for each
 * signature a dash (U+2014), a blank, the name of the key, a blank, and in base64 the 4 bytes of
 * the key id and the signature over all before the empty line. Without a signer there is no such
 * line. Immutable.
 */
public final class SignedHead {
  /** Longest text. */
  public static final int MAX_NOTE = 4_000;

  /** Longest origin. */
  public static final int MAX_ORIGIN = 200;

  private static final Pattern ORIGIN = Pattern.compile("[!-*,-~]{1," + MAX_ORIGIN + "}");
  private static final Pattern SIZE = Pattern.compile("0|[1-9][0-9]{0,18}");
  private static final String TIME = "time ";
  private static final String DASH = "\u2014 ";
  private static final int ID_BYTES = 4;
  private static final int MAX_SIGNATURES = 16;

  private final String origin;
  private final long size;
  private final byte[] root;
  private final Instant time;
  private final List<String> signatures;

  private SignedHead(String origin, long size, byte[] root, Instant time, List<String> signatures) {
    this.origin = checkedOrigin(origin);
    this.size = Check.range(size, 0, Long.MAX_VALUE, "size");
    Check.range(root.length, MerkleHash.BYTES, MerkleHash.BYTES, "bytes of root");
    this.root = root;
    this.time = time;
    this.signatures = List.copyOf(signatures);
  }

  static String checkedOrigin(String origin) {
    return Check.matches(origin, ORIGIN, "origin");
  }

  /** A head that nobody has signed; the time is cut to microseconds. */
  static SignedHead unsigned(String origin, long size, byte[] root, Instant time) {
    return new SignedHead(
        origin, size, root.clone(), time.truncatedTo(ChronoUnit.MICROS), List.of());
  }

  /** This head with one more signature. */
  SignedHead sign(HeadSigner signer, HeadKey key) {
    byte[] signature = requireNonNull(signer.sign(signedText()), "signature");
    Check.range(signature.length, 1, 512, "bytes of the signature");
    byte[] whole = Arrays.copyOf(key.id(), ID_BYTES + signature.length);
    System.arraycopy(signature, 0, whole, ID_BYTES, signature.length);
    List<String> more = new ArrayList<>(signatures);
    more.add(key.name() + " " + Base64.getEncoder().encodeToString(whole));
    return new SignedHead(origin, size, root, time, more);
  }

  /**
   * Reads the text of a head.
   *
   * @throws IllegalArgumentException if it is not exactly that
   */
  public static SignedHead parse(String note) {
    Check.range(requireNonNull(note, "note").length(), 1, MAX_NOTE, "length of the head");
    Check.that(note.endsWith("\n"), "head must end with a line feed, did not");
    String[] lines = note.substring(0, note.length() - 1).split("\n", -1);
    Check.that(
        lines.length >= 5 && lines[4].isEmpty() && lines[3].startsWith(TIME),
        "head must have the lines origin, size, root, time and an empty one, had others");
    Check.that(lines.length <= 5 + MAX_SIGNATURES, "head must have at most 16 signatures");
    List<String> signatures = new ArrayList<>();
    for (int i = 5; i < lines.length; i++) {
      Check.that(lines[i].startsWith(DASH), "a signature must begin with a dash, did not");
      signatures.add(lines[i].substring(DASH.length()));
    }
    Check.matches(lines[1], SIZE, "size");
    try {
      SignedHead head =
          new SignedHead(
              lines[0],
              Long.parseLong(lines[1]),
              Base64.getDecoder().decode(lines[2]),
              Instant.parse(lines[3].substring(TIME.length())),
              signatures);
      Check.that(head.note().equals(note), "head must be written in the one right way, was not");
      return head;
    } catch (NumberFormatException | DateTimeParseException e) {
      throw new IllegalArgumentException("head must have a size and a time, had others", e);
    }
  }

  /** Which log it is of. */
  public String origin() {
    return origin;
  }

  /** How many leaves the tree has. */
  public long size() {
    return size;
  }

  /** The root over all leaves, 32 bytes; a copy. */
  public byte[] root() {
    return root.clone();
  }

  /** When it was made, in whole microseconds. */
  public Instant time() {
    return time;
  }

  /** Whether nobody has signed it. */
  boolean isUnsigned() {
    return signatures.isEmpty();
  }

  /** Whether the key has signed it. */
  public boolean isSignedBy(HeadKey key) {
    byte[] text = signedText();
    return signatures.stream()
        .map(line -> signature(line, key))
        .anyMatch(signature -> signature != null && key.isGenuine(text, signature));
  }

  /** The signature in a line, if it names that key. */
  private static byte @Nullable [] signature(String line, HeadKey key) {
    int blank = line.indexOf(' ');
    if (blank < 0 || !line.substring(0, blank).equals(key.name())) {
      return null;
    }
    try {
      String encoded = line.substring(blank + 1);
      byte[] whole = Base64.getDecoder().decode(encoded);
      boolean isKeys =
          whole.length > ID_BYTES
              && Arrays.equals(Arrays.copyOf(whole, ID_BYTES), key.id())
              && Base64.getEncoder().encodeToString(whole).equals(encoded);
      return isKeys ? Arrays.copyOfRange(whole, ID_BYTES, whole.length) : null;
    } catch (IllegalArgumentException e) {
      return null;
    }
  }

  /** Whether it says of the same log that it has the same leaves. */
  boolean saysTheSame(SignedHead other) {
    return origin.equals(other.origin) && size == other.size && Arrays.equals(root, other.root);
  }

  private byte[] signedText() {
    return body().getBytes(StandardCharsets.UTF_8);
  }

  private String body() {
    return origin
        + "\n"
        + size
        + "\n"
        + Base64.getEncoder().encodeToString(root)
        + "\n"
        + TIME
        + time
        + "\n";
  }

  /** The text. */
  public String note() {
    StringBuilder note = new StringBuilder(body()).append('\n');
    signatures.forEach(line -> note.append(DASH).append(line).append('\n'));
    return note.toString();
  }

  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof SignedHead that && note().equals(that.note());
  }

  @Override
  public int hashCode() {
    return note().hashCode();
  }

  @Override
  public String toString() {
    return "SignedHead of " + origin + " with " + size + " leaves at " + time;
  }
}
