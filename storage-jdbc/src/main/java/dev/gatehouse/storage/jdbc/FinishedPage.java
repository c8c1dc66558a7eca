package dev.gatehouse.storage.jdbc;

import static java.util.Objects.requireNonNull;

import dev.gatehouse.error.StorageException;
import dev.gatehouse.scheduler.Priority;
import dev.gatehouse.scheduler.TaskRow;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Tasks that finished together, in order of id. Packed, each is told by what differs from the one
 * before: its id apart from the rest, so that it can be looked for without reading the rest.
 * Immutable.
 */
record FinishedPage(List<FinishedTask> tasks) {
  private static final int VERSION = 1;

  private static final int APPLICATION = 1;
  private static final int KIND = 1 << 1;
  private static final int NAME = 1 << 2;
  private static final int TIMEOUT = 1 << 3;
  private static final int RETRY = 1 << 4;
  private static final int PRIORITY = 1 << 5;
  private static final int KEY = 1 << 6;
  private static final int WORKFLOW = 1 << 7;
  private static final int NUMBER = 1 << 8;
  private static final int STATUS = 1 << 9;
  private static final int RESULT = 1 << 10;

  private static final FinishedTask NONE =
      new FinishedTask(new TaskRow(1, 0, " ", null, "", "", 1, " ", 0, 0), 0, 0, null, null);

  FinishedPage {
    tasks = List.copyOf(tasks);
  }

  long firstId() {
    return tasks.get(0).row().id();
  }

  long lastId() {
    return tasks.get(tasks.size() - 1).row().id();
  }

  boolean isNumbered() {
    return tasks.stream().anyMatch(task -> task.row().taskNo() != null);
  }

  Optional<FinishedTask> find(long id) {
    return tasks.stream().filter(task -> task.row().id() == id).findFirst();
  }

  FinishedPage without(long id) {
    return new FinishedPage(tasks.stream().filter(task -> task.row().id() != id).toList());
  }

  byte[] packIds() {
    Packed.Writer ids = new Packed.Writer().number(tasks.size());
    long before = 0;
    for (FinishedTask task : tasks) {
      ids.number(task.row().id() - before);
      before = task.row().id();
    }
    return ids.toBytes();
  }

  /** Whether a task of that id is among those whose ids are packed so. */
  static boolean holds(byte[] packedIds, long id) {
    return Arrays.binarySearch(unpackIds(packedIds), id) >= 0;
  }

  private static long[] unpackIds(byte[] packed) {
    Packed.Reader reader = new Packed.Reader(packed);
    long[] ids = new long[Math.toIntExact(reader.number())];
    long id = 0;
    for (int i = 0; i < ids.length; i++) {
      id += reader.number();
      ids[i] = id;
    }
    return ids;
  }

  byte[] packTasks() {
    Packed.Writer packed = new Packed.Writer().number(VERSION);
    FinishedTask before = NONE;
    for (FinishedTask task : tasks) {
      pack(packed, task, before);
      before = task;
    }
    return packed.toBytes();
  }

  private static void pack(Packed.Writer packed, FinishedTask task, FinishedTask before) {
    TaskRow row = task.row();
    int told = told(task, before);
    packed.number(told);
    if ((told & APPLICATION) != 0) {
      packed.number(row.applicationId());
    }
    if ((told & KIND) != 0) {
      packed.text(row.kind());
    }
    if ((told & NUMBER) != 0) {
      packed.text(row.taskNo());
    }
    if ((told & NAME) != 0) {
      packed.text(row.name());
    }
    if ((told & TIMEOUT) != 0) {
      packed.number(row.timeoutMillis());
    }
    if ((told & RETRY) != 0) {
      packed.text(row.retry());
    }
    if ((told & PRIORITY) != 0) {
      packed.number(row.priority().code());
    }
    if ((told & KEY) != 0) {
      packed.text(row.key()).number(row.keyLimit());
    }
    if ((told & WORKFLOW) != 0) {
      packed.number(row.workflowId());
    }
    packed
        .text(row.content())
        .signed(row.createdMillis() - before.row().createdMillis())
        .signed(row.runtimeMillis() - row.createdMillis())
        .signed(task.startedMillis() - row.runtimeMillis())
        .signed(task.endedMillis() - task.startedMillis());
    if ((told & STATUS) != 0) {
      packed.signed(requireNonNull(task.httpStatus()));
    }
    if ((told & RESULT) != 0) {
      packed.text(task.result());
    }
  }

