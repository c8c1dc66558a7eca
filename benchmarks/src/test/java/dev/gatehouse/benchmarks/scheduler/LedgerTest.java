package dev.gatehouse.benchmarks.scheduler;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class LedgerTest {
  private static final int SIZE = 100;

  private final Ledger ledger = new Ledger(SIZE);

  @Test
  void check_everyTaskOnce_passes() throws InterruptedException {
    IntStream.range(0, SIZE).parallel().forEach(ledger::ran);

    ledger.await(Duration.ZERO);
    assertThat(ledger.count()).isEqualTo(SIZE);
    assertThatCode(ledger::check).doesNotThrowAnyException();
  }

  @Test
  void check_oneTwice_saysSo() {
    IntStream.range(0, SIZE).forEach(ledger::ran);
    ledger.ran(64);

    assertThatThrownBy(ledger::check)
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("0 did not run, 1 ran again, 0 others ran");
  }

  @Test
  void check_oneMissing_saysSo() {
    IntStream.range(0, SIZE - 1).forEach(ledger::ran);

    assertThatThrownBy(ledger::check)
        .hasMessageContaining("1 did not run, 0 ran again, 0 others ran");
  }

  @Test
  void check_oneThatWasNotDue_saysSo() {
    IntStream.range(0, SIZE).forEach(ledger::ran);
    ledger.ran(SIZE);
    ledger.ran(-1);

    assertThatThrownBy(ledger::check).hasMessageContaining("0 ran again, 2 others ran");
  }

  @Test
  void await_oneMissing_givesUpWhenNoneRuns() {
    ledger.ran(5);

    assertThatThrownBy(() -> ledger.await(Duration.ofMillis(1)))
        .isInstanceOf(IllegalStateException.class)
        .hasMessage("for PT0.001S no task ran, after 1 of 100");
  }

  @Test
  void payload_anyIndex_comesBackFromATextOfThatLength() {
    for (int index : new int[] {0, 7, 999_999_999}) {
      String payload = Payload.of(index, 100);
      assertThat(payload).hasSize(100).startsWith("\"").endsWith("\"");
      assertThat(Payload.index(payload)).isEqualTo(index);
    }
  }
}
