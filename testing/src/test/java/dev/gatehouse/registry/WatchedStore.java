package dev.gatehouse.registry;

import dev.gatehouse.error.StorageException;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;

/** A store that counts calls, and on demand fails or does something beside what is read. */
final class WatchedStore {
  private final RegistryStore store;
  private final Map<String, Integer> calls = new ConcurrentHashMap<>();
  private final AtomicInteger inTransactions = new AtomicInteger();
  volatile boolean failing;
  volatile boolean failingInTransactions;
  volatile Runnable beforeVersion = () -> {};
  volatile Runnable afterServices = () -> {};

  WatchedStore(RegistryStore store) {
    this.store = store;
  }

  int calls(String method) {
    return calls.getOrDefault(method, 0);
  }

  int calls() {
    return calls.values().stream().mapToInt(Integer::intValue).sum();
  }

  RegistryStore store() {
    return (RegistryStore)
        Proxy.newProxyInstance(
            RegistryStore.class.getClassLoader(),
            new Class<?>[] {RegistryStore.class},
            (proxy, method, arguments) -> {
              if (method.getName().equals("joining")) {
                return inTransaction((RegistryStore) method.invoke(store, arguments));
              }
              calls.merge(method.getName(), 1, Integer::sum);
              if (failing) {
                throw new StorageException("the storage fails, as told");
              }
              if (method.getName().equals("version")) {
                beforeVersion.run();
              }
              try {
                Object answer = method.invoke(store, arguments);
                if (method.getName().equals("services")) {
                  afterServices.run();
                }
                return answer;
              } catch (InvocationTargetException e) {
                throw e.getCause();
              }
            });
  }

  /** How often something was done in a transaction. */
  int callsInTransactions() {
    return inTransactions.get();
  }

  private RegistryStore inTransaction(RegistryStore joined) {
    return (RegistryStore)
        Proxy.newProxyInstance(
            RegistryStore.class.getClassLoader(),
            new Class<?>[] {RegistryStore.class},
            (proxy, method, arguments) -> {
              if (method.getName().equals("deciding")) {
                return proxy;
              }
              inTransactions.incrementAndGet();
              if (failingInTransactions) {
                throw new StorageException("the storage fails, as told");
              }
              try {
                return method.invoke(joined, arguments);
              } catch (InvocationTargetException e) {
                throw e.getCause();
              }
            });
  }
}
