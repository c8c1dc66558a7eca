package dev.gatehouse.audit;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class AuditPageTest {
  /** Among them what JSON escapes, and a half of a pair that is one in an escape only. */
  @ParameterizedTest
  @ValueSource(strings = {"", "content", "ext", "ext.a"})
  void jsonBytes_anyText_isTheJsonInUtf8(String field) {
    String text =
        "a\u00e9\u4e2d\ud83d\ude00\"\\\n\u0001\u2028\u007f" + "x".repeat(9_000) + "\ud83d\ude00";
    AuditRecord record =
        AuditRecord.of(1, -2, text)
            .id(7)
            .time(Instant.ofEpochMilli(8))
            .user("\u4e2d")
            .ext("{\"a\":\"\\ud83d\",\"b\":[1.10,null,\"\ud83d\ude00\"]}")
            .build();
    List<String> fields = field.isEmpty() ? List.of() : List.of(field);
    AuditPage page = new AuditPage(List.of(record, record), "p", true, false, fields);
    assertThat(page.jsonBytes()).isEqualTo(page.json().getBytes(StandardCharsets.UTF_8));
    assertThat(page.json()).startsWith("{\"records\":[{").endsWith("\"hasPrev\":false}");
  }
}
