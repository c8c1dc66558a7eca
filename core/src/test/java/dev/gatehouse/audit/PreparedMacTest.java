package dev.gatehouse.audit;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.time.Instant;
import java.util.Arrays;
import java.util.Base64;
import java.util.Random;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;
import org.junit.jupiter.api.Test;

class PreparedMacTest {
  private static byte[] random(Random random, int length) {
    byte[] bytes = new byte[length];
    random.nextBytes(bytes);
    return bytes;
  }

  private static byte[] asTheJdkMakesIt(byte[] key, byte[] first, byte[] second)
      throws GeneralSecurityException {
    Mac mac = Mac.getInstance("HmacSHA256");
    mac.init(new SecretKeySpec(key, "HmacSHA256"));
    mac.update(first);
    return mac.doFinal(second);
  }

  @Test
  void mac_anyKeyUpToABlock_isTheJdks() throws GeneralSecurityException {
    long seed = System.nanoTime();
    Random random = new Random(seed);
    for (int length = 1; length <= 64; length++) {
      byte[] key = random(random, length);
      PreparedMac mac = PreparedMac.of(key);
      for (int i = 0; i < 3; i++) {
        byte[] first = random(random, random.nextInt(100));
        byte[] second = random(random, random.nextInt(300));
        assertThat(mac.mac(first, second))
            .as("seed %d", seed)
            .isEqualTo(asTheJdkMakesIt(key, first, second));
      }
    }
  }

  /** Points that were given by older versions, or by other nodes, must go on to be taken. */
  @Test
  void cursor_onTheWire_isAsItsContractSays() throws GeneralSecurityException {
    byte[] key = random(new Random(1), 32);
    AuditQuery query =
        AuditQuery.between(Instant.ofEpochMilli(5), Instant.ofEpochMilli(7))
            .filter(
                Filter.any(
                    Filter.where("resultType").inList(1, 1.5),
                    Filter.where("content").like("\u4e2d\"%")));
    Cursor cursor = new Cursor(new AuditPosition(5_001, 8), new AuditPosition(6_002, 9));
    String point = cursor.write(query, PreparedMac.of(key));
    byte[] bytes = Base64.getUrlDecoder().decode(point);
    byte[] body = Arrays.copyOf(bytes, 49);
    String filter =
        "{\"op\":\"or\",\"subFilter\":[{\"expr\":[{\"field\":\"resultType\",\"operator\":\"InList\","
            + "\"value\":[1,1.5]}]},{\"expr\":[{\"field\":\"content\",\"operator\":\"Like\","
            + "\"value\":[\"\u4e2d\\\"%\"]}]}]}";
    byte[] hash = MerkleHash.sha256().digest(("5 7 " + filter).getBytes(StandardCharsets.UTF_8));
    assertThat(query.filter().orElseThrow().json()).isEqualTo(filter);
    assertThat(Arrays.copyOfRange(body, 1, 17)).isEqualTo(Arrays.copyOf(hash, 16));
    byte[] tag = "gatehouse-audit-cursor".getBytes(StandardCharsets.US_ASCII);
    assertThat(Arrays.copyOfRange(bytes, 49, 81)).isEqualTo(asTheJdkMakesIt(key, tag, body));
    assertThat(Cursor.read(point, query, PreparedMac.of(key))).isEqualTo(cursor);
  }
}
