package dev.gatehouse.signing;

import java.security.SecureRandom;

/** Random text of ASCII letters and digits, each equally likely. */
final class RandomText {
  private static final String ALPHABET =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";

  /** Bytes from here on are dropped, or the first letters would be likelier than the last. */
  private static final int USABLE = 256 / ALPHABET.length() * ALPHABET.length();

  private static final SecureRandom RANDOM = new SecureRandom();

  private RandomText() {}

  static String of(int length) {
    StringBuilder text = new StringBuilder(length);
    byte[] bytes = new byte[length + length / 8 + 1];
    while (text.length() < length) {
      RANDOM.nextBytes(bytes);
      for (int i = 0; i < bytes.length && text.length() < length; i++) {
        int value = bytes[i] & 0xff;
        if (value < USABLE) {
          text.append(ALPHABET.charAt(value % ALPHABET.length()));
        }
      }
    }
    return text.toString();
  }
}
