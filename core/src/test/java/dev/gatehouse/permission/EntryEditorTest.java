package dev.gatehouse.permission;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.ThreadMXBean;
import dev.gatehouse.permission.Decision.Reason;
import dev.gatehouse.permission.PermissionStore.Membership;
import dev.gatehouse.permission.PermissionStore.Role;
import dev.gatehouse.permission.PermissionStore.Version;
import java.lang.management.ManagementFactory;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

class EntryEditorTest {
  private static final Instant NOON = Instant.parse("2030-01-01T12:00:00Z");
  private static final InstantSource CLOCK = InstantSource.fixed(NOON);
  private static final InstantSource NONE =
      () -> {
        throw new AssertionError("the clock was looked at");
      };
  private static final Resource READER = Resource.component("reader");
  private static final Subject ANN = Subject.user("ann");
  private static final Subject BOB = Subject.user("bob");

  private long version;

  private Snapshot next(SnapshotEditor editor) {
    version++;
    return editor.snapshot(new Version(version, version, 1));
  }

  private static Reason use(Snapshot snapshot, Subject subject) {
    return snapshot.decide(subject, "use", READER, CLOCK).reason();
  }

  @Test
  void conditionalRows_comeAndGo_leaveOlderSnapshotsAsTheyWere() {
    SnapshotEditor first = new SnapshotEditor(Snapshot.Parts.EMPTY);
    first.add(new Role(1, "editor"));
    first.add(new Membership(2, BOB, "editor"));
    first.add(new Grant(3, Grant.allow(ANN, "use", READER).times(1)));
    first.add(new Grant(4, Grant.allow(Subject.role("editor"), "use", READER).times(1)));
    Snapshot old = next(first);
    SnapshotEditor second = new SnapshotEditor(old.parts());
    second.useUp(Set.of(3L));
    second.useUp(Set.of(99L));
    Snapshot used = next(second);
    SnapshotEditor third = new SnapshotEditor(used.parts());
    third.removeGrants(Ids.of(List.of(4L)));
    third.removeMemberships(Ids.of(List.of(2L)));
    third.removeRoles(Ids.of(List.of(1L)));
    Snapshot removed = next(third);
    SnapshotEditor fourth = new SnapshotEditor(removed.parts());
    fourth.removeGrants(Ids.of(List.of(3L, 4L)));
    Snapshot none = next(fourth);
    assertThat(List.of(use(old, ANN), use(old, BOB)))
        .containsExactly(Reason.GRANTED, Reason.GRANTED);
    assertThat(List.of(use(used, ANN), use(used, BOB)))
        .containsExactly(Reason.USED_UP, Reason.GRANTED);
    assertThat(List.of(use(removed, ANN), use(removed, BOB)))
        .containsExactly(Reason.USED_UP, Reason.UNKNOWN_SUBJECT);
    assertThat(List.of(use(none, ANN), use(none, BOB)))
        .containsExactly(Reason.UNKNOWN_SUBJECT, Reason.UNKNOWN_SUBJECT);
  }

  @Test
  void useUp_grantOfTheSameChange_isUsedUpAtOnce() {
    SnapshotEditor editor = new SnapshotEditor(Snapshot.Parts.EMPTY);
    editor.add(new Grant(1, Grant.allow(ANN, "use", READER).times(1)));
    editor.add(new Grant(2, Grant.allow(BOB, "use", READER).times(1)));
    editor.useUp(Set.of(1L));
    Snapshot snapshot = next(editor);
    assertThat(use(snapshot, ANN)).isEqualTo(Reason.USED_UP);
    assertThat(use(snapshot, BOB)).isEqualTo(Reason.GRANTED);
  }

  /** What one grant needs must not be paid by checks that have nothing to do with it. */
  @Test
  void decide_limitsElsewhere_looksAtNoClock() {
    SnapshotEditor editor = new SnapshotEditor(Snapshot.Parts.EMPTY);
    editor.add(new Grant(1, Grant.allow(ANN, "use", READER)));
    editor.add(new Grant(2, Grant.allow(BOB, "use", READER).when(Condition.from(NOON))));
    editor.add(new Grant(3, Grant.allow(ANN, "see", READER).until(NOON.plusMillis(1))));
    editor.add(
        new Grant(
            4, Grant.deny(ANN, "*", Resource.component("writer")).when(Condition.present("x"))));
    Snapshot snapshot = next(editor);
    assertThat(snapshot.decide(ANN, "use", READER, NONE).allowed()).isTrue();
    assertThat(snapshot.decide(ANN, "use", Resource.component("other"), NONE).allowed()).isFalse();
    assertThat(snapshot.decide(BOB, "see", READER, NONE).allowed()).isFalse();
    assertThat(snapshot.decide(ANN, "see", READER, CLOCK).allowed()).isTrue();
    assertThat(snapshot.decide(BOB, "use", READER, CLOCK).allowed()).isTrue();
  }

  @Test
  void decide_meetsUsesAndTimes_allocatesNothing() {
    SnapshotEditor editor = new SnapshotEditor(Snapshot.Parts.EMPTY);
    editor.add(new Grant(1, Grant.allow(ANN, "use", READER).times(3)));
    Condition window = Condition.and(Condition.from(NOON), Condition.until(NOON.plusMillis(1)));
    editor.add(new Grant(2, Grant.allow(BOB, "*", ResourcePattern.everything()).when(window)));
    editor.add(new Grant(3, Grant.deny(BOB, "use", READER).when(Condition.not(window))));
    Snapshot snapshot = next(editor);
    ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    long self = Thread.currentThread().getId();
    long least = Long.MAX_VALUE;
    for (int round = 0; round < 20; round++) {
      long before = threads.getThreadAllocatedBytes(self);
      int allowed = 0;
      for (int i = 0; i < 1_000; i++) {
        allowed += snapshot.decide(ANN, "use", READER, CLOCK).allowed() ? 1 : 0;
        allowed += snapshot.decide(BOB, "use", READER, CLOCK).allowed() ? 1 : 0;
      }
      least = Math.min(least, threads.getThreadAllocatedBytes(self) - before);
      assertThat(allowed).isEqualTo(2_000);
    }
    assertThat(least).isZero();
  }

  /** However many grants an access has, each holder is judged by its own. */
  @Test
  void decide_tenThousandConditionalGrantsOfOneAccess_judgesTheHoldersOwn() {
    SnapshotEditor editor = new SnapshotEditor(Snapshot.Parts.EMPTY);
    for (int i = 1; i <= 10_000; i++) {
      Condition condition = Condition.equal("level", i);
      editor.add(new Grant(i, Grant.allow(Subject.user("u" + i), "use", READER).when(condition)));
    }
    Snapshot snapshot = next(editor);
    for (int i = 1; i <= 10_000; i += 7) {
      Subject subject = Subject.user("u" + i);
      Question right = new Question(subject, "use", READER, Attributes.of("level", i));
      Question wrong = new Question(subject, "use", READER, Attributes.of("level", i + 1));
      assertThat(snapshot.decide(right, CLOCK).grantId()).isEqualTo(i);
      assertThat(snapshot.decide(wrong, CLOCK).reason()).isEqualTo(Reason.CONDITION_UNMET);
    }
  }
}
