package dev.gatehouse.storage.jdbc;

import static org.assertj.core.api.Assertions.assertThat;

import dev.gatehouse.scheduler.ClaimedTask;
import dev.gatehouse.scheduler.Exclusion;
import dev.gatehouse.scheduler.Priority;
import dev.gatehouse.scheduler.TaskRow;
import dev.gatehouse.storage.jdbc.TaskSql.Claim;
import dev.gatehouse.storage.jdbc.TaskSql.LaneShare;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.jdbi.v3.core.Handle;
import org.junit.jupiter.api.Test;
import org.mockito.Mockito;

/** How claims divide themselves between lanes, of which each has some tasks or none. */
class LaneCursorsTest {
  private static final int LANES = 16;
  private static final int ALL = LANES * Priority.values().length;
  private static final Claim CLAIM = new Claim(1, null, Long.MAX_VALUE, Exclusion.NONE);

  private final Handle handle = Mockito.mock(Handle.class);
  private final int[] left = new int[ALL];
  private final long[] next = new long[ALL];
  private int statements;

  private TaskSql sql() {
    return JdbcProxy.of(
        TaskSql.class,
        (method, arguments) ->
            switch (method.getName()) {
              case "lanes" -> LANES;
              case "lane" -> (int) ((TaskRow) arguments[0]).id() % ALL;
              case "claim" -> claim((List<?>) arguments[2]);
              default -> throw new UnsupportedOperationException(method.toString());
            });
  }

  private List<ClaimedTask> claim(List<?> shares) {
    statements++;
    List<ClaimedTask> claimed = new ArrayList<>();
    for (Object one : shares) {
      LaneShare share = (LaneShare) one;
      for (int i = 0; i < share.share() && left[share.lane()] > 0; i++) {
        left[share.lane()]--;
        long due = ++next[share.lane()];
        TaskRow row =
            new TaskRow(
                due * ALL + share.lane(), 0, "work", null, "", "1", 1, "linear:0:0", 0, due);
        claimed.add(new ClaimedTask(row, due, 1, 0, 1));
      }
    }
    return claimed;
  }

  private int left() {
    int sum = 0;
    for (int some : left) {
      sum += some;
    }
    return sum;
  }

  private int claim(LaneCursors cursors, int limit) {
    return cursors.claim(handle, CLAIM, limit).size();
  }

  /** One lane of bulk tasks is open, and all of the others: each is to get something. */
  @Test
  void claim_fewLanesOfOnePriority_noMoreThanAsked() {
    LaneCursors cursors = new LaneCursors(sql());
    for (int lane = 0; lane <= 2 * LANES; lane++) {
      left[lane] = 1_000;
    }
    assertThat(claim(cursors, 400)).isEqualTo(400);

    assertThat(claim(cursors, 33)).isEqualTo(33);
    assertThat(claim(cursors, 34)).isEqualTo(34);
  }

  @Test
  void claim_whateverLanesHave_asManyAsAskedOrAllThereAre() {
    long seed = System.nanoTime();
    Random random = new Random(seed);
    for (int round = 0; round < 2_000; round++) {
      int open = random.nextInt(ALL + 1);
      for (int lane = 0; lane < ALL; lane++) {
        left[lane] = random.nextInt(ALL) < open ? random.nextInt(40) : 0;
      }
      LaneCursors cursors = new LaneCursors(sql());
      for (int claims = 0; claims < 6; claims++) {
        int limit = 10 + random.nextInt(90);
        int expected = Math.min(limit, left());
        statements = 0;
        assertThat(claim(cursors, limit)).as("seed %d, round %d", seed, round).isEqualTo(expected);
        assertThat(statements).as("seed %d, round %d", seed, round).isLessThan(40);
      }
    }
  }
}
