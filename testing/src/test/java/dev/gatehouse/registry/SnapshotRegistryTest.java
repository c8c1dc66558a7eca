package dev.gatehouse.registry;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.management.ThreadMXBean;
import dev.gatehouse.error.StorageException;
import dev.gatehouse.storage.memory.MemoryStorage;
import java.lang.management.ManagementFactory;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** When lookups see what, and what they cost. */
final class SnapshotRegistryTest {
  private final MemoryStorage storage = MemoryStorage.create();
  private final Node here = new Node(storage);
  private final Node there = new Node(storage);

  @Test
  void create_before_use_doesNoInput() {
    assertThat(here.watched.calls()).isZero();
  }

  @Test
  void find_changeByAnotherNode_seenAtTheBoundNotBefore() {
    assertThat(here.registry.findApplication("billing")).isEmpty();
    Application billing = there.registry.register(Application.named("billing"));
    here.nanos.addAndGet(Node.STALENESS.toNanos() - 1);
    assertThat(here.registry.findApplication("billing")).isEmpty();
    here.nanos.incrementAndGet();
    assertThat(here.registry.findApplication("billing")).contains(billing);
    assertThat(here.registry.findApplication(billing.id())).contains(billing);
    assertThat(here.registry.findApplicationByKey(billing.appKey())).contains(billing);
    there.registry.removeApplication("billing");
    here.age();
    assertThat(here.registry.findApplication(billing.id())).isEmpty();
    assertThat(here.registry.findApplicationByKey(billing.appKey())).isEmpty();
  }

  @Test
  void find_ownChange_seenOnReturn() {
    assertThat(here.registry.findServer("s")).isEmpty();
    here.registry.register(Server.named("s").at("h", 1));
    assertThat(here.registry.server("S").port()).isEqualTo(1);
    here.registry.register(Service.named("n").on("s").uri("/"));
    assertThat(here.registry.service("S", "N").uri()).isEqualTo("/");
    here.registry.removeService("s", "n");
    assertThat(here.registry.findService("s", "n")).isEmpty();
  }

  @Test
  void find_withinTheBound_asksTheStorageNothing() {
    here.registry.register(Server.named("s").at("h", 1));
    here.registry.findServer("s");
    int before = here.watched.calls();
    for (int i = 0; i < 1000; i++) {
      here.registry.findServer("s");
      here.registry.findServer("unknown");
    }
    assertThat(here.watched.calls()).isEqualTo(before);
    here.age();
    here.registry.findServer("s");
    assertThat(here.watched.calls()).isEqualTo(before + 1);
  }

  @Test
  void find_storageFails_oldSnapshotServesUntilItWorks() {
    here.registry.register(Server.named("s").at("h", 1));
    assertThat(here.registry.findServer("s")).isPresent();
    there.registry.removeServer("s");
    here.watched.failing = true;
    here.age();
    int before = here.watched.calls();
    assertThat(here.registry.findServer("s")).isPresent();
    assertThat(here.registry.findServer("s")).isPresent();
    assertThat(here.watched.calls()).isEqualTo(before + 1);
    here.watched.failing = false;
    here.age();
    assertThat(here.registry.findServer("s")).isEmpty();
  }

  @Test
  void find_storageFailsAtFirstLoad_throwsAndTriesAgain() {
    here.watched.failing = true;
    assertThatThrownBy(() -> here.registry.findServer("s")).isInstanceOf(StorageException.class);
    here.watched.failing = false;
    assertThat(here.registry.findServer("s")).isEmpty();
  }

  @Test
  void register_readingBackFails_returnsTheSecretAllTheSame() {
    here.registry.findServer("s");
    here.watched.failing = true;
    Application billing = here.registry.register(Application.named("billing"));
    assertThat(billing.secret()).isPresent();
    assertThat(here.registry.findApplication("billing")).isEmpty();
    here.watched.failing = false;
    here.age();
    assertThat(here.registry.findApplication("billing")).contains(billing);
  }

  @Test
  void find_whileAnotherThreadRefreshes_goesOnWithTheOldSnapshot() throws Exception {
    here.registry.findServer("s");
    there.registry.register(Server.named("s").at("h", 1));
    CountDownLatch reading = new CountDownLatch(1);
    CountDownLatch go = new CountDownLatch(1);
    here.watched.beforeVersion =
        () -> {
          reading.countDown();
          await(go);
        };
    here.age();
    CompletableFuture<Boolean> refreshing =
        CompletableFuture.supplyAsync(() -> here.registry.findServer("s").isPresent());
    await(reading);
    assertThat(here.registry.findServer("s")).isEmpty();
    go.countDown();
    assertThat(refreshing.get(10, TimeUnit.SECONDS)).isTrue();
    assertThat(here.registry.findServer("s")).isPresent();
  }

