package dev.gatehouse.permission;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.management.ThreadMXBean;
import dev.gatehouse.error.StorageException;
import dev.gatehouse.permission.Decision.Reason;
import dev.gatehouse.permission.PermissionStore.Membership;
import dev.gatehouse.permission.PermissionStore.Role;
import dev.gatehouse.permission.PermissionStore.Version;
import java.lang.management.ManagementFactory;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class SnapshotTest {
  private static final InstantSource CLOCK = InstantSource.fixed(Instant.EPOCH);
  private static final Subject ANN = Subject.user("ann");
  private static final Resource READER = Resource.component("reader");

  private static Snapshot snapshot(
      List<Role> roles, List<Membership> memberships, List<Grant> grants) {
    return new Snapshot(new Snapshot.Rows(new Version(7, 1, 1), roles, memberships, grants));
  }

  @Test
  void decide_chainOfTenThousandRoles_reachesTheEndAndEveryMiddle() {
    int depth = 10_000;
    List<Role> roles = new ArrayList<>();
    List<Membership> memberships = new ArrayList<>();
    for (int i = 0; i < depth; i++) {
      roles.add(new Role(i + 1, "r" + i));
      if (i > 0) {
        memberships.add(new Membership(i, Subject.role("r" + (i - 1)), "r" + i));
      }
    }
    memberships.add(new Membership(depth, ANN, "r0"));
    memberships.add(new Membership(depth + 1, Subject.user("bob"), "r9999"));
    List<Grant> grants =
        List.of(
            new Grant(1, Grant.allow(Subject.role("r9999"), "use", READER)),
            new Grant(2, Grant.allow(Subject.role("r5000"), "use", Resource.component("x"))),
            new Grant(3, Grant.allow(Subject.role("r0"), "use", Resource.component("y"))));
    Snapshot snapshot = snapshot(roles, memberships, grants);
    assertThat(snapshot.decide(ANN, "use", READER, CLOCK).grantId()).isEqualTo(1);
    assertThat(snapshot.decide(ANN, "use", Resource.component("x"), CLOCK).allowed()).isTrue();
    Subject bob = Subject.user("bob");
    assertThat(snapshot.decide(bob, "use", READER, CLOCK).allowed()).isTrue();
    assertThat(snapshot.decide(bob, "use", Resource.component("x"), CLOCK).allowed()).isFalse();
    assertThat(snapshot.decide(Subject.role("r1"), "use", Resource.component("y"), CLOCK).allowed())
        .isFalse();
    Explanation explanation =
        Derivation.explain(snapshot, new Question(ANN, "use", READER, Attributes.NONE), CLOCK);
    assertThat(explanation.findings().get(0).path()).hasSize(depth + 1);
  }

  @Test
  void snapshot_circleInTheStore_isRefused() {
    List<Membership> circle =
        List.of(
            new Membership(1, Subject.role("a"), "b"), new Membership(2, Subject.role("b"), "a"));
    assertThatThrownBy(
            () -> snapshot(List.of(new Role(1, "a"), new Role(2, "b")), circle, List.of()))
        .isInstanceOf(StorageException.class)
        .hasMessageContaining("circle");
  }

  @Test
  void decide_namesOfOneHashCode_areToldApartInTimeThatGrowsWithTheirNumber() {
    int bits = 16;
    List<String> names =
        IntStream.range(0, 1 << bits).mapToObj(number -> collision(number, bits)).toList();
    assertThat(names.stream().map(String::hashCode).distinct()).hasSize(1);
    List<Grant> grants = new ArrayList<>();
    for (int i = 0; i < names.size(); i += 2) {
      grants.add(new Grant(i + 1, Grant.allow(Subject.user(names.get(i)), "use", READER)));
    }
    Snapshot snapshot = snapshot(List.of(), List.of(), grants);
    for (int i = 0; i < names.size(); i++) {
      Decision decision = snapshot.decide(Subject.user(names.get(i)), "use", READER, CLOCK);
      assertThat(decision.allowed()).isEqualTo(i % 2 == 0);
    }
  }

  /** Texts of "Aa" and "BB", all of the same hash code. */
  private static String collision(int number, int bits) {
    StringBuilder text = new StringBuilder();
    for (int bit = 0; bit < bits; bit++) {
      text.append((number >> bit & 1) == 0 ? "Aa" : "BB");
    }
    return text.toString();
  }

  @Test
  void dictionary_textsOfEveryLength_areFoundAndOthersNot() {
    List<String> texts = IntStream.range(0, 50).mapToObj("x"::repeat).toList();
    Dictionary dictionary = new Dictionary(texts);
    texts.forEach(text -> assertThat(dictionary.find(text)).isEqualTo(text.length()));
    texts.forEach(text -> assertThat(dictionary.find(text + "\u0000")).isEqualTo(-1));
    assertThat(new Dictionary(List.of()).find("")).isEqualTo(-1);
  }

  @Test
  void dictionary_textsOfOneHashCode_areToldApartInTimeThatGrowsWithTheirNumber() {
    List<String> texts = IntStream.range(0, 1 << 16).mapToObj(i -> collision(i, 16)).toList();
    Dictionary dictionary = new Dictionary(texts.subList(0, 1 << 15));
    for (int i = 0; i < texts.size(); i++) {
      assertThat(dictionary.find(texts.get(i))).isEqualTo(i < (1 << 15) ? i : -1);
    }
  }

  @Test
  void decide_reasons_tellWhatIsMissing() {
    Snapshot snapshot =
        snapshot(
            List.of(),
            List.of(),
            List.of(
                new Grant(1, Grant.allow(ANN, "use", READER)),
                new Grant(2, Grant.allow(Subject.user("bob"), "see", READER))));
    assertThat(snapshot.decide(ANN, "use", READER, CLOCK)).isEqualTo(new Decision.Allowed(7, 1));
    assertThat(snapshot.decide(Subject.group("ann"), "use", READER, CLOCK))
        .isEqualTo(new Decision.Denied(Reason.UNKNOWN_SUBJECT, 7, 0));
    assertThat(snapshot.decide(ANN, "Use", READER, CLOCK).reason())
        .isEqualTo(Reason.UNKNOWN_ACTION);
    assertThat(snapshot.decide(ANN, "use", Resource.component("Reader"), CLOCK).reason())
        .isEqualTo(Reason.UNKNOWN_RESOURCE);
    assertThat(snapshot.decide(ANN, "see", READER, CLOCK).reason()).isEqualTo(Reason.NOT_GRANTED);
  }

  /** What is not filled in denies. */
  @Test
  void zero_ofEveryCode_denies() {
    assertThat(Reason.values()[0]).isEqualTo(Reason.NOT_GRANTED);
    assertThat(Entries.allows(Snapshot.UNCOVERED)).isFalse();
    assertThat(Condition.Truth.values()[0]).isEqualTo(Condition.Truth.UNKNOWN);
  }

  /** Whoever asks chooses the names; if they were kept, he could fill the memory with them. */
  @Test
  void decide_unknownNames_keepsNone() {
    Snapshot snapshot =
        snapshot(
            List.of(new Role(1, "editor")),
            List.of(new Membership(1, ANN, "editor")),
            List.of(
                new Grant(1, Grant.allow(Subject.role("editor"), "use", READER)),
                new Grant(2, Grant.allow(ANN, "*", ResourcePattern.every("file")))));
    Snapshot.Parts parts = snapshot.parts();
    int holders = parts.holders().size();
    int resources = parts.resources().size();
    int accesses = parts.accesses().size();
    Subject[] strangers = new Subject[1_000];
    Resource[] places = new Resource[1_000];
    for (int i = 0; i < strangers.length; i++) {
      strangers[i] = Subject.user("stranger" + i);
      places[i] = Resource.component("x" + i);
    }
    ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    long self = Thread.currentThread().getId();
    long least = Long.MAX_VALUE;
    for (int round = 0; round < 100; round++) {
      long before = threads.getThreadAllocatedBytes(self);
      int allowed = 0;
      for (int i = 0; i < strangers.length; i++) {
        allowed += snapshot.decide(strangers[i], "use", READER, CLOCK).allowed() ? 1 : 0;
        allowed += snapshot.decide(ANN, "use", places[i], CLOCK).allowed() ? 1 : 0;
      }
      least = Math.min(least, threads.getThreadAllocatedBytes(self) - before);
      assertThat(allowed).isZero();
    }
    assertThat(least).isZero();
    assertThat(parts.holders().size()).isEqualTo(holders);
    assertThat(parts.resources().size()).isEqualTo(resources);
    assertThat(parts.accesses().size()).isEqualTo(accesses);
  }

  @Test
  void decide_rolesOnly_sameAnswersAgainAllocateNothing() {
    Subject bob = Subject.user("bob");
    Snapshot snapshot =
        snapshot(
            List.of(new Role(1, "editor"), new Role(2, "other")),
            List.of(new Membership(1, ANN, "editor"), new Membership(2, bob, "other")),
            List.of(new Grant(1, Grant.allow(Subject.role("editor"), "use", READER))));
    Subject stranger = Subject.user("stranger");
    Resource elsewhere = Resource.component("elsewhere");
    assertThat(snapshot.decide(ANN, "use", READER, CLOCK)).isEqualTo(new Decision.Allowed(7, 1));
    assertThat(snapshot.decide(bob, "use", READER, CLOCK).reason()).isEqualTo(Reason.NOT_GRANTED);
    assertThat(snapshot.decide(ANN, "use", elsewhere, CLOCK).reason())
        .isEqualTo(Reason.UNKNOWN_RESOURCE);
    assertThat(snapshot.decide(stranger, "use", READER, CLOCK).reason())
        .isEqualTo(Reason.UNKNOWN_SUBJECT);
    assertThat(snapshot.decide(ANN, "see", READER, CLOCK).reason())
        .isEqualTo(Reason.UNKNOWN_ACTION);
    ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    long self = Thread.currentThread().getId();
    long least = Long.MAX_VALUE;
    for (int round = 0; round < 100; round++) {
      long before = threads.getThreadAllocatedBytes(self);
      int allowed = 0;
      for (int i = 0; i < 1_000; i++) {
        allowed += snapshot.decide(ANN, "use", READER, CLOCK).allowed() ? 1 : 0;
        allowed += snapshot.decide(bob, "use", READER, CLOCK).allowed() ? 1 : 0;
        allowed += snapshot.decide(stranger, "use", READER, CLOCK).allowed() ? 1 : 0;
      }
      least = Math.min(least, threads.getThreadAllocatedBytes(self) - before);
      assertThat(allowed).isEqualTo(1_000);
    }
    assertThat(least).isZero();
  }

  /** A path may meet each of its steps by name or by star: every pattern there is, and no more. */
  @Test
  void decide_patternsOfEveryMixOfNamesAndStars_matchesEachOnce() {
    int length = 11;
    List<Grant> grants = new ArrayList<>();
    for (int mix = 0; mix < 1 << length; mix++) {
      StringBuilder path = new StringBuilder();
      for (int step = 0; step < length; step++) {
        path.append(step == 0 ? "" : "/").append((mix >> step & 1) == 0 ? "a" : "*");
      }
      Subject holder = Subject.user("u" + mix);
      grants.add(
          new Grant(
              mix + 1, Grant.allow(holder, "use", ResourcePattern.of("file", path.toString()))));
    }
    Snapshot snapshot = snapshot(List.of(), List.of(), grants);
    Resource every = Resource.of("file", "a/".repeat(length - 1) + "a");
    Resource star = Resource.of("file", "b/".repeat(length - 1) + "b");
    for (int mix = 0; mix < 1 << length; mix += 97) {
      Subject user = Subject.user("u" + mix);
      assertThat(snapshot.decide(user, "use", every, CLOCK).grantId()).isEqualTo(mix + 1);
      assertThat(snapshot.decide(user, "use", star, CLOCK).allowed()).isFalse();
    }
    Subject last = Subject.user("u" + ((1 << length) - 1));
    assertThat(snapshot.decide(last, "use", star, CLOCK).allowed()).isTrue();
  }

  @Test
  void decide_sameAnswerAgain_isTheSameObject() {
    Snapshot snapshot =
        snapshot(List.of(), List.of(), List.of(new Grant(1, Grant.allow(ANN, "use", READER))));
    assertThat(snapshot.decide(ANN, "use", READER, CLOCK))
        .isSameAs(snapshot.decide(ANN, "use", READER, CLOCK));
    assertThat(snapshot.decide(ANN, "eat", READER, CLOCK))
        .isSameAs(snapshot.decide(ANN, "drink", READER, CLOCK));
  }

  @Test
  void decide_clockMovesDuringTheCheck_isReadOnce() {
    Instant end = Instant.ofEpochMilli(1_000);
    long[] reads = {0};
    InstantSource clock = () -> Instant.ofEpochMilli(reads[0]++ == 0 ? 999 : 1_000);
    Snapshot snapshot =
        snapshot(
            List.of(),
            List.of(),
            List.of(
                new Grant(1, Grant.allow(ANN, "use", READER).until(end)),
                new Grant(2, Grant.deny(ANN, "*", ResourcePattern.everything()).until(end))));
    assertThat(snapshot.decide(ANN, "use", READER, clock).reason()).isEqualTo(Reason.DENIED);
    assertThat(reads[0]).isEqualTo(1);
    assertThat(snapshot.decide(ANN, "use", READER, clock).reason()).isEqualTo(Reason.EXPIRED);
  }
}
