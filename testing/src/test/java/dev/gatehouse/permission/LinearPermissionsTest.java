package dev.gatehouse.permission;

import dev.gatehouse.audit.AuditLog;
import dev.gatehouse.storage.Storage;
import dev.gatehouse.storage.memory.MemoryStorage;
import java.time.InstantSource;
import java.util.HashSet;
import java.util.Set;
import java.util.concurrent.atomic.AtomicLong;
import org.jetbrains.lincheck.datastructures.IntGen;
import org.jetbrains.lincheck.datastructures.Operation;
import org.jetbrains.lincheck.datastructures.Param;
import org.jetbrains.lincheck.datastructures.StressOptions;
import org.junit.jupiter.api.Test;

/**
 * Changes and checks of one instance, by several threads, are as if they came one after the other:
 * whoever's change has returned is heeded by every check that begins, no check sees half a change,
 * and handles that outlive snapshots answer by the latest. Lincheck makes up the scenarios, runs
 * each many times and looks for an order that explains what came of it; {@code
 * -Dgatehouse.lincheck.scenarios=1000} does so for some minutes.
 */
@Param(name = "user", gen = IntGen.class, conf = "0:1")
public class LinearPermissionsTest {
  private static final Resource READER = Resource.component("reader");
  private static final int SCENARIOS = Integer.getInteger("gatehouse.lincheck.scenarios", 1);

  private final Storage storage = MemoryStorage.create();
  private final AtomicLong ids = new AtomicLong();
  private final Permissions permissions =
      Permissions.create(
          storage,
          storage.permissions(),
          AuditLog.create(storage.audit(), ids::incrementAndGet, InstantSource.system()),
          ids::incrementAndGet,
          Permissions.Settings.defaults());
  private final PermissionView.Access access;
  private final PermissionView.Holder[] holders = new PermissionView.Holder[2];

  /** Handles of a version that every change outdates. */
  public LinearPermissionsTest() {
    permissions.defineRole("editor");
    permissions.grant(Grant.allow(Subject.role("editor"), "use", READER));
    PermissionView view = permissions.view();
    access = view.resolve("use", READER);
    for (int user = 0; user < holders.length; user++) {
      holders[user] = view.resolve(user(user));
    }
  }

  private static Subject user(int user) {
    return Subject.user("u" + user);
  }

  /** A change of the grants. */
  @Operation
  public boolean revoke(@Param(name = "user") int user) {
    return permissions.revoke(Grant.allow(user(user), "use", READER));
  }

  /** A change of the grants. */
  @Operation
  public void grant(@Param(name = "user") int user) {
    permissions.grant(Grant.allow(user(user), "use", READER));
  }

  /** A change of a role's members. */
  @Operation
  public boolean assign(@Param(name = "user") int user) {
    return permissions.assign(user(user), "editor");
  }

  /** A change of a role's members. */
  @Operation
  public boolean unassign(@Param(name = "user") int user) {
    return permissions.unassign(user(user), "editor");
  }

  /** Two changes in one transaction, of which no check sees the one without the other. */
  @Operation
  public void handOver(@Param(name = "user") int user) {
    storage.run(
        transaction -> {
          Permissions joined = permissions.joining(transaction);
          joined.revoke(Grant.allow(user(user), "use", READER));
          joined.grant(Grant.allow(user(1 - user), "use", READER));
        });
  }

  /** By names. */
  @Operation
  public boolean check(@Param(name = "user") int user) {
    return permissions.check(user(user), "use", READER).allowed();
  }

  /** By handles, which all threads share. */
  @Operation
  public boolean checkHandles(@Param(name = "user") int user) {
    return permissions.view().allows(holders[user], access);
  }

  /** One view of both users. */
  @Operation
  public String checkBoth() {
    PermissionView view = permissions.view();
    return view.check(user(0), "use", READER).allowed()
        + " "
        + view.check(holders[1], access).allowed();
  }

  /** What all of it means. */
  public static final class Model {
    private final Set<Integer> granted = new HashSet<>();
    private final Set<Integer> editors = new HashSet<>();

    /** As above. */
    public boolean revoke(int user) {
      return granted.remove(user);
    }

    /** As above. */
    public void grant(int user) {
      granted.add(user);
    }

    /** As above. */
    public boolean assign(int user) {
      return editors.add(user);
    }

    /** As above. */
    public boolean unassign(int user) {
      return editors.remove(user);
    }

    /** As above. */
    public void handOver(int user) {
      granted.remove(user);
      granted.add(1 - user);
    }

    /** As above. */
    public boolean check(int user) {
      return granted.contains(user) || editors.contains(user);
    }

    /** As above. */
    public boolean checkHandles(int user) {
      return check(user);
    }

    /** As above. */
    public String checkBoth() {
      return check(0) + " " + check(1);
    }
  }

  @Test
  void permissions_severalThreads_areLinearizable() {
    new StressOptions()
        .threads(2)
        .actorsPerThread(3)
        .actorsBefore(1)
        .actorsAfter(1)
        .iterations(SCENARIOS)
        .invocationsPerIteration(25)
        .minimizeFailedScenario(false)
        .sequentialSpecification(Model.class)
        .check(LinearPermissionsTest.class);
  }
}
