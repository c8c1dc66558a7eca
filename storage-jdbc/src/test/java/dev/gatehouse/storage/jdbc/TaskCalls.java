package dev.gatehouse.storage.jdbc;

import dev.gatehouse.scheduler.SchedulerOptions;
import dev.gatehouse.scheduler.Task;
import dev.gatehouse.scheduler.TaskId;
import dev.gatehouse.scheduler.TaskResult;
import java.time.Duration;
import java.time.Instant;
import org.jspecify.annotations.NullUnmarked;

/** Tasks and options that must be refused. Null is handed in on purpose. */
@NullUnmarked
final class TaskCalls {
  private TaskCalls() {}

  static void list(FilterCalls.Illegal illegal, FilterCalls.Missing missing) {
    listOptions(illegal, missing);
    listTasks(illegal, missing);
  }

  private static void listOptions(FilterCalls.Illegal illegal, FilterCalls.Missing missing) {
    SchedulerOptions.Builder options = SchedulerOptions.builder();
    Duration tooLong = Duration.ofDays(36_501);
    illegal.add("lease", () -> options.lease(Duration.ZERO), "lease must be in PT1S..", "was PT0S");
    illegal.add("window", () -> options.claimWindow(tooLong), "claimWindow must be in PT0S..PT1M");
    illegal.add(
        "poll", () -> options.pollInterval(Duration.ZERO), "pollInterval must be in PT0.001S");
    illegal.add("capacity", () -> options.capacity(0), "capacity must be in 1..50000, was 0");
    illegal.add(
        "bytes",
        () -> options.maxHeldBytes(1_048_575),
        "maxHeldBytes must be in 1048576..1099511627776, was 1048575");
    illegal.add("too many", () -> options.maxHeldBytes(Long.MAX_VALUE), "maxHeldBytes must be in");
    illegal.add(
        "running", () -> options.maxRunning(5_001), "maxRunning must be in 1..5000, was 5001");
    illegal.add("batch", () -> options.settleBatch(-1), "settleBatch must be in 1..5000, was -1");
    illegal.add("crashes", () -> options.maxCrashes(101), "maxCrashes must be in 0..100, was 101");
    illegal.add("retention", () -> options.retention(tooLong), "retention must be in PT0S..");
    illegal.add("drain", () -> options.drain(tooLong), "drain must be in PT0S..PT1H, was PT");
    missing.add("audited", () -> options.audited(null));
    missing.add("lease", () -> options.lease(null));
  }

  private static void listTasks(FilterCalls.Illegal illegal, FilterCalls.Missing missing) {
    Task task = Task.of("new").handler("work");
    missing.add("taskNo", () -> Task.of(null));
    illegal.add("long number", () -> Task.of("x".repeat(300)), "taskNo must have 1..64", "had 300");
    illegal.add("U+0000", () -> Task.of("a\u0000"), "taskNo must not hold control", "U+0000 at 1");
    illegal.add("handler", () -> task.handler("1x"), "handler must match", "was '1x'");
    illegal.add("name", () -> task.name("\uDC00"), "name must be well-formed Unicode", "U+DC00");
    missing.add("content", () -> task.content(null));
    illegal.add(
        "no JSON",
        () -> task.content("{" + RejectedCalls.SECRET),
        "content must be JSON",
        "line 1");
    illegal.add("key twice", () -> task.content("{\"a\":1,\"a\":2}"), "content must be JSON");
    illegal.add(
        "deep", () -> task.content("[".repeat(65) + "]".repeat(65)), "content must be JSON");
    illegal.add(
        "large", () -> task.content(" ".repeat(1 << 20) + "1"), "at most 1048576", "had 1048577");
    missing.add("at", () -> task.at(null));
    illegal.add("far", () -> task.at(Instant.MAX), "at must be in 1970..2169, was +10");
    illegal.add(
        "negative", () -> task.in(Duration.ofMillis(-1)), "in must be in PT0S..", "PT-0.001S");
    illegal.add("no time", () -> task.timeout(Duration.ZERO), "timeout must be in PT0.001S..PT1H");
    missing.add("retryPolicy", () -> task.retryPolicy(null));
    missing.add("application", () -> task.application(null));
    illegal.add("task id", () -> new TaskId(0), "task id must be in 1..", "was 0");
    missing.add("error", () -> TaskResult.failed(null));
    illegal.add(
        "result", () -> TaskResult.done("\"" + "x".repeat(70_000) + "\""), "65536", "was 70002");
  }
}
