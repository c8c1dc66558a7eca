package dev.gatehouse.scheduler;

import dev.gatehouse.audit.AuditRecord;
import dev.gatehouse.observe.GatehouseListener;
import dev.gatehouse.scheduler.TaskStore.LeasedPart;
import dev.gatehouse.transaction.Transaction;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Looks after the store: hears there of tasks to cancel or pause, ends attempts of tasks that were
 * taken away by force, gives back what the store has as this node's and the node does not know (the
 * answer to a claim was lost), and frees what dead nodes held. Every method asks the store. Not
 * safe: confine to one thread.
 */
final class Keeper {
  private static final Logger LOGGER = LoggerFactory.getLogger(Keeper.class);
  private static final long UNKNOWN_NANOS = TimeUnit.SECONDS.toNanos(5);
  private static final int BATCH = 1_000;
  private static final int AUDITS_TO_PASS_OVER = 12;

  private final SchedulerParts parts;
  private final Engine engine;
  private final EngineClock clock;
  private final TaskAudit audit;
  private final GatehouseListener listener;
  private final Map<LeasedKey, Long> unknownSince = new HashMap<>();
  private long auditedDoubtful;
  private int passedOver;

  /** Whether a look through what is leased has not come to its end. */
  private boolean audits;

  private record LeasedKey(int node, long id, long fence) {}

  Keeper(SchedulerParts parts, Engine engine) {
    this.parts = parts;
    this.engine = engine;
    clock = engine.clock();
    audit = new TaskAudit(parts.audit(), parts.options().audited());
    listener = parts.listener();
  }

  /**
   * Hears what was asked of tasks that the node holds and has not ended, and what was taken away.
   */
  void checkHeld() {
    Node node = engine.membership().live();
    if (node == null) {
      return;
    }
    // Those under way first: the others are many, and checked again by what they end with.
    List<HeldTask> open =
        Stream.concat(engine.holdings().underWay().all().stream(), engine.holdings().all().stream())
            .filter(held -> held.node().equals(node) && isOpen(held))
            .distinct()
            .limit(TaskStore.MAX_BATCH)
            .toList();
    if (open.isEmpty()) {
      return;
    }
    if (open.stream().anyMatch(held -> held.row().workflowId() != 0)) {
      engine.settler().queue().noteUse(clock.nanoTime());
    }
    Map<Long, LeasedTask> leased = new HashMap<>();
    parts
        .store()
        .leased(node.number(), open.stream().map(held -> held.row().id()).toList())
        .forEach(task -> leased.put(task.id(), task));
    for (HeldTask held : open) {
      LeasedTask task = leased.get(held.row().id());
      if (task == null || task.fence() != held.fence()) {
        heardGone(held);
      } else {
        heardAsked(held, task.asked());
      }
    }
  }

  private void heardGone(HeldTask held) {
    if (held.isUnconfirmed()) {
      engine.attempts().confirm(held);
      if (held.row().workflowId() != 0) {
        engine.settler().queue().add(held.row().workflowId());
      }
    } else if (!held.isCompleting()) {
      // Of one that its handler completes, the store may know the end before the handler does.
      engine.attempts().lose(held);
    }
  }

  private void heardAsked(HeldTask held, Asked asked) {
    if (held.isUnconfirmed()) {
      engine.attempts().doubt(held);
    } else if (asked == Asked.CANCEL) {
      engine.attempts().cancel(held);
    } else if (asked == Asked.PAUSE) {
      engine.attempts().release(held, held.dueMillis());
    }
  }

  private static boolean isOpen(HeldTask held) {
    return held.isWaiting() || held.isUnconfirmed() || held.isUnderWay();
  }

