package dev.gatehouse.transport.http;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.Thread.UncaughtExceptionHandler;
import java.util.List;
import java.util.Locale;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.extension.AfterEachCallback;
import org.junit.jupiter.api.extension.BeforeEachCallback;
import org.junit.jupiter.api.extension.ExtensionContext;

/** Fails a test after which a thread of the transport lives on, or an exception was uncaught. */
final class Leftovers implements BeforeEachCallback, AfterEachCallback {
  private static final long PATIENCE_MILLIS = 60_000;

  private final Queue<Throwable> uncaught = new ConcurrentLinkedQueue<>();
  private @Nullable UncaughtExceptionHandler before;

  @Override
  public void beforeEach(ExtensionContext context) {
    before = Thread.getDefaultUncaughtExceptionHandler();
    Thread.setDefaultUncaughtExceptionHandler((thread, failure) -> uncaught.add(failure));
  }

  @Override
  public void afterEach(ExtensionContext context) throws InterruptedException {
    for (Thread thread : ofTransports()) {
      thread.join(PATIENCE_MILLIS);
      assertThat(thread.isAlive()).as("thread %s", thread).isFalse();
    }
    Thread.setDefaultUncaughtExceptionHandler(before);
    assertThat(uncaught).isEmpty();
  }

  /** OkHttp renames a thread after its URL while a call runs on it. */
  static List<Thread> ofTransports() {
    return Thread.getAllStackTraces().keySet().stream()
        .filter(
            thread -> {
              String name = thread.getName().toLowerCase(Locale.ROOT);
              return name.startsWith("gatehouse-http") || name.startsWith("okhttp http");
            })
        .toList();
  }
}
