package dev.gatehouse.testing.contract;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.gatehouse.audit.AuditLog;
import dev.gatehouse.error.ConflictException;
import dev.gatehouse.error.DeniedException;
import dev.gatehouse.error.NotFoundException;
import dev.gatehouse.observe.GatehouseListener;
import dev.gatehouse.permission.Condition;
import dev.gatehouse.permission.Decision;
import dev.gatehouse.permission.DecisionAudit;
import dev.gatehouse.permission.Grant;
import dev.gatehouse.permission.PermissionBatch;
import dev.gatehouse.permission.PermissionStore;
import dev.gatehouse.permission.PermissionView;
import dev.gatehouse.permission.Permissions;
import dev.gatehouse.permission.Resource;
import dev.gatehouse.permission.ResourcePattern;
import dev.gatehouse.permission.Subject;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.HashMap;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

/**
 * What {@link Permissions} say over a store: who follows its changes, who reads it whole and who
 * asks for the past get the same answers. Not safe: confine to one thread.
 */
public abstract class PermissionsContract extends StoreContract {
  private static final int CHANGES = 100;
  private static final int QUESTIONS = 25;

  private final AtomicLong ids = new AtomicLong();
  private final AtomicLong millis = new AtomicLong(1_900_000_000_000L);
  private final InstantSource time = () -> Instant.ofEpochMilli(millis.get());

  /** A contract of a storage. */
  protected PermissionsContract() {}

  /** Permissions that know nothing yet, and look for changes at each check. */
  private Permissions node() {
    return Permissions.create(
        storage(),
        storage().permissions(),
        AuditLog.create(storage().audit(), ids::incrementAndGet, time),
        ids::incrementAndGet,
        new Permissions.Settings(
            time,
            System::nanoTime,
            Duration.ZERO,
            Duration.ofSeconds(30),
            GatehouseListener.NONE,
            DecisionAudit.DENIALS,
            Duration.ofDays(90)));
  }

  private record Question(Subject subject, String action, Resource resource) {}

  /** What was said of a version at a moment. */
  private record Answers(Instant moment, Map<Question, Said> decisions) {}

  /** A decision but for the grant: of several that say the same, any may be named. */
  private record Said(Decision.Reason reason, long version, boolean namesAGrant) {
    static Said of(Decision decision) {
      return new Said(decision.reason(), decision.version(), decision.grantId() != 0);
    }
  }

  private static Question question(Random random) {
    return new Question(
        Subject.user("u" + random.nextInt(6)),
        "a" + random.nextInt(3),
        Resource.of("f", random.nextInt(3) + "/" + random.nextInt(3)));
  }

  private Grant.Terms terms(Random random) {
    Subject holder =
        random.nextBoolean()
            ? Subject.role("r" + random.nextInt(5))
            : Subject.user("u" + random.nextInt(6));
    String action = random.nextInt(4) == 0 ? "*" : "a" + random.nextInt(3);
    String[] paths = {"*/1", "1/*", "**", "0/0", "1/1", "2/1", "1/2"};
    ResourcePattern pattern = ResourcePattern.of("f", paths[random.nextInt(paths.length)]);
    Grant.Terms terms =
        random.nextInt(4) == 0
            ? Grant.deny(holder, action, pattern)
            : Grant.allow(holder, action, pattern);
    if (random.nextInt(4) == 0) {
      terms = terms.until(time.instant().plusMillis(random.nextInt(400)));
    }
    if (random.nextInt(5) == 0) {
      terms = terms.when(Condition.not(Condition.equal("x", random.nextInt(2))));
    }
    boolean counts = random.nextInt(5) == 0 && terms.toString().startsWith("allow");
    return counts ? terms.times(1 + random.nextInt(2)) : terms;
  }

