package dev.gatehouse.storage.jdbc;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;

/** A file to which several processes add lines; what was added survives the death of its writer. */
record Ledger(Path file) {
  /** That an attempt began: by whom, of what, under which fence, when, and when it was due. */
  record Begun(String writer, long task, long fence, long atMillis, long dueMillis) {
    static Begun parse(String line) {
      String[] words = line.split(" ", -1);
      return new Begun(
          words[1],
          Long.parseLong(words[2]),
          Long.parseLong(words[3]),
          Long.parseLong(words[4]),
          Long.parseLong(words[5]));
    }
  }

  void begun(Begun begun) {
    add(
        "begun %s %d %d %d %d"
            .formatted(
                begun.writer(), begun.task(), begun.fence(), begun.atMillis(), begun.dueMillis()));
  }

  void add(String line) {
    try {
      Files.writeString(file, line + "\n", StandardOpenOption.CREATE, StandardOpenOption.APPEND);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  List<String> lines() {
    try {
      return Files.exists(file) ? Files.readAllLines(file) : List.of();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  boolean has(String line) {
    return lines().contains(line);
  }

  /** The attempts begun, in order. */
  List<Begun> begun() {
    return lines().stream().filter(line -> line.startsWith("begun ")).map(Begun::parse).toList();
  }
}
