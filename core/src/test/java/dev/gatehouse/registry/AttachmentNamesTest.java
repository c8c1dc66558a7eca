package dev.gatehouse.registry;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Instant;
import java.util.Collections;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class AttachmentNamesTest {
  private static final Instant START = Instant.ofEpochMilli(1_634_890_066_095L);

  @ParameterizedTest
  @ValueSource(strings = {"a", "_", "-", "db-rtdata", "A9_-", "abcdefghijklmnopqrstuvwxyz012345"})
  void service_valid_taken(String name) {
    assertThat(AttachmentNames.service(name)).isEqualTo(name);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "9a",
        "a.b",
        "a b",
        "\u4e2d",
        "a\n",
        "abcdefghijklmnopqrstuvwxyz0123456",
        "$a"
      })
  void service_invalid_refused(String name) {
    assertThatThrownBy(() -> AttachmentNames.service(name))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageStartingWith("service name must match [A-Za-z_-][A-Za-z0-9_-]{0,31}, was '");
  }

  @Test
  void strictService_notALetterFirst_refused() {
    assertThat(AttachmentNames.strictService("a_-9")).isEqualTo("a_-9");
    assertThatThrownBy(() -> AttachmentNames.strictService("_a"))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> AttachmentNames.strictService("-a"))
        .isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void composed_ofCodes_asTheTableSays() {
    assertThat(AttachmentNames.service("scada", "rtdata")).isEqualTo("scada-rtdata");
    assertThat(AttachmentNames.proxyService("sys", "mod")).isEqualTo("proxy-sys-mod");
    assertThatThrownBy(() -> AttachmentNames.service("9", "x"))
        .hasMessageStartingWith("service name must match");
    assertThatThrownBy(() -> AttachmentNames.service("a.b", "x"))
        .hasMessageStartingWith("code must match");
    assertThatThrownBy(() -> AttachmentNames.proxyService("a".repeat(20), "b".repeat(6)))
        .hasMessageStartingWith("service name must match");
  }

  @Test
  void node_ofHostStartAndCounter_fitForAName() {
    assertThat(AttachmentNames.node("T\u0130TLE.Example", START, 0))
        .isEqualTo("ti-tle-example-1634890066095-0");
    assertThat(AttachmentNames.node("Host_1.example", START, 7))
        .isEqualTo("host_1-example-1634890066095-7");
    assertThat(AttachmentNames.proxyNode("Host", START)).isEqualTo("proxy-host-1634890066095");
    assertThat(AttachmentNames.node("x".repeat(253), START, Integer.MAX_VALUE)).hasSize(278);
    assertThatThrownBy(() -> AttachmentNames.node("h", START, -1))
        .hasMessage("counter must be in 0..2147483647, was -1");
    assertThatThrownBy(() -> AttachmentNames.node("", START, 0))
        .hasMessage("length of host must be in 1..253, was 0");
  }

  @Test
  void metadata_hostile_refused() {
    Instance instance = Instance.on("s").at("h", 1);
    assertThatThrownBy(() -> instance.metadata(Map.of("a", "x\r\nSet-Cookie: y")))
        .hasMessageStartingWith("metadata value of a must not hold control characters");
    assertThatThrownBy(() -> instance.metadata(Map.of("a:b", "x")))
        .hasMessageStartingWith("metadata key must match");
    assertThatThrownBy(() -> instance.metadata(Map.of("a", "x".repeat(257))))
        .hasMessage("metadata value of a must have 0..256 characters, had 257");
    assertThatThrownBy(
            () ->
                instance.metadata(
                    java.util.stream.IntStream.range(0, 33)
                        .boxed()
                        .collect(java.util.stream.Collectors.toMap(i -> "k" + i, i -> ""))))
        .hasMessage("entries of metadata must be in 0..32, was 33");
    assertThatThrownBy(
            () ->
                instance.metadata(
                    java.util.stream.IntStream.range(0, 32)
                        .boxed()
                        .collect(
                            java.util.stream.Collectors.toMap(
                                i -> "k" + (10 + i), i -> "x".repeat(126)))))
        .hasMessage("length of metadata must be in 0..4096, was 4128");
    assertThat(instance.metadata(Collections.emptyMap()).metadata()).isEmpty();
  }

  @Test
  void instance_edges_judged() {
    Instance instance = Instance.on("s").at("h", 1);
    assertThat(instance.weight(0).weight()).isZero();
    assertThatThrownBy(() -> instance.weight(1_001))
        .hasMessage("weight must be in 0..1000, was 1001");
    assertThatThrownBy(() -> instance.weight(-1)).hasMessage("weight must be in 0..1000, was -1");
    assertThatThrownBy(() -> instance.lease(java.time.Duration.ofMillis(999)))
        .hasMessage("lease must be in PT1S..PT24H, was PT0.999S");
    assertThat(instance.lease(java.time.Duration.ZERO).lease()).isEmpty();
    assertThatThrownBy(() -> instance.protocol("ftp"))
        .hasMessage("protocol must be http or https, was 'ftp'");
    assertThat(Instance.on("s").at("2001:DB8::1", 80).address()).isEqualTo("[2001:db8::1]:80");
  }
}
