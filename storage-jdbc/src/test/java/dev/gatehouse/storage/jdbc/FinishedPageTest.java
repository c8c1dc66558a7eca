package dev.gatehouse.storage.jdbc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.gatehouse.error.StorageException;
import dev.gatehouse.scheduler.Attempt;
import dev.gatehouse.scheduler.Priority;
import dev.gatehouse.scheduler.Settlement;
import dev.gatehouse.scheduler.TaskRow;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class FinishedPageTest {
  private static final List<Priority> PRIORITIES = List.of(Priority.values());

  private static TaskRow row(long id, String content) {
    return new TaskRow(id, 0, "kind", null, "", content, 1, "linear:0:0", 5, 6);
  }

  private static FinishedTask task(long id) {
    return new FinishedTask(row(id, "{}"), 7, 8, null, null);
  }

  private static FinishedPage again(FinishedPage page) {
    return FinishedPage.unpack(page.packIds(), page.packTasks());
  }

  @Test
  void unpack_randomPages_areTheSame() {
    Random random = new Random(3);
    for (int i = 0; i < 300; i++) {
      List<FinishedTask> tasks = new ArrayList<>();
      long id = Math.abs(random.nextLong() >> (1 + random.nextInt(60))) + 1;
      for (int n = 0; n <= random.nextInt(50); n++) {
        tasks.add(random(random, id));
        id += 1 + random.nextInt(1 << (1 + random.nextInt(29)));
      }
      FinishedPage page = new FinishedPage(tasks);
      assertThat(again(page)).isEqualTo(page);
      byte[] ids = page.packIds();
      assertThat(tasks).allMatch(task -> FinishedPage.holds(ids, task.row().id()));
      assertThat(FinishedPage.holds(ids, page.firstId() - 1)).isFalse();
      assertThat(FinishedPage.holds(ids, page.lastId() + 1)).isFalse();
    }
  }

  private static FinishedTask random(Random random, long id) {
    @Nullable String key = random.nextInt(3) == 0 ? "k" + random.nextInt(3) : null;
    TaskRow row =
        new TaskRow(
            id,
            random.nextInt(3) == 0 ? Math.abs(random.nextLong() >> 1) : 0,
            "kind" + random.nextInt(2),
            random.nextBoolean() ? "number" + id : null,
            random.nextBoolean() ? "" : "näme",
            random.nextBoolean() ? "" : "😀".repeat(random.nextInt(300)),
            1 + random.nextInt(3_600_000),
            "linear:0:" + random.nextInt(2),
            Math.abs(random.nextLong() >> (random.nextInt(30) + 1)),
            random.nextInt(2) * Long.MAX_VALUE,
            PRIORITIES.get(random.nextInt(PRIORITIES.size())),
            key,
            key == null ? 0 : random.nextInt(5),
            random.nextInt(3) == 0 ? Math.abs(random.nextLong() >> 1) : 0);
    return new FinishedTask(
        row,
        random.nextLong(),
        random.nextLong(),
        random.nextBoolean() ? (Integer) random.nextInt() : null,
        random.nextBoolean() ? "" : null);
  }

  @Test
  void packTasks_manyAlike_takesLittleMoreThanTheirContent() {
    List<FinishedTask> tasks = new ArrayList<>();
    for (long id = 1; id <= 1_000; id++) {
      tasks.add(task(id * FinishedPages.MILLISECOND));
    }
    FinishedPage page = new FinishedPage(tasks);
    assertThat(page.packTasks().length + page.packIds().length).isLessThan(1_000 * 14);
  }

  @Test
  void unpack_cutShort_isRefused() {
    FinishedPage page = new FinishedPage(List.of(task(1), task(2), task(3)));
    byte[] whole = page.packTasks();
    for (int length = 0; length < whole.length; length++) {
      byte[] cut = Arrays.copyOf(whole, length);
      assertThatThrownBy(() -> FinishedPage.unpack(page.packIds(), cut))
          .isInstanceOf(StorageException.class);
    }
  }

  @Test
  void unpack_unknownVersion_isRefused() {
    FinishedPage page = new FinishedPage(List.of(task(1)));
    byte[] other = page.packTasks();
    other[0] = 2;
    assertThatThrownBy(() -> FinishedPage.unpack(page.packIds(), other))
        .isInstanceOf(StorageException.class)
        .hasMessageContaining("version 2");
  }

  @Test
  void without_one_holdsTheOthers() {
    FinishedPage page = new FinishedPage(List.of(task(1), task(2), task(3)));
    assertThat(again(page.without(1)).tasks()).containsExactly(task(2), task(3));
    assertThat(page.without(4)).isEqualTo(page);
  }

  private static Settlement.Finish finish(long id, int fence, String content) {
    Instant at = Instant.ofEpochMilli(9);
    return new Settlement.Finish(
        row(id, content),
        new Attempt(fence, fence, at, at, Attempt.Outcome.SUCCESS, null, ""),
        null);
  }

  private static List<Settlement.Finish> finishes(int count, long apart) {
    List<Settlement.Finish> finishes = new ArrayList<>();
    for (int i = 1; i <= count; i++) {
      finishes.add(finish(i * apart, 1, "{}"));
    }
    return finishes;
  }

  @ParameterizedTest
  @ValueSource(ints = {16, 17, 1_000, 1_015, 1_016, 5_000})
  void places_near_makeFullPagesAndFewRows(int count) {
    FinishedPages.Places places =
        FinishedPages.places(finishes(count, FinishedPages.MILLISECOND / 8));
    int rest = count % 1_000;
    assertThat(places.rows()).hasSize(rest < 16 ? rest : 0);
    assertThat(places.pages()).hasSize(count / 1_000 + (rest < 16 ? 0 : 1));
  }

  @Test
  void places_fewOrFarApart_areRows() {
    assertThat(FinishedPages.places(finishes(15, 1)).pages()).isEmpty();
    assertThat(FinishedPages.places(finishes(500, 9 * FinishedPages.MILLISECOND)).rows())
        .hasSize(500);
    assertThat(FinishedPages.places(List.of())).isEqualTo(FinishedPages.places(List.of()));
  }

  @Test
  void places_justNear_makePagesOfAQuarterOfASecond() {
    FinishedPages.Places places =
        FinishedPages.places(finishes(330, 8 * FinishedPages.MILLISECOND));
    assertThat(places.rows()).isEmpty();
    assertThat(places.pages()).hasSize(10).allMatch(page -> page.size() == 33);
  }

  @Test
  void places_largeOrNotTheFirstAttempt_areRows() {
    List<Settlement.Finish> mixed = new ArrayList<>(finishes(100, 1));
    mixed.set(50, finish(51, 2, "{}"));
    mixed.set(60, finish(61, 1, "x".repeat(5_000)));
    FinishedPages.Places places = FinishedPages.places(mixed);
    assertThat(places.rows()).containsExactly(mixed.get(50), mixed.get(60));
    assertThat(places.pages()).hasSize(1);
    assertThat(places.pages().get(0)).hasSize(98);
  }

  @Test
  void places_muchContent_makesMorePages() {
    List<Settlement.Finish> finishes = new ArrayList<>();
    for (int id = 1; id <= 1_000; id++) {
      finishes.add(finish(id, 1, "x".repeat(4_000)));
    }
    FinishedPages.Places places = FinishedPages.places(finishes);
    assertThat(places.pages()).hasSizeGreaterThan(30);
    assertThat(places.pages()).allMatch(page -> page.size() <= 33);
  }
}
