package dev.gatehouse.permission;

import static org.assertj.core.api.Assertions.assertThat;

import dev.gatehouse.storage.memory.MemoryStorage;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** Two tenants of one process, each with a storage of its own, name everything alike. */
class SeparateStoresTest {
  private static final int CHANGES = 300;
  private static final Subject ANN = Subject.user("ann");
  private static final Resource READER = Resource.component("reader");
  private static final Grant.Terms TERMS = Grant.allow(Subject.role("editor"), "use", READER);

  private final World world = new World();

  private static Permissions tenant(Permissions permissions) {
    permissions.defineRole("editor");
    permissions.defineRole("writer");
    permissions.inherit("editor", "writer");
    permissions.assign(ANN, "editor");
    return permissions;
  }

  /** Grants and takes back in turns, and finds in all it asks what it did last itself. */
  private static Callable<Integer> work(
      Permissions permissions, boolean first, PermissionView other, CyclicBarrier start) {
    return () -> {
      PermissionView.Holder holder = other.resolve(ANN);
      PermissionView.Access access = other.resolve("use", READER);
      start.await(60, TimeUnit.SECONDS);
      int wrong = 0;
      for (int change = 0; change < CHANGES; change++) {
        boolean granted = first == (change % 2 == 0);
        if (granted) {
          permissions.grant(TERMS);
        } else {
          permissions.revoke(TERMS);
        }
        for (int ask = 0; ask < 20; ask++) {
          wrong += permissions.check(ANN, "use", READER).allowed() == granted ? 0 : 1;
          wrong += permissions.view().allows(holder, access) == granted ? 0 : 1;
          wrong += permissions.view().check(holder, access).allowed() == granted ? 0 : 1;
        }
      }
      return wrong;
    };
  }

  /** Handles too, which may be used with any view: each thread has those of the other's tenant. */
  @Test
  void sameNames_twoThreads_eachSeesItsOwnOnly() throws Exception {
    Permissions left = tenant(world.node(MemoryStorage.create(world.clock)));
    Permissions right = tenant(world.node(MemoryStorage.create(world.clock)));
    CyclicBarrier start = new CyclicBarrier(2);
    ExecutorService threads = Executors.newFixedThreadPool(2);
    try {
      List<Future<Integer>> works = new ArrayList<>();
      works.add(threads.submit(work(left, true, right.view(), start)));
      works.add(threads.submit(work(right, false, left.view(), start)));
      for (Future<Integer> work : works) {
        assertThat(work.get(60, TimeUnit.SECONDS)).isZero();
      }
    } finally {
      threads.shutdownNow();
    }
  }
}
