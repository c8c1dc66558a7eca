package dev.gatehouse.permission;

import static dev.gatehouse.permission.Subject.role;
import static dev.gatehouse.permission.Subject.user;
import static org.assertj.core.api.Assertions.assertThat;

import dev.gatehouse.error.DeniedException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;

/** Of several grants that count their uses, the first that has any left gives one. */
class UseTakerTest {
  private static final Resource READER = Resource.component("reader");

  private final World world = new World();
  private final Permissions permissions = world.node();

  /** The later a grant comes by, the earlier its holder does by number, and by name. */
  private List<Grant> grants(long... times) {
    permissions.defineRole("editor");
    permissions.assign(user("ann"), "editor");
    List<Grant.Terms> terms =
        List.of(
            Grant.allow(user("ann"), "use", READER),
            Grant.allow(role("editor"), "use", READER),
            Grant.allow(role("editor"), "*", ResourcePattern.every("component")));
    List<Grant> grants = new ArrayList<>();
    for (int i = 0; i < times.length; i++) {
      grants.add(permissions.grant(terms.get(i).times(times[i])));
    }
    return grants;
  }

  private List<Long> left(List<Grant> grants) {
    return grants.stream().map(grant -> permissions.usesLeft(grant.id()).orElseThrow()).toList();
  }

  private boolean use() {
    try {
      permissions.require(user("ann"), "use", READER);
      return true;
    } catch (DeniedException e) {
      return false;
    }
  }

  /** It was passed over while it was the last, and stayed when the others were used up. */
  @Test
  void require_firstHasOneLeft_takesThatOne() {
    List<Grant> grants = grants(1, 5, 5);
    assertThat(permissions.check(user("ann"), "use", READER).grantId())
        .isEqualTo(grants.get(0).id());
    assertThat(use()).isTrue();
    assertThat(left(grants)).containsExactly(0L, 5L, 5L);
    assertThat(permissions.check(user("ann"), "use", READER).grantId())
        .isEqualTo(grants.get(1).id());
  }

  @Test
  void require_again_usesUpOneGrantAfterTheOther() {
    List<Grant> grants = grants(2, 1, 2);
    List<List<Long>> seen = new ArrayList<>();
    while (use()) {
      seen.add(left(grants));
    }
    assertThat(seen)
        .containsExactly(
            List.of(1L, 1L, 2L),
            List.of(0L, 1L, 2L),
            List.of(0L, 0L, 2L),
            List.of(0L, 0L, 1L),
            List.of(0L, 0L, 0L));
  }

  /** The snapshot of this node still names the first, which another node has used up. */
  @Test
  void require_firstUsedUpElsewhere_takesTheNext() {
    List<Grant> grants = grants(1, 2);
    assertThat(permissions.check(user("ann"), "use", READER).allowed()).isTrue();
    world.node().require(user("ann"), "use", READER);
    assertThat(use()).isTrue();
    assertThat(left(grants)).containsExactly(0L, 1L);
  }

  @Test
  void require_grantWithoutACountComes_takesNone() {
    List<Grant> grants = grants(1, 5);
    permissions.grant(Grant.allow(role("editor"), "*", READER).when(Condition.present("mfa")));
    permissions.require(user("ann"), "use", READER, Attributes.of("mfa", true));
    assertThat(left(grants)).containsExactly(1L, 5L);
    assertThat(use()).isTrue();
    assertThat(left(grants)).containsExactly(0L, 5L);
  }

  /** Between the two tries no other transaction must find that it went on to the second. */
  @Test
  void takeOneOfMany_firstHasItsLast_leavesItToTheWriterAndTouchesNoOther() {
    List<Grant> grants = grants(1, 5);
    Question question = new Question(user("ann"), "use", READER, Attributes.NONE);
    Optional<Grant> taken =
        world.storage.call(
            transaction ->
                UseTaker.takeOneOfMany(
                    world.storage.permissions().joining(transaction),
                    world.audit.joining(transaction),
                    new UseTaker.Wanted(grants, question, 1)));
    assertThat(taken).isEmpty();
    assertThat(left(grants)).containsExactly(1L, 5L);
  }

  @Test
  void require_manyThreads_takeEachUseOnceAndInOrder() throws Exception {
    List<Grant> grants = grants(7, 1, 24);
    ExecutorService threads = Executors.newFixedThreadPool(4);
    List<Future<Integer>> ran = new ArrayList<>();
    try {
      for (int thread = 0; thread < 4; thread++) {
        ran.add(
            threads.submit(
                () -> {
                  int allowed = 0;
                  for (int i = 0; i < 10; i++) {
                    allowed += use() ? 1 : 0;
                    assertInOrder(grants);
                  }
                  return allowed;
                }));
      }
      int allowed = 0;
      for (Future<Integer> each : ran) {
        allowed += each.get();
      }
      assertThat(allowed).isEqualTo(32);
    } finally {
      threads.shutdownNow();
    }
    assertThat(left(grants)).containsExactly(0L, 0L, 0L);
    assertThat(world.audit.contents().stream().filter(text -> text.contains("took a use")))
        .hasSize(32)
        .doesNotHaveDuplicates();
  }

  /** As counts only fall, those before one that was used already must be found used up later. */
  private void assertInOrder(List<Grant> grants) {
    boolean used = false;
    for (int i = grants.size() - 1; i >= 0; i--) {
      Grant grant = grants.get(i);
      long left = permissions.usesLeft(grant.id()).orElseThrow();
      if (used) {
        assertThat(left).as("left of grant " + grant.id()).isZero();
      }
      used |= left < grant.times().orElseThrow();
    }
  }
}
