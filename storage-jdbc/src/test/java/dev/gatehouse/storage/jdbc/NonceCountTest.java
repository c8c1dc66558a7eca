package dev.gatehouse.storage.jdbc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.mockito.ArgumentMatchers.startsWith;
import static org.mockito.Mockito.doAnswer;
import static org.mockito.Mockito.mock;
import static org.mockito.Mockito.when;

import dev.gatehouse.signing.NonceStore;
import dev.gatehouse.signing.NonceStore.Outcome;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import javax.sql.DataSource;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.mockito.AdditionalAnswers;

/** When an application's nonces are counted, and who waits for it. */
class NonceCountTest {
  private static final long NOW = 1_800_000_000_000L;

  /** A sixteenth of it are 100 claims, and somebody counts when 11 of those are left. */
  private static final int QUOTA = 1_600;

  private static final Callable<Object> AT_ONCE = () -> "";

  private final DataSource sound = H2.memoryDataSource();
  private final AtomicInteger counts = new AtomicInteger();
  private final ExecutorService thread = Executors.newSingleThreadExecutor();
  private final CountDownLatch counting = new CountDownLatch(1);
  private final CountDownLatch goOn = new CountDownLatch(1);
  private final NonceStore nonces = nonces();
  private volatile Callable<Object> duringCount = AT_ONCE;

  private NonceStore nonces() {
    try {
      DataSource spied = mock(DataSource.class);
      when(spied.getConnection()).thenAnswer(call -> connection(sound.getConnection()));
      return JdbcStorage.of(spied).nonces();
    } catch (SQLException e) {
      throw new IllegalStateException(e);
    }
  }

  private Connection connection(Connection real) throws SQLException {
    Connection connection = mock(Connection.class, AdditionalAnswers.delegatesTo(real));
    doAnswer(
            call -> {
              counts.incrementAndGet();
              duringCount.call();
              return real.prepareStatement(call.getArgument(0));
            })
        .when(connection)
        .prepareStatement(startsWith("SELECT COUNT(*) FROM (SELECT 1 AS one FROM gh_nonce"));
    return connection;
  }

  private Outcome claim(int number) {
    return nonces.claim(7, "n" + number, NOW + 600_000, NOW, QUOTA);
  }

  private void claim(int from, int until) {
    for (int i = from; i < until; i++) {
      assertThat(claim(i)).as("claim %s", i).isEqualTo(Outcome.CLAIMED);
    }
  }

  @AfterEach
  void end() {
    goOn.countDown();
    thread.shutdownNow();
  }

  private Object waiting() throws InterruptedException {
    counting.countDown();
    goOn.await();
    return "";
  }

  @Test
  void claim_whileAnotherCountsAhead_neitherWaitsNorCounts() throws Exception {
    claim(0, 88);
    assertThat(counts).hasValue(1);
    duringCount = this::waiting;
    Future<Outcome> counter = thread.submit(() -> claim(88));
    counting.await();
    duringCount = AT_ONCE;
    claim(89, 100);
    assertThat(counts).hasValue(2);
    goOn.countDown();
    assertThat(counter.get()).isEqualTo(Outcome.CLAIMED);
  }

  /** What went ahead during a count is not in it: together they are not more than it allowed. */
  @Test
  void claim_afterCountAhead_isCountedAgainWithinWhatThatAllowed() throws Exception {
    claim(0, 88);
    duringCount = this::waiting;
    Future<Outcome> counter = thread.submit(() -> claim(88));
    counting.await();
    duringCount = AT_ONCE;
    claim(89, 100);
    goOn.countDown();
    assertThat(counter.get()).isEqualTo(Outcome.CLAIMED);

    // It allowed (1,600 - 100) / 16 = 93, of which 11 were spent by then; the last 10 are left.
    claim(100, 171);
    assertThat(counts).hasValue(2);
    claim(171, 172);
    assertThat(counts).hasValue(3);
  }

  @Test
  void claim_untilTheQuota_exactlyAsMany_whateverWasCountedAhead() {
    claim(0, QUOTA);
    assertThat(claim(QUOTA)).isEqualTo(Outcome.FULL);
  }

  @Test
  void claim_countAheadFails_theClaimStands_andWhoHasNoAllowanceCounts() {
    claim(0, 88);
    duringCount =
        () -> {
          throw new SQLException("no such luck", "XX000");
        };
    claim(88, 89);
    duringCount = AT_ONCE;
    claim(89, 100);
    assertThat(counts).hasValue(2);
    claim(100, 101);
    assertThat(counts).hasValue(3);
  }
}
