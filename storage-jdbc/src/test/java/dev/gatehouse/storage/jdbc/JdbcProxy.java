package dev.gatehouse.storage.jdbc;

import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;

/** Stands before something of JDBC, and may do something else in its place. */
final class JdbcProxy {
  private JdbcProxy() {}

  /** What a call of a method does. */
  interface Call {
    Object apply(Method method, Object[] arguments) throws Throwable;
  }

  static <T> T of(Class<T> type, Call call) {
    return type.cast(
        Proxy.newProxyInstance(
            type.getClassLoader(),
            new Class<?>[] {type},
            (proxy, method, arguments) -> call.apply(method, arguments)));
  }

  /** Calls the target itself, and throws what that does. */
  static Object invoke(Object target, Method method, Object[] arguments) throws Throwable {
    try {
      return method.invoke(target, arguments);
    } catch (InvocationTargetException e) {
      throw e.getCause();
    }
  }
}
