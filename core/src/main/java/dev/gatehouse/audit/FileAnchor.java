package dev.gatehouse.audit;

import static java.util.Objects.requireNonNull;

import dev.gatehouse.error.StorageException;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.locks.ReentrantLock;

/** An anchor in a file; see {@link Anchor#file}. */
final class FileAnchor implements Anchor {
  /** A process must not ask twice for a lock on a file: one for all, as heads are rare. */
  private static final ReentrantLock IN_PROCESS = new ReentrantLock();

  private final Path file;

  FileAnchor(Path file) {
    this.file = requireNonNull(file, "file");
  }

  /** In one write at the end of the file, after the rest of a line that a crash has left. */
  @Override
  public void publish(SignedHead head) {
    String line = head.note().replace('\n', '\t') + "\n";
    IN_PROCESS.lock();
    try (FileChannel channel =
            FileChannel.open(
                file,
                StandardOpenOption.CREATE,
                StandardOpenOption.WRITE,
                StandardOpenOption.APPEND);
        FileLock lock = channel.lock()) {
      byte[] bytes = ((isCut() ? "\n" : "") + line).getBytes(StandardCharsets.UTF_8);
      ByteBuffer rest = ByteBuffer.wrap(bytes);
      while (lock.isValid() && rest.hasRemaining()) {
        channel.write(rest);
      }
      channel.force(true);
    } catch (IOException e) {
      throw new StorageException("the anchor's file cannot be written: " + file, e);
    } finally {
      IN_PROCESS.unlock();
    }
  }

  private boolean isCut() throws IOException {
    try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
      long end = channel.size();
      ByteBuffer last = ByteBuffer.allocate(1);
      return end > 0 && channel.read(last, end - 1) == 1 && last.get(0) != '\n';
    }
  }

  @Override
  public List<SignedHead> heads() {
    Deque<SignedHead> heads = new ArrayDeque<>();
    if (!Files.exists(file)) {
      return List.of();
    }
    try (BufferedReader in =
        new BufferedReader(
            new InputStreamReader(Files.newInputStream(file), StandardCharsets.UTF_8))) {
      StringBuilder line = new StringBuilder();
      for (int c = in.read(); c >= 0; c = in.read()) {
        if (c != '\n') {
          append(line, (char) c);
          continue;
        }
        head(line.toString()).ifPresent(heads::add);
        line.setLength(0);
        if (heads.size() > MAX_HEADS) {
          heads.remove();
        }
      }
      return List.copyOf(heads);
    } catch (IOException e) {
      throw new StorageException("the anchor's file cannot be read: " + file, e);
    }
  }

  /** What is longer than a head is none, and needs no memory. */
  private static void append(StringBuilder line, char c) {
    if (line.length() <= SignedHead.MAX_NOTE) {
      line.append(c);
    }
  }

  private static Optional<SignedHead> head(String line) {
    try {
      return Optional.of(SignedHead.parse(line.replace('\t', '\n')));
    } catch (IllegalArgumentException e) {
      return Optional.empty();
    }
  }

  @Override
  public String toString() {
    return "anchor in " + file;
  }
}