  /**
   * Gives back what the store has as the node's and the node has not known for some time. Asks if a
   * claim was left without an answer, or tasks were inserted as held, since it last found all in
   * order; and now and then in any case, for what was committed later, or nobody thought of. Looks
   * through a part if much is due; the next call goes on.
   */
  void auditLeases() {
    Node node = engine.membership().live();
    if (node == null) {
      unknownSince.clear();
      return;
    }
    long doubtful = engine.claimer().unanswered() + engine.claimer().insertions();
    boolean isTime = ++passedOver >= AUDITS_TO_PASS_OVER;
    boolean looks = audits || isTime || doubtful != auditedDoubtful;
    if (!looks && unknownSince.isEmpty()) {
      return;
    }
    Map<LeasedKey, Long> unknown = stillUnknown(node);
    if (looks) {
      if (!audits) {
        auditedDoubtful = doubtful;
        passedOver = 0;
      }
      audits = true;
      LeasedPart part = parts.store().leasedPart(node.number(), engine.claimer().horizonMillis());
      audits = !part.last();
      unknown(node, part.tasks()).forEach(key -> unknown.putIfAbsent(key, clock.nanoTime()));
    }
    long now = clock.nanoTime();
    unknown.entrySet().removeIf(entry -> giveBack(node, entry.getKey(), now - entry.getValue()));
    unknownSince.clear();
    unknownSince.putAll(unknown);
  }

  private List<LeasedKey> unknown(Node node, List<LeasedTask> leased) {
    return leased.stream()
        .filter(task -> engine.holdings().find(task.id(), task.fence()) == null)
        .map(task -> new LeasedKey(node.number(), task.id(), task.fence()))
        .toList();
  }

  /** Of those that were not known the last time, with when that was first so. */
  private Map<LeasedKey, Long> stillUnknown(Node node) {
    Map<LeasedKey, Long> still = new HashMap<>();
    List<Long> ids = unknownSince.keySet().stream().map(LeasedKey::id).distinct().toList();
    for (int from = 0; from < ids.size(); from += TaskStore.MAX_BATCH) {
      List<Long> some = ids.subList(from, Math.min(ids.size(), from + TaskStore.MAX_BATCH));
      for (LeasedKey key : unknown(node, parts.store().leased(node.number(), some))) {
        Long since = unknownSince.get(key);
        if (since != null) {
          still.put(key, since);
        }
      }
    }
    return still;
  }

  private boolean giveBack(Node node, LeasedKey key, long ageNanos) {
    if (ageNanos < UNKNOWN_NANOS) {
      return false;
    }
    LOGGER.warn("task {} is leased to node {} without its knowledge", key.id(), key.node());
    long due = find(parts.store(), key.id()).map(TaskState::dueMillis).orElseGet(clock::millis);
    engine.settler().addUnknown(node, new Settlement.Release(key.id(), key.fence(), due));
    return true;
  }

  /** Frees what lost and departed nodes held, if there may be such nodes. */
  void recoverIfDue() {
    if (clock.millis() >= engine.membership().othersExpireMillis()) {
      engine.membership().recovered();
      recover();
    }
  }

  /** Frees what lost and departed nodes held. */
  void recover() {
    int freed = 0;
    List<Settled> recovered;
    do {
      recovered = parts.transactions().call(this::recoverBatch);
      freed += recovered.size();
      recovered.forEach(one -> engine.holdings().gates().left(new GateQueue.Left(one.id(), 0)));
    } while (!recovered.isEmpty());
    if (freed > 0) {
      LOGGER.info("recovered {} tasks from nodes that were lost", freed);
      listener.tasksRecovered(freed);
      engine.gatekeeper().sweep();
      engine.settler().queue().noteUse(clock.nanoTime());
      engine.claimer().anew();
      engine.waker().wake(Waker.Role.CLAIMER);
    }
  }

  private List<Settled> recoverBatch(Transaction transaction) {
    TaskStore store = parts.store().joining(transaction);
    List<Settled> recovered = store.recover(parts.options().maxCrashes(), clock.millis(), BATCH);
    List<AuditRecord> records = new ArrayList<>();
    for (Settled one : recovered) {
      if (one.status().isFinal()) {
        Optional<TaskState> state = find(store, one.id());
        state
            .flatMap(ended -> audit.ending(ended.row(), one.status(), ended.attempt()))
            .ifPresent(records::add);
        state.ifPresent(
            ended -> engine.settler().ends().ended(transaction, ended.row(), one.status(), null));
      }
    }
    audit.write(transaction, records);
    return recovered;
  }

  /** Of one that cannot be read nothing is told; it must not keep others from being freed. */
  private static Optional<TaskState> find(TaskStore store, long id) {
    try {
      return store.find(OptionalLong.empty(), id);
    } catch (UnreadableTaskException e) {
      LOGGER.error("task {} is freed without a record, as it cannot be read", id, e);
      return Optional.empty();
    }
  }
}