  @Test
  void find_changeCommittedWhileLoading_notLost() {
    here.watched.beforeVersion =
        () -> {
          here.watched.beforeVersion = () -> {};
          there.registry.register(Server.named("s").at("h", 1));
          there.registry.register(Service.named("n").on("s").uri("/"));
        };
    here.registry.findServer("s");
    here.age();
    assertThat(here.registry.resolve("s", "n").uri()).hasToString("http://h:1/");
  }

  @Test
  void find_ownChangeWhileAnotherThreadLoadsFirst_seenOnReturn() throws Exception {
    CountDownLatch reading = new CountDownLatch(1);
    CountDownLatch go = new CountDownLatch(1);
    Thread loading = new Thread(() -> here.registry.findServer("s"));
    here.watched.afterServices =
        () -> {
          if (Thread.currentThread() == loading) {
            reading.countDown();
            await(go);
          }
        };
    loading.start();
    await(reading);
    here.registry.register(Server.named("s").at("h", 1));
    go.countDown();
    loading.join(10_000);
    assertThat(here.registry.findServer("s")).isPresent();
  }

  @Test
  void register_nobodyHasRead_readsNothing() {
    here.registry.register(Server.named("s").at("h", 1));
    assertThat(here.watched.calls("version")).isZero();
  }

  @Test
  void find_farBehind_loadsAnew() {
    here.registry.register(Application.named("old"));
    here.registry.findApplication("old");
    there.registry.removeApplication("old");
    for (int i = 0; i < RegistryStore.KEPT_CHANGES + 1; i++) {
      there.registry.register(Application.named("same").remark("" + i));
    }
    here.age();
    assertThat(here.registry.application("same").remark())
        .isEqualTo("" + RegistryStore.KEPT_CHANGES);
    assertThat(here.registry.findApplication("old")).isEmpty();
  }

  @Test
  void find_anyCase_sameAnswer() {
    here.registry.register(Application.named("T\u0131tle \u0130I"));
    assertThat(here.registry.findApplication("t\u0131TLE \u0130i")).isPresent();
    assertThat(here.registry.findApplication("title \u0130i")).isEmpty();
    here.registry.register(Application.named("TITLE"));
    assertThat(here.registry.application("title").name()).isEqualTo("TITLE");
    here.registry.register(Application.named("Title"));
    assertThat(here.registry.application("TITLE").name()).isEqualTo("Title");
    here.registry.removeApplication("title");
    assertThat(here.registry.findApplication("TITLE")).isEmpty();
    assertThat(here.registry.findApplication("Title")).isEmpty();
  }

  @Test
  void find_hostileNames_empty() {
    for (String name : List.of("", " ", "\0", "\uD83D", "x".repeat(100_000), "' OR 1=1 --")) {
      assertThat(here.registry.findApplication(name)).isEmpty();
      assertThat(here.registry.findApplicationByKey(name)).isEmpty();
      assertThat(here.registry.findServer(name)).isEmpty();
    }
    assertThat(here.registry.findApplication(Long.MIN_VALUE)).isEmpty();
  }

  @Test
  void find_hit_allocatesNothing() {
    Application billing = here.registry.register(Application.named("Billing"));
    here.registry.register(Server.named("features").at("h", 1));
    here.registry.register(Service.named("upload").on("features").uri("/"));
    here.registry.register(Instance.on("features").at("more", 1));
    here.registry.register(Instance.on("features").at("most", 1).weight(300));
    long first = 0;
    long least = Long.MAX_VALUE;
    ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    for (int round = 0; round < 20; round++) {
      long before = threads.getCurrentThreadAllocatedBytes();
      for (int i = 0; i < 10_000; i++) {
        first += here.registry.findApplication("billing").orElseThrow().id();
        first += here.registry.findApplication("Billing").orElseThrow().id();
        first += here.registry.findApplication(billing.id()).orElseThrow().id();
        first += here.registry.findApplicationByKey(billing.appKey()).orElseThrow().id();
        first += here.registry.findService("features", "upload").orElseThrow().uri().length();
        first += here.registry.resolve("features", "upload").method().length();
      }
      least = Math.min(least, threads.getCurrentThreadAllocatedBytes() - before);
    }
    assertThat(first).isPositive();
    assertThat(least).isLessThan(10_000);
  }

