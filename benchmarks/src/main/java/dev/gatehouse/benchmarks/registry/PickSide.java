package dev.gatehouse.benchmarks.registry;

import dev.gatehouse.Gatehouse;
import dev.gatehouse.registry.Balancer;
import dev.gatehouse.registry.Instance;
import dev.gatehouse.registry.Registration;
import dev.gatehouse.registry.Registry;
import dev.gatehouse.registry.Server;
import dev.gatehouse.registry.Service;
import dev.gatehouse.registry.ServiceCall;
import dev.gatehouse.storage.memory.MemoryStorage;
import dev.gatehouse.transport.Response;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.IntStream;

/**
 * Someone who chooses among a hundred places. The loop is each side's own, so that it is compiled
 * for that side alone. Safe for use by multiple threads.
 */
interface PickSide extends AutoCloseable {
  /** How many places there are to choose from. */
  int INSTANCES = 100;

  /** What each place answers. */
  Response ANSWER = Response.of(200, "{}");

  /**
   * Chooses so many times.
   *
   * @return how often it was another place than the time before
   */
  long changes(int picks);

  @Override
  default void close() {}

  /** Makes a side. */
  @FunctionalInterface
  interface Opener {
    PickSide open();
  }

  /** Each in turn, out of an array, by a counter that all threads share. */
  static PickSide array() {
    Object[] places = IntStream.range(0, INSTANCES).mapToObj(i -> "place " + i).toArray();
    AtomicLong turns = new AtomicLong();
    return picks -> {
      long changes = 0;
      Object before = places;
      for (int i = 0; i < picks; i++) {
        Object picked = places[(int) Math.floorMod(turns.getAndIncrement(), (long) places.length)];
        changes += picked == before ? 0 : 1;
        before = picked;
      }
      return changes;
    };
  }

  /** What {@link Registry#resolve(String, String)} chooses by that balancer. */
  static PickSide resolve(Balancer balancer) {
    Gatehouse gatehouse = open(balancer);
    Registry registry = gatehouse.registry();
    return new PickSide() {
      @Override
      public long changes(int picks) {
        long changes = 0;
        Object before = registry;
        for (int i = 0; i < picks; i++) {
          Object picked = registry.resolve("features", "upload");
          changes += picked == before ? 0 : 1;
          before = picked;
        }
        return changes;
      }

      @Override
      public void close() {
        gatehouse.close();
      }
    };
  }

  /** What {@link Registry#resolve(String, String, String)} chooses for one of a thousand keys. */
  static PickSide shard() {
    Gatehouse gatehouse = open(Balancer.shard());
    Registry registry = gatehouse.registry();
    String[] keys =
        IntStream.range(0, 1 << 10).mapToObj(i -> "account-" + i).toArray(String[]::new);
    return new PickSide() {
      @Override
      public long changes(int picks) {
        long changes = 0;
        Object before = registry;
        for (int i = 0; i < picks; i++) {
          Object picked = registry.resolve("features", "upload", keys[i & (keys.length - 1)]);
          changes += picked == before ? 0 : 1;
          before = picked;
        }
        return changes;
      }

      @Override
      public void close() {
        gatehouse.close();
      }
    };
  }

  /**
   * A started Gatehouse with a hundred instances of three weights, which were called and told of
   * their load, so that the balancers have something to go by.
   */
  private static Gatehouse open(Balancer balancer) {
    Gatehouse gatehouse =
        Gatehouse.builder()
            .storage(MemoryStorage.create())
            .transport((request, deadline) -> CompletableFuture.completedFuture(ANSWER))
            .registry(options -> options.fleet(options.fleet().balancer(balancer)))
            .build();
    Registry registry = gatehouse.registry();
    registry.register(
        new Registration(
            List.of(Server.named("features").at("10.0.0.1", 8_000)),
            IntStream.range(1, INSTANCES)
                .mapToObj(i -> Instance.on("features").at("10.0.0.1", 8_000 + i))
                .map(instance -> instance.weight(50 << (instance.port() % 3)))
                .toList(),
            List.of(Service.named("upload").on("features").uri("/v1/upload"))));
    List<Instance> instances = registry.instances("features");
    for (int i = 0; i < 20 * INSTANCES; i++) {
      registry.call("features", "upload", ServiceCall.EMPTY.key("account-" + i));
      Instance instance = instances.get(i % INSTANCES);
      registry.reportCpu("features", instance.address(), Math.floorMod(i * 37, 100));
    }
    gatehouse.start();
    return gatehouse;
  }
}
