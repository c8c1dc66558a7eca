package dev.gatehouse.testing.contract;

import dev.gatehouse.storage.Storage;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;

/** Storages that are sound but for one defect. */
final class BrokenStorage {
  private BrokenStorage() {}

  /** What is called instead of a method; it may call the sound target. */
  interface Defect<T> {
    Object call(T sound, Method method, Object[] arguments) throws Throwable;
  }

  /** The storage with a defect in the store of that role, joined or not. */
  static <T> Storage of(Storage sound, Class<T> role, Defect<T> defect) {
    return broken(
        Storage.class,
        sound,
        (storage, method, arguments) -> {
          Object result = invoke(storage, method, arguments);
          return role.isInstance(result) ? store(role, role.cast(result), defect) : result;
        });
  }

  private static <T> T store(Class<T> role, T sound, Defect<T> defect) {
    return broken(
        role,
        sound,
        (store, method, arguments) ->
            method.getName().equals("joining")
                ? store(role, role.cast(invoke(store, method, arguments)), defect)
                : defect.call(store, method, arguments));
  }

  /** The target with a defect. */
  static <T> T broken(Class<T> type, T sound, Defect<T> defect) {
    return type.cast(
        Proxy.newProxyInstance(
            type.getClassLoader(),
            new Class<?>[] {type},
            (proxy, method, arguments) -> defect.call(sound, method, arguments)));
  }

  static Object invoke(Object target, Method method, Object... arguments) throws Throwable {
    try {
      return method.invoke(target, arguments);
    } catch (InvocationTargetException e) {
      throw e.getCause();
    }
  }
}
