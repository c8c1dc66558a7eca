package dev.gatehouse.permission;

import static org.assertj.core.api.Assertions.assertThat;

import dev.gatehouse.permission.Decision.Allowed;
import dev.gatehouse.permission.Decision.Denied;
import dev.gatehouse.permission.Decision.Reason;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class KeptDecisionsTest {
  private static final int GRANTS = 20_000;

  private static LongColumn ids() {
    LongColumn.Editor ids = new LongColumn.Editor(LongColumn.EMPTY);
    for (int entry = 0; entry < GRANTS; entry++) {
      ids.add(entry + 1_000_000L);
    }
    return ids.column();
  }

  /** An access of so many roles, whose grants begin at 100, stands at 8. */
  private static long[] page(int count) {
    int[] roles = IntStream.range(0, count).toArray();
    long[] page = new long[20];
    page[10] = Entries.plain(roles);
    page[11] = Entries.plain(roles, 100);
    return page;
  }

  private static Decision expected(int entry) {
    long id = entry + 1_000_000L;
    return entry % 3 == 0 ? new Denied(Reason.DENIED, 7, id) : new Allowed(7, id);
  }

  @Test
  void find_moreThanThereIsRoomFor_areAsRightAndTheFirstAreKept() {
    int room = 5_000;
    KeptDecisions decisions =
        new KeptDecisions(7, ids(), 1, (long) room * KeptDecisions.BYTES + KeptDecisions.BYTES - 1);
    for (int pass = 0; pass < 2; pass++) {
      for (int entry = GRANTS - 1; entry >= 0; entry--) {
        Decision decision = decisions.find(entry, entry % 3 == 0);
        assertThat(decision).isEqualTo(expected(entry));
        boolean kept = decisions.find(entry, entry % 3 == 0) == decision;
        assertThat(kept).isEqualTo(entry >= GRANTS - room);
      }
      assertThat(decisions.size()).isEqualTo(room);
    }
  }

  @Test
  void find_noRoom_keepsNone() {
    KeptDecisions decisions = new KeptDecisions(7, ids(), 1, 0);
    assertThat(decisions.find(5, false)).isEqualTo(expected(5));
    assertThat(decisions.size()).isZero();
  }

  @Test
  void ready_accessOfSomeGrants_isWhatIsFoundWhereItStands() {
    KeptDecisions decisions =
        new KeptDecisions(7, ids(), 2, 4 * KeptDecisions.BYTES + KeptDecisions.BYTES - 1);
    assertThat(decisions.ready(1)).isNull();

    decisions.makeReady(1, page(3), 8);

    assertThat(decisions.ready(0)).isNull();
    assertThat(decisions.ready(1))
        .hasSize(20)
        .containsSequence(
            null,
            decisions.find(100, false),
            decisions.find(101, false),
            decisions.find(102, false),
            null);
    assertThat(decisions.ready(1)[8]).isEqualTo(new Allowed(7, 1_000_100));
  }

  @Test
  void ready_noRoomForAll_noneIs() {
    KeptDecisions decisions = new KeptDecisions(7, ids(), 1, 4 * KeptDecisions.BYTES);
    decisions.find(5, false);

    decisions.makeReady(0, page(4), 8);

    assertThat(decisions.ready(0)).isNull();
    assertThat(decisions.size()).isEqualTo(1);
  }

  @Test
  void find_severalThreads_areRightAndNoMoreThanThereIsRoomFor() throws Exception {
    int room = 3_000;
    KeptDecisions decisions = new KeptDecisions(7, ids(), 1, (long) room * KeptDecisions.BYTES);
    ExecutorService threads = Executors.newFixedThreadPool(4);
    try {
      List<Future<Boolean>> works = new ArrayList<>();
      for (int thread = 0; thread < 4; thread++) {
        works.add(
            threads.submit(
                () -> {
                  boolean right = true;
                  for (int entry = 0; entry < GRANTS; entry++) {
                    right &= decisions.find(entry, entry % 3 == 0).equals(expected(entry));
                  }
                  return right;
                }));
      }
      for (Future<Boolean> work : works) {
        assertThat(work.get(60, TimeUnit.SECONDS)).isTrue();
      }
    } finally {
      threads.shutdownNow();
    }
    // Two threads that keep the same one count it twice.
    assertThat(decisions.size()).isBetween(room / 4, room);
  }
}