  private static int told(FinishedTask task, FinishedTask before) {
    TaskRow row = task.row();
    TaskRow last = before.row();
    boolean sameKey = Objects.equals(row.key(), last.key()) && row.keyLimit() == last.keyLimit();
    return (row.applicationId() == last.applicationId() ? 0 : APPLICATION)
        | (row.kind().equals(last.kind()) ? 0 : KIND)
        | (row.name().equals(last.name()) ? 0 : NAME)
        | (row.timeoutMillis() == last.timeoutMillis() ? 0 : TIMEOUT)
        | (row.retry().equals(last.retry()) ? 0 : RETRY)
        | (row.priority() == last.priority() ? 0 : PRIORITY)
        | (sameKey ? 0 : KEY)
        | (row.workflowId() == last.workflowId() ? 0 : WORKFLOW)
        | (row.taskNo() == null ? 0 : NUMBER)
        | (task.httpStatus() == null ? 0 : STATUS)
        | (task.result() == null ? 0 : RESULT);
  }

  static FinishedPage unpack(byte[] ids, byte[] tasks) {
    Packed.Reader packed = new Packed.Reader(tasks);
    long version = packed.number();
    if (version != VERSION) {
      throw new StorageException("a page of finished tasks has the unknown version " + version);
    }
    List<FinishedTask> all = new ArrayList<>();
    FinishedTask before = NONE;
    for (long id : unpackIds(ids)) {
      before = unpack(packed, id, before);
      all.add(before);
    }
    return new FinishedPage(all);
  }

  private static FinishedTask unpack(Packed.Reader packed, long id, FinishedTask before) {
    TaskRow last = before.row();
    int told = (int) packed.number();
    long applicationId = (told & APPLICATION) != 0 ? packed.number() : last.applicationId();
    String kind = (told & KIND) != 0 ? requireNonNull(packed.text()) : last.kind();
    @Nullable String taskNo = (told & NUMBER) != 0 ? packed.text() : null;
    String name = (told & NAME) != 0 ? requireNonNull(packed.text()) : last.name();
    int timeout = (told & TIMEOUT) != 0 ? (int) packed.number() : last.timeoutMillis();
    String retry = (told & RETRY) != 0 ? requireNonNull(packed.text()) : last.retry();
    Priority priority =
        (told & PRIORITY) != 0 ? Priority.of((int) packed.number()) : last.priority();
    @Nullable String key = (told & KEY) != 0 ? packed.text() : last.key();
    int keyLimit = (told & KEY) != 0 ? (int) packed.number() : last.keyLimit();
    long workflowId = (told & WORKFLOW) != 0 ? packed.number() : last.workflowId();
    String content = requireNonNull(packed.text());
    long created = last.createdMillis() + packed.signed();
    long runtime = created + packed.signed();
    long started = runtime + packed.signed();
    long ended = started + packed.signed();
    @Nullable Integer httpStatus = (told & STATUS) != 0 ? (Integer) (int) packed.signed() : null;
    @Nullable String result = (told & RESULT) != 0 ? packed.text() : null;
    TaskRow row =
        new TaskRow(
            id,
            applicationId,
            kind,
            taskNo,
            name,
            content,
            timeout,
            retry,
            created,
            runtime,
            priority,
            key,
            keyLimit,
            workflowId);
    return new FinishedTask(row, started, ended, httpStatus, result);
  }
}
