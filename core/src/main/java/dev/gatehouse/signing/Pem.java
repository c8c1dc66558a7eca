package dev.gatehouse.signing;

import static java.util.Objects.requireNonNull;

import dev.gatehouse.check.Check;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * One block of PEM, RFC 7468, with nothing but white space around it. No message repeats what stood
 * in it. Immutable.
 */
final class Pem {
  /** Longest text, in chars. */
  static final int MAX_LENGTH = 16 << 10;

  private static final Pattern BLOCK =
      Pattern.compile(
          "\\s*-----BEGIN ([A-Z0-9 ]{1,40})-----([A-Za-z0-9+/=\\s]*+)-----END ([A-Z0-9 ]{1,40})-----\\s*");
  private static final Pattern WHITE = Pattern.compile("\\s+");
  private static final Base64.Encoder LINES =
      Base64.getMimeEncoder(64, "\n".getBytes(StandardCharsets.US_ASCII));

  private final String label;
  private final byte[] der;

  /**
   * A block.
   *
   * @param label what it says it holds
   * @param der what it holds, taken over
   */
  Pem(String label, byte[] der) {
    this.label = label;
    this.der = der;
  }

  static Pem of(String text) {
    requireNonNull(text, "PEM");
    Check.range(text.length(), 1, MAX_LENGTH, "length of PEM");
    Check.that(!text.contains("ENCRYPTED"), "PEM must not be encrypted: decrypt it first");
    Matcher block = BLOCK.matcher(text);
    Check.that(
        block.matches() && block.group(1).equals(block.group(3)),
        "PEM must be one block from its BEGIN to its END, with Base64 between and nothing around");
    return new Pem(block.group(1), decode(WHITE.matcher(block.group(2)).replaceAll("")));
  }

  private static byte[] decode(String base64) {
    try {
      byte[] der = Base64.getDecoder().decode(base64);
      if (Base64.getEncoder().encodeToString(der).equals(base64)) {
        return der;
      }
    } catch (IllegalArgumentException e) {
      throw notBase64();
    }
    throw notBase64();
  }

  private static IllegalArgumentException notBase64() {
    return new IllegalArgumentException("PEM must hold Base64, did not");
  }

  String label() {
    return label;
  }

  byte[] der() {
    return der;
  }

  /** The block, each line ended by a line feed. */
  String text() {
    return "-----BEGIN "
        + label
        + "-----\n"
        + LINES.encodeToString(der)
        + "\n-----END "
        + label
        + "-----\n";
  }

  @Override
  public String toString() {
    return "Pem[...]";
  }
}
