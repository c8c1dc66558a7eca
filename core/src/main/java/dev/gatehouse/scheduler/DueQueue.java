package dev.gatehouse.scheduler;

import java.util.AbstractQueue;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.Consumer;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Held tasks that are due, in the order in which they are to begin. Priorities take turns by their
 * weights, and what one has not to give goes to the others; within a priority applications take
 * turns, and each application's tasks come in the order in which they were added. Those that have
 * gone through gates had their turn before, and come first. What was taken away meanwhile is among
 * them: it is no longer {@linkplain HeldTask#isWaiting waiting}.
 *
 * <p>Applications share a few lines by their ids, so that one which has filled its line holds up
 * few others. A task is counted before it is added and until after it is removed, so whoever added
 * one never sees a size of zero before it is gone. Safe for use by multiple threads.
 */
final class DueQueue extends AbstractQueue<HeldTask> {
  /** Lines of one priority; without a common factor with the turns, so that each has its own. */
  private static final int LINES = 7;

  private static final int PRIORITIES = Priority.values().length;

  /** The line of those that have waited at gates since they were in another. */
  private static final int AHEAD = PRIORITIES * LINES;

  private static final int[] TURNS = turns();

  private static final int NOBODY = -1;

  private final List<Queue<HeldTask>> lines =
      Stream.<Queue<HeldTask>>generate(ConcurrentLinkedQueue::new).limit(AHEAD + 1L).toList();

  private final Waker waker;
  private final AtomicInteger turn = new AtomicInteger();

  /** A bit for each line that has tasks, presumably: so that those without are not looked into. */
  private final AtomicInteger marked = new AtomicInteger();

  private final LongAdder added = new LongAdder();
  private final LongAdder begun = new LongAdder();
  private final LongAdder forgotten = new LongAdder();

  /** With how many left the claimer is roused; {@link #NOBODY} if it does not wait for that. */
  private volatile int rouseAt = NOBODY;

  DueQueue(Waker waker) {
    this.waker = waker;
  }

  /** The codes of priorities, each as often as it weighs. */
  private static int[] turns() {
    List<Priority> all = List.of(Priority.values());
    int sum = all.stream().mapToInt(Priority::weight).sum();
    return IntStream.range(0, sum).map(turn -> Shares.turn(turn, all).code()).toArray();
  }

  @Override
  public boolean offer(HeldTask held) {
    held.enqueued();
    added.increment();
    TaskRow row = held.row();
    int line = AHEAD;
    if (!held.isAdmitted()) {
      line = Math.floorMod(Long.hashCode(row.applicationId()), LINES);
      line += row.priority().code() * LINES;
    }
    lines.get(line).add(held);
    mark(line);
    return true;
  }

  @Override
  public @Nullable HeldTask poll() {
    int left = marked.get();
    boolean isAlone = (left & (left - 1)) == 0;
    int now = isAlone ? 0 : turn.getAndIncrement();
    HeldTask next = null;
    while (next == null && left != 0) {
      int line = choose(left, now);
      next = poll(line);
      left &= ~(1 << line);
    }
    // A mark may be missing for a moment.
    for (int line = 0; next == null && line < lines.size(); line++) {
      next = lines.get(line).poll();
    }
    if (next != null) {
      left(next);
    }
    return next;
  }

  /** The line that is next of those marked. */
  private static int choose(int marks, int now) {
    if ((marks & (1 << AHEAD)) != 0) {
      return AHEAD;
    }
    int priority = TURNS[Math.floorMod(now, TURNS.length)];
    int some = of(priority, marks);
    for (int i = 0; some == 0; i++) {
      priority = i;
      some = of(priority, marks);
    }
    int behind = some & (-1 << Math.floorMod(now, LINES));
    return priority * LINES + Integer.numberOfTrailingZeros(behind == 0 ? some : behind);
  }

  private static int of(int priority, int marks) {
    return (marks >>> (priority * LINES)) & ((1 << LINES) - 1);
  }

  private @Nullable HeldTask poll(int line) {
    HeldTask next = lines.get(line).poll();
    if (next == null) {
      marked.updateAndGet(marks -> marks & ~(1 << line));
      if (!lines.get(line).isEmpty()) {
        mark(line);
      }
    }
    return next;
  }

  private void mark(int line) {
    if ((marked.get() & (1 << line)) == 0) {
      marked.updateAndGet(marks -> marks | (1 << line));
    }
  }

  private void left(HeldTask held) {
    if (held.dequeue()) {
      (held.isWaiting() ? begun : forgotten).increment();
    }
    rouse();
  }

  /** The claimer is roused, once, when no more than so many are left. */
  void rouseAt(int left) {
    rouseAt = left;
    rouse();
  }

  private void rouse() {
    int wanted = rouseAt;
    if (wanted != NOBODY && size() <= wanted) {
      rouseAt = NOBODY;
      waker.wake(Waker.Role.CLAIMER);
    }
  }

  /** How many tasks that were waiting have left it to begin, since it was made. */
  long begun() {
    return begun.sum();
  }

  @Override
  public @Nullable HeldTask peek() {
    return stream().findFirst().orElse(null);
  }

  @Override
  public boolean isEmpty() {
    for (Queue<HeldTask> line : lines) {
      if (!line.isEmpty()) {
        return false;
      }
    }
    return true;
  }

  /** How many there are; cheap, and not exact while others add and remove. */
  @Override
  public int size() {
    // In this order, so that what others add and remove meanwhile is never counted too low.
    long left = begun.sum() + forgotten.sum();
    return (int) (added.sum() - left);
  }

  @Override
  public Iterator<HeldTask> iterator() {
    return stream().iterator();
  }

  @Override
  public Stream<HeldTask> stream() {
    return lines.stream().flatMap(Queue::stream);
  }

  /**
   * Passes on those that would begin last, so that about so many remain: of the lowest priority
   * first, and of each line those that came last. They are to be taken away, and then {@linkplain
   * #sweep swept}.
   */
  void passLast(int remaining, int most, Consumer<HeldTask> out) {
    int surplus = Math.min(most, size() - remaining);
    for (int priority = PRIORITIES - 1; priority >= 0 && surplus > 0; priority--) {
      List<List<HeldTask>> waiting = new ArrayList<>();
      for (Queue<HeldTask> line : lines.subList(priority * LINES, (priority + 1) * LINES)) {
        waiting.add(line.stream().filter(HeldTask::isWaiting).toList());
      }
      surplus -= passLast(waiting, surplus, out);
    }
  }

  /** The longest lines are cut to the length of the others. */
  private static int passLast(List<List<HeldTask>> waiting, int surplus, Consumer<HeldTask> out) {
    int longest = waiting.stream().mapToInt(List::size).max().orElse(0);
    int passed = 0;
    for (int last = longest - 1; last >= 0; last--) {
      for (List<HeldTask> line : waiting) {
        if (passed < surplus && line.size() > last) {
          out.accept(line.get(last));
          passed++;
        }
      }
    }
    return passed;
  }

  /** Forgets those that were taken away. */
  void sweep() {
    for (Queue<HeldTask> line : lines) {
      line.removeIf(this::isGone);
    }
    rouse();
  }

  /** Of this and whoever polls it meanwhile, one counts it. */
  private boolean isGone(HeldTask held) {
    boolean gone = !held.isWaiting();
    if (gone && held.dequeue()) {
      forgotten.increment();
    }
    return gone;
  }
}
