package dev.gatehouse.signing;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class EcSignaturesTest {
  private static final HexFormat HEX = HexFormat.of();

  private static byte[] hex(String text) {
    return HEX.parseHex(text.replace(" ", ""));
  }

  @Test
  void raw_whatDerMade_theSame() {
    Random random = new Random(7);
    for (int i = 0; i < 10_000; i++) {
      byte[] raw = new byte[EcSignatures.LENGTH];
      random.nextBytes(raw);
      Arrays.fill(raw, 0, random.nextInt(32), (byte) 0);
      Arrays.fill(raw, 32, 32 + random.nextInt(32), (byte) 0);
      byte[] der = EcSignatures.der(raw);
      assertThat(EcSignatures.raw(der)).hasValueSatisfying(back -> assertThat(back).isEqualTo(raw));
    }
  }

  @Test
  void raw_smallNumbers_paddedToTheirLength() {
    byte[] raw = EcSignatures.raw(hex("3006 020101 020102")).orElseThrow();
    byte[] expected = new byte[64];
    expected[31] = 1;
    expected[63] = 2;
    assertThat(raw).isEqualTo(expected);
    assertThat(EcSignatures.raw(hex("3008 02020080 0202 00ff"))).isPresent();
  }

  @Test
  void raw_whateverIsNotTheShortestDer_empty() {
    String r = "7f".repeat(32);
    for (String der :
        List.of(
            "",
            "30",
            "3000",
            "3003 020101",
            "3006 020101 0201",
            "3006 020101 020102 00",
            "3007 020101 020102",
            "3007 020101 020102 00",
            "3009 020101 020102 020103",
            "3080 020101 020102 0000",
            "308106 020101 020102",
            "30820006 020101 020102",
            "3106 020101 020102",
            "3006 030101 020102",
            "3006 020101 030102",
            "3007 02020001 020102",
            "3007 020101 02020001",
            "3006 0201ff 020102",
            "3006 020101 020180",
            "3004 0200 0200",
            "3005 0200 020101",
            "3007 02810101 020102",
            "3006 020201 020102",
            "3006 028001 020102",
            "3025 0220" + r + "0200",
            "3026 0221" + r + "01 020101",
            "3027 02220000" + r + "020101",
            "3046 0221" + "ff".repeat(33) + "0221" + "ff".repeat(33))) {
      assertThat(EcSignatures.raw(hex(der))).as(der).isEmpty();
    }
  }

  @Test
  void raw_anythingAtAll_noFailureAndOneSpelling() {
    Random random = new Random(11);
    byte[] good = EcSignatures.der(new byte[64]);
    for (int i = 0; i < 200_000; i++) {
      byte[] der = random.nextBoolean() ? good.clone() : new byte[random.nextInt(80)];
      for (int n = random.nextInt(4); n >= 0 && der.length > 0; n--) {
        der[random.nextInt(der.length)] = (byte) random.nextInt(256);
      }
      EcSignatures.raw(der).ifPresent(raw -> assertThat(EcSignatures.der(raw)).isEqualTo(der));
    }
  }
}
