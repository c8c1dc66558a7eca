package dev.gatehouse.hash;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.HashSet;
import java.util.Random;
import java.util.Set;
import org.bouncycastle.crypto.macs.SipHash128;
import org.bouncycastle.crypto.params.KeyParameter;
import org.junit.jupiter.api.Test;

class FingerprintTest {
  /** Texts that differ in length, in one char, in a char's upper half, or in a final NUL. */
  @Test
  void of_textsThatDifferAnywhere_differInBothHalves() {
    Set<String> texts = new HashSet<>();
    for (int length = 0; length < 40; length++) {
      String text = "x".repeat(length);
      texts.add(text);
      for (int at = 0; at < length; at++) {
        texts.add(text.substring(0, at) + "y" + text.substring(at + 1));
        texts.add(text.substring(0, at) + "\u7800" + text.substring(at + 1));
        texts.add(text.substring(0, at) + "\u0000" + text.substring(at + 1));
      }
    }
    Set<Long> lows = new HashSet<>();
    Set<Long> highs = new HashSet<>();
    for (String text : texts) {
      Fingerprint fingerprint = Fingerprint.of(text);
      assertThat(Fingerprint.of(String.valueOf(text.toCharArray()))).isEqualTo(fingerprint);
      lows.add(fingerprint.low());
      highs.add(fingerprint.high());
    }
    assertThat(lows).hasSameSizeAs(texts).doesNotContain(0L);
    assertThat(highs).hasSameSizeAs(texts);
  }

  @Test
  void with_otherNumbers_differsAndIsNeverZero() {
    Set<Long> lows = new HashSet<>();
    for (int number = 0; number < 1_000; number++) {
      lows.add(Fingerprint.with(42, number));
    }
    assertThat(lows).hasSize(1_000);
    assertThat(Fingerprint.with(0x9E3779B97F4A7C15L, 0)).isEqualTo(1);
  }

  /** A text is hashed as another implementation hashes its bytes, whatever its length and key. */
  @Test
  void of_randomTextsAndKeys_asSipHash() {
    Random random = new Random(7);
    for (int round = 0; round < 2_000; round++) {
      byte[] key = new byte[16];
      random.nextBytes(key);
      StringBuilder text = new StringBuilder();
      for (int length = round % 300; length > 0; length--) {
        text.append((char) random.nextInt(Character.MAX_VALUE + 1));
      }
      ByteBuffer words = ByteBuffer.wrap(key).order(ByteOrder.LITTLE_ENDIAN);
      Fingerprint own = Fingerprint.of(text.toString(), words.getLong(0), words.getLong(8));
      ByteBuffer theirs = sipHash(key, utf16(text)).order(ByteOrder.LITTLE_ENDIAN);
      assertThat(own).isEqualTo(new Fingerprint(theirs.getLong(0), theirs.getLong(8)));
    }
  }

  /** Of lone surrogates too, which an encoder would replace. */
  private static byte[] utf16(CharSequence text) {
    ByteBuffer bytes = ByteBuffer.allocate(2 * text.length()).order(ByteOrder.LITTLE_ENDIAN);
    text.chars().forEach(c -> bytes.putChar((char) c));
    return bytes.array();
  }

  private static ByteBuffer sipHash(byte[] key, byte[] message) {
    SipHash128 mac = new SipHash128(1, 3);
    mac.init(new KeyParameter(key));
    mac.update(message, 0, message.length);
    byte[] hash = new byte[mac.getMacSize()];
    mac.doFinal(hash, 0);
    return ByteBuffer.wrap(hash);
  }
}