  @Test
  void load_tenThousandApplications_allFound() {
    int count = 10_000;
    storage.run(
        transaction -> {
          RegistryStore rows = storage.registry().joining(transaction);
          for (int i = 1; i <= count; i++) {
            rows.insert(
                Application.named("App " + i)
                    .registered(Long.MAX_VALUE - i * 7L, "key" + i, Instant.EPOCH, null));
          }
        });
    for (int i = 1; i <= count; i++) {
      Application application = here.registry.application("app " + i);
      assertThat(here.registry.findApplication(application.id())).containsSame(application);
      assertThat(here.registry.findApplicationByKey("key" + i)).containsSame(application);
    }
    assertThat(here.watched.calls("applications")).isEqualTo(count / RegistryStore.MAX_LIMIT + 1);
    assertThat(here.watched.calls("findApplication")).isZero();
  }

  @Test
  void find_randomChangesByTwoNodes_bothAgreeWithTheStorage() {
    long seed = Long.getLong("gatehouse.seed", System.nanoTime());
    System.out.println("gatehouse.seed=" + seed);
    Random random = new Random(seed);
    List<String> names = List.of("a", "A", "b", "B", "c", "\u0131", "I", "i");
    for (int step = 0; step < 2_000; step++) {
      Registry registry = (random.nextBoolean() ? here : there).registry;
      change(registry, random, names);
      if (random.nextInt(4) == 0) {
        here.age();
        there.age();
        for (String name : names) {
          agree(here.registry, name);
          agree(there.registry, name);
        }
      }
    }
  }

  private static void change(Registry registry, Random random, List<String> names) {
    String one = names.get(random.nextInt(names.size()));
    String other = names.get(random.nextInt(names.size()));
    try {
      switch (random.nextInt(6)) {
        case 0 -> registry.register(Application.named(one).remark("" + random.nextInt(9)));
        case 1 -> registry.register(Server.named(one).at("h", 1 + random.nextInt(9)));
        case 2, 3 -> registry.register(Service.named(one).on(other).uri("/" + random.nextInt(9)));
        case 4 -> registry.removeApplication(one);
        default -> {
          if (random.nextBoolean()) {
            registry.removeServer(one);
          } else {
            registry.removeService(one, other);
          }
        }
      }
    } catch (dev.gatehouse.error.NotFoundException e) {
      assertThat(e).hasMessageContaining("is registered");
    }
  }

  private void agree(Registry registry, String one) {
    RegistryStore store = storage.registry();
    assertThat(registry.findApplication(one)).isEqualTo(store.findApplication(one));
    assertThat(registry.findServer(one)).isEqualTo(store.findServer(one));
    for (Service service : store.servicesOn(one, "", 10)) {
      assertThat(registry.service(one, service.name())).isEqualTo(service);
      assertThat(registry.resolve(one, service.name()))
          .isEqualTo(Endpoint.of(store.findServer(one).orElseThrow(), service));
    }
    for (String other : List.of("a", "b", "c", "\u0131", "i")) {
      assertThat(registry.findService(one, other)).isEqualTo(store.findService(one, other));
    }
  }

  @Test
  void find_whileOthersRegister_eachOwnChangeSeenOnReturn() throws Exception {
    here.registry.findServer("warm");
    List<Throwable> failures = new ArrayList<>();
    List<Thread> threads =
        IntStream.range(0, 8)
            .mapToObj(
                worker ->
                    new Thread(
                        () -> {
                          for (int i = 0; i < 50; i++) {
                            String name = "w" + worker + " " + i;
                            Application registered =
                                here.registry.register(Application.named(name));
                            assertThat(here.registry.findApplication(name)).contains(registered);
                          }
                        }))
            .toList();
    threads.forEach(
        thread ->
            thread.setUncaughtExceptionHandler(
                (failed, e) -> {
                  synchronized (failures) {
                    failures.add(e);
                  }
                }));
    threads.forEach(Thread::start);
    for (Thread thread : threads) {
      thread.join(60_000);
    }
    assertThat(failures).isEmpty();
    assertThat(here.registry.applications("", 1000)).hasSize(400);
  }

  private static void await(CountDownLatch latch) {
    try {
      assertThat(latch.await(10, TimeUnit.SECONDS)).isTrue();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException(e);
    }
  }
}