  private void change(Permissions permissions, Random random) {
    String role = "r" + random.nextInt(5);
    Subject user = Subject.user("u" + random.nextInt(6));
    try {
      switch (random.nextInt(12)) {
        case 0, 1 -> permissions.defineRole(role);
        case 2 -> {
          if (random.nextInt(3) == 0) {
            permissions.removeRole(role);
          }
        }
        case 3 -> permissions.inherit(role, "r" + random.nextInt(5));
        case 4 -> permissions.disinherit(role, "r" + random.nextInt(5));
        case 5 -> permissions.assign(user, role);
        case 6 -> permissions.unassign(user, role);
        case 7, 8 -> permissions.grant(terms(random));
        case 9 -> permissions.grants(user, 0, 2).forEach(each -> permissions.revoke(each.id()));
        case 10 -> {
          PermissionBatch.Builder batch = PermissionBatch.builder().role(role).assign(user, role);
          for (int i = random.nextInt(6); i >= 0; i--) {
            batch.grant(terms(random));
          }
          permissions.load(batch.build());
        }
        default -> {
          Question asked = question(random);
          permissions.require(asked.subject, asked.action, asked.resource);
        }
      }
    } catch (NotFoundException | ConflictException | DeniedException e) {
      // What cannot be done changes nothing.
    }
  }

  private void changeTogether(Permissions permissions, Random random) {
    storage()
        .run(
            transaction -> {
              Permissions joined = permissions.joining(transaction);
              for (int i = random.nextInt(5); i >= 0; i--) {
                change(joined, random);
              }
            });
  }

  @Test
  void randomChanges_whoFollowsReadsWholeOrAsksForThePast_decidesAlike() {
    Random random = new Random(21);
    Permissions writer = node();
    Permissions follower = node();
    Map<Long, Answers> said = new HashMap<>();
    for (int i = 0; i < CHANGES; i++) {
      if (random.nextInt(4) == 0) {
        changeTogether(writer, random);
      } else {
        change(writer, random);
      }
      millis.addAndGet(random.nextInt(40));
      Permissions reader = node();
      Map<Question, Said> decisions = new HashMap<>();
      for (int j = 0; j < QUESTIONS; j++) {
        Question asked = question(random);
        Said read = Said.of(reader.check(asked.subject, asked.action, asked.resource));
        assertThat(Said.of(follower.check(asked.subject, asked.action, asked.resource)))
            .as("change %s, %s", i, asked)
            .isEqualTo(read);
        decisions.put(asked, read);
      }
      said.put(writer.version(), new Answers(time.instant(), decisions));
    }
    assertThat(said).hasSizeGreaterThan(CHANGES / 3);
    Permissions historian = node();
    said.forEach(
        (version, answers) -> {
          PermissionView view = historian.viewAt(version, answers.moment);
          assertThat(view.version()).isEqualTo(version);
          answers.decisions.forEach(
              (asked, decision) ->
                  assertThat(Said.of(view.check(asked.subject, asked.action, asked.resource)))
                      .as("version %s, %s", version, asked)
                      .isEqualTo(decision));
        });
  }

  @Test
  void forget_versionsBefore_cannotBeAskedAndTheOthersCan() {
    Permissions permissions = node();
    Grant grant = permissions.grant(Grant.allow(Subject.user("u1"), "a1", Resource.of("f", "1")));
    Instant granted = time.instant();
    millis.addAndGet(1_000);
    permissions.revoke(grant.id());
    Instant revoked = time.instant();
    millis.addAndGet(1_000);
    permissions.grant(Grant.allow(Subject.user("u2"), "a1", Resource.of("f", "1")));
    assertThat(isAllowed(permissions.viewAt(granted))).isTrue();
    assertThat(isAllowed(permissions.viewAt(granted.minusMillis(1)))).isFalse();
    permissions.forget(granted.plusMillis(1));
    assertThat(isAllowed(permissions.viewAt(granted))).isTrue();
    permissions.forget(revoked);
    assertThatThrownBy(() -> permissions.viewAt(1, granted))
        .isInstanceOf(NotFoundException.class)
        .hasMessage("version 1 of the permissions is forgotten, the oldest is 2");
    assertThat(isAllowed(permissions.viewAt(2, revoked))).isFalse();
    assertThatThrownBy(() -> permissions.viewAt(4, revoked))
        .isInstanceOf(NotFoundException.class)
        .hasMessage("there is no version 4 of the permissions yet, the latest is 3");
    PermissionStore store = storage().permissions();
    assertThat(store.changes(0, 10)).hasSize(2);
  }

  private static boolean isAllowed(PermissionView view) {
    return view.check(Subject.user("u1"), "a1", Resource.of("f", "1")).allowed();
  }
}
