package dev.gatehouse.registry;

import static org.assertj.core.api.Assertions.assertThat;

import dev.gatehouse.storage.memory.MemoryStorage;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Many that register at once, while others pick and instances fail. */
final class SnapshotOrderTest {
  private static final int WRITERS = 6;

  private final Node node = new Node(MemoryStorage.create());
  private final Registry registry = node.registry;
  private final ExecutorService threads = Executors.newCachedThreadPool();

  @AfterEach
  void close() {
    threads.shutdownNow();
  }

  /**
   * A snapshot that was published after a newer one left who fails ejected until the next change.
   */
  @Test
  void register_byManyAtOnce_whatIsKnownIsWhatIsInUse() throws Exception {
    registry.register(Server.named("s").at("own", 80));
    registry.register(Service.named("n").on("s").uri("/"));
    AtomicInteger ports = new AtomicInteger();
    for (int round = 0; round < 150; round++) {
      List<Callable<Object>> work = new ArrayList<>();
      for (int writer = 0; writer < WRITERS; writer++) {
        work.add(() -> registry.register(Instance.on("s").at("h", 1 + ports.getAndIncrement())));
      }
      work.add(() -> registry.resolve("s", "n"));
      for (Future<Object> done : threads.invokeAll(work)) {
        done.get();
      }
      Fleet fleet = ((SnapshotRegistry) registry).snapshot().site("s").fleet();
      assertThat(fleet.size()).isEqualTo(1 + WRITERS * (round + 1));
      for (int position = 0; position < fleet.size(); position++) {
        Member inUse = fleet.member(position);
        assertThat(fleet.state().member(fleet.instance(position), 0))
            .as("round %d, %s", round, inUse.address())
            .isSameAs(inUse);
      }
    }
  }

  @Test
  void register_weightsByMany_picksFollowTheLast() throws Exception {
    registry.register(Server.named("s").at("own", 80).weight(0));
    registry.register(Service.named("n").on("s").uri("/"));
    registry.register(Instance.on("s").at("drained", 1));
    for (int round = 0; round < 300; round++) {
      int weight = round % 2 == 0 ? 0 : 100;
      int other = round;
      List<Callable<Object>> work =
          List.of(
              () -> registry.register(Instance.on("s").at("drained", 1).weight(weight)),
              () -> registry.register(Instance.on("s").at("up", 1).weight(1 + other)),
              () -> registry.register(Service.named("m" + other % 3).on("s").uri("/" + other)));
      for (Future<Object> done : threads.invokeAll(work)) {
        done.get();
      }
      for (int pick = 0; weight == 0 && pick < 50; pick++) {
        assertThat(registry.resolve("s", "n").uri().getHost()).isEqualTo("up");
      }
    }
  }
}
