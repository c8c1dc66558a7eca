package dev.gatehouse.storage.jdbc;

import static java.util.Objects.requireNonNull;

import dev.gatehouse.check.Check;
import dev.gatehouse.scheduler.Attempt;
import dev.gatehouse.scheduler.Cancellation;
import dev.gatehouse.scheduler.ClaimedTask;
import dev.gatehouse.scheduler.Exclusion;
import dev.gatehouse.scheduler.GateStore;
import dev.gatehouse.scheduler.Hints;
import dev.gatehouse.scheduler.IfTaken;
import dev.gatehouse.scheduler.LeasedTask;
import dev.gatehouse.scheduler.NodeLease;
import dev.gatehouse.scheduler.NodeLeases;
import dev.gatehouse.scheduler.OpenTask;
import dev.gatehouse.scheduler.OtherCounts;
import dev.gatehouse.scheduler.Priority;
import dev.gatehouse.scheduler.ProgressReport;
import dev.gatehouse.scheduler.Requeue;
import dev.gatehouse.scheduler.RetriesAhead;
import dev.gatehouse.scheduler.Scheduled;
import dev.gatehouse.scheduler.Settled;
import dev.gatehouse.scheduler.Settlement;
import dev.gatehouse.scheduler.StorageTraffic;
import dev.gatehouse.scheduler.TaskChange;
import dev.gatehouse.scheduler.TaskCounts;
import dev.gatehouse.scheduler.TaskRow;
import dev.gatehouse.scheduler.TaskState;
import dev.gatehouse.scheduler.TaskStatus;
import dev.gatehouse.scheduler.TaskStore;
import dev.gatehouse.storage.jdbc.TaskSql.Claim;
import dev.gatehouse.transaction.Transaction;
import java.time.Duration;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.jdbi.v3.core.Handle;
import org.jspecify.annotations.Nullable;

/**
 * The TaskStore of a {@link JdbcStorage}. Tasks that are ready or leased are in {@code gh_task};
 * the one that ends a task moves it to {@code gh_task_done}, or to {@linkplain FinishedPages a
 * page} of finished ones, in the same transaction, so that the table that is polled stays small.
 *
 * <p>A lease is columns without an index: claims go by due time, so what is leased stands at the
 * head of the due index, and whoever looks for leases reads that head only. Whoever changes several
 * rows of tasks locks them in order of id, and whoever takes several numbers does it in order of
 * number.
 */
final class JdbcTaskStore implements TaskStore {
  private static final int NOBODY = 0;

  /** Nodes of this process whose cursors are kept; those that were lost are never asked again. */
  private static final int MAX_NODES = 16;

  private final Database database;

  /** Of this process's nodes; null within a transaction that was joined. */
  private final @Nullable ConcurrentMap<Integer, LaneCursors> cursors;

  private final Hints hints;
  private final RecoveryWalk walk;
  private final LeaseWalk leaseWalk;
  private final JdbcLeases leases;

  /** Has done what is to be done once the transaction is committed. */
  private final Consumer<Runnable> afterCommit;

  JdbcTaskStore(Database database, Hints hints) {
    this.database = database;
    this.hints = hints;
    ConcurrentMap<Integer, LaneCursors> known = new ConcurrentHashMap<>();
    cursors = known;
    walk = new RecoveryWalk();
    leaseWalk = new LeaseWalk();
    leases = new JdbcLeases(database, known::remove);
    afterCommit = Runnable::run;
  }

  private JdbcTaskStore(JdbcTaskStore store, Transaction transaction) {
    database = store.database.joining(transaction);
    hints = store.hints;
    cursors = null;
    walk = store.walk;
    leaseWalk = store.leaseWalk;
    leases = new JdbcLeases(database, node -> {});
    afterCommit = transaction::afterCommit;
  }

  @Override
  public NodeLeases leases() {
    return leases.keeping(database.keptConnection());
  }

  @Override
  public TaskStore joining(Transaction transaction) {
    return new JdbcTaskStore(this, transaction);
  }

  @Override
  public GateStore gates() {
    return new JdbcGateStore(database);
  }

  @Override
  public Hints hints() {
    return hints;
  }

  private TaskSql sql() {
    return database.dialect().tasks();
  }

  @Override
  public List<Long> insert(List<TaskRow> tasks) {
    return insert(NOBODY, tasks);
  }

  @Override
  public List<Long> insertHeld(int node, List<TaskRow> tasks) {
    return insert(node, tasks);
  }

  private List<Long> insert(int node, List<TaskRow> tasks) {
    Check.range(tasks.size(), 1, MAX_BATCH, "number of tasks");
    return new JdbcTaskInsertion(database, node).insert(tasks);
  }

  @Override
  public List<ClaimedTask> claim(
      int node, Reach reach, Exclusion exclusion, long dueUntilMillis, int limit) {
    Check.range(limit, 1, MAX_BATCH, "limit");
    return UnreadableTasks.passedOver(
        database, () -> tryClaim(node, reach, exclusion, dueUntilMillis, limit));
  }

  private List<ClaimedTask> tryClaim(
      int node, Reach reach, Exclusion exclusion, long dueUntilMillis, int limit) {
    boolean remembers = cursors != null && reach != Reach.BESIDE;
    LaneCursors lanes = remembers ? cursorsOf(node) : new LaneCursors(sql());
    if (reach == Reach.ALL) {
      lanes.rewind();
    }
    lanes.startFrom(exclusion.dueFromMillis());
    boolean done = false;
    try {
      List<ClaimedTask> claimed =
          database.use(
              handle -> {
                // A try that was rolled back claimed nothing of what it passed.
                lanes.restore();
                if (database.ownsTransaction()) {
                  database.profile().beginOfClaim(handle);
                }
                Claim claim = new Claim(node, database.leaseMillis(), dueUntilMillis, exclusion);
                return lanes.claim(handle, claim, limit);
              });
      lanes.keep();
      done = true;
      return claimed;
    } finally {
      if (!done) {
        lanes.rewind();
      }
    }
  }

  private LaneCursors cursorsOf(int node) {
    ConcurrentMap<Integer, LaneCursors> known = requireNonNull(cursors);
    if (known.size() > MAX_NODES) {
      known.clear();
    }
    return known.computeIfAbsent(node, unused -> new LaneCursors(sql()));
  }

  /** Within a transaction of the host's nothing may be set that its own statements would feel. */
  private void begin(Handle handle) {
    if (database.ownsTransaction()) {
      database.profile().keepToIndexes(handle);
    }
  }

  private void beginOfEngine(Handle handle) {
    if (database.ownsTransaction()) {
      database.profile().beginOfEngine(handle);
    }
  }

  @Override
  public TaskCounts count(long nowMillis, int limit) {
    Check.range(limit, 100, MAX_BATCH, "limit");
    int perLane = limit / (sql().lanes() * Priority.values().length);
    List<TaskSql.LaneCount> lanes =
        database.use(
            handle -> {
              begin(handle);
              return sql().count(handle, nowMillis, perLane);
            });
    long all = lanes.stream().mapToLong(TaskSql.LaneCount::all).sum();
    long due = lanes.stream().mapToLong(TaskSql.LaneCount::due).sum();
    long leased = lanes.stream().mapToLong(TaskSql.LaneCount::leased).sum();
    boolean complete = lanes.stream().allMatch(lane -> lane.all() < perLane);
    return new TaskCounts(all - due - leased, due, leased, complete);
  }

  @Override
  public OtherCounts countOthers(int limit) {
    Check.range(limit, 100, MAX_BATCH, "limit");
    return database.use(
        handle -> {
          begin(handle);
          return TaskTally.count(handle, limit);
        });
  }

  @Override
  public List<RetriesAhead> retriesAhead(
      long applicationId, long dueUntilMillis, String afterRetry, int afterFailed, int limit) {
    Check.range(limit, 1, MAX_BATCH, "limit");
    RetriesAhead last = new RetriesAhead(afterRetry, afterFailed, 0, 1);
    return database.use(
        handle -> new TaskReads(handle).ahead(applicationId, dueUntilMillis, last, limit));
  }

  @Override
  public OptionalLong earliestDue(Exclusion exclusion) {
    return database.use(handle -> sql().earliestDue(handle, exclusion));
  }

  @Override
  public List<Settled> settle(
      int node, List<Settlement> settlements, long nowMillis, IfLocked ifLocked) {
    Check.range(settlements.size(), 1, MAX_BATCH, "number of settlements");
    Map<Long, Settlement> byId = new HashMap<>();
    for (Settlement settlement : settlements) {
      Check.that(
          byId.put(settlement.id(), settlement) == null,
          () -> "settlements must name each task once, named twice: " + settlement.id());
    }
    return database.use(
        handle -> {
          IfLocked locks = begin(handle, ifLocked);
          return new JdbcSettlements(database.dialect(), handle, node, nowMillis, locks)
              .settle(byId);
        });
  }

  /** What is said of locks, as far as the database can do it. */
  private IfLocked begin(Handle handle, IfLocked ifLocked) {
    if (ifLocked == IfLocked.WAIT) {
      begin(handle);
    } else if (ifLocked == IfLocked.PASS_OVER || !database.ownsTransaction()) {
      beginOfEngine(handle);
    } else if (!database.profile().beginOfSettler(handle)) {
      return IfLocked.PASS_OVER;
    }
    return ifLocked;
  }

  @Override
  public Collection<Long> progress(int node, List<ProgressReport> reports) {
    Check.range(reports.size(), 1, MAX_BATCH, "number of reports");
    return database.use(
        handle -> {
          beginOfEngine(handle);
          return new ProgressWriter(sql(), handle).write(node, reports);
        });
  }

  @Override
  public List<LeasedTask> leased(int node, long dueUntilMillis, int limit) {
    Check.range(limit, 1, MAX_BATCH, "limit");
    return database.use(
        handle -> {
          begin(handle);
          return sql().leased(handle, node, dueUntilMillis, limit);
        });
  }

  @Override
  public LeasedPart leasedPart(int node, long dueUntilMillis) {
    return database.use(
        handle -> {
          begin(handle);
          return leaseWalk.look(handle, sql(), node, dueUntilMillis);
        });
  }

  @Override
  public List<LeasedTask> leased(int node, Collection<Long> ids) {
    Check.range(ids.size(), 1, MAX_BATCH, "number of ids");
    return database.use(handle -> sql().leased(handle, node, ids));
  }

  @Override
  public Collection<Long> admit(Collection<Long> ids) {
    Check.range(ids.size(), 1, MAX_BATCH, "number of ids");
    return request(requests -> requests.admit(ids));
  }

  @Override
  public List<ClaimedTask> admitHeld(int node, Exclusion exclusion, Collection<Long> ids) {
    Check.range(ids.size(), 1, MAX_BATCH, "number of ids");
    Claim claim = new Claim(node, database.leaseMillis(), Long.MAX_VALUE, exclusion);
    return UnreadableTasks.passedOver(
        database, () -> request(requests -> requests.admitHeld(database.dialect(), claim, ids)));
  }

  @Override
  public List<OpenTask> open(Collection<Long> ids) {
    Check.range(ids.size(), 1, MAX_BATCH, "number of ids");
    return database.use(handle -> new TaskReads(handle).open(database.dialect(), ids));
  }

  @Override
  public Cancellation cancel(OptionalLong applicationId, long id, long nowMillis) {
    return request(requests -> requests.cancel(applicationId, id, nowMillis));
  }

  @Override
  public Optional<Cancellation> tryCancel(OptionalLong applicationId, long id, long nowMillis) {
    return request(requests -> requests.tryCancel(applicationId, id, nowMillis));
  }

  @Override
  public TaskChange pause(OptionalLong applicationId, long id) {
    return request(requests -> requests.pause(applicationId, id));
  }

  @Override
  public TaskChange resume(OptionalLong applicationId, long id) {
    return request(requests -> requests.resume(applicationId, id));
  }

  @Override
  public TaskChange reschedule(OptionalLong applicationId, long id, long dueMillis) {
    return request(requests -> requests.reschedule(applicationId, id, dueMillis));
  }

  @Override
  public Requeue requeue(OptionalLong applicationId, long id, long nowMillis, boolean force) {
    return request(requests -> requests.requeue(applicationId, id, nowMillis, force));
  }

  @Override
  public Optional<Scheduled.Outcome> replace(TaskRow row, IfTaken ifTaken) {
    return request(requests -> requests.replace(row, ifTaken));
  }

  private <T> T request(Function<JdbcTaskRequests, T> request) {
    return database.use(handle -> request.apply(new JdbcTaskRequests(handle, sql())));
  }

  @Override
  public Optional<TaskState> find(OptionalLong applicationId, long id) {
    return database
        .use(handle -> new TaskReads(handle).find(id))
        .filter(
            state ->
                applicationId.isEmpty()
                    || applicationId.getAsLong() == state.row().applicationId());
  }

  @Override
  public List<TaskState> failed(OptionalLong applicationId, long afterId, int limit) {
    Check.range(limit, 1, MAX_BATCH, "limit");
    return database.use(handle -> new TaskReads(handle).failed(applicationId, afterId, limit));
  }

  @Override
  public OptionalLong findId(long applicationId, String taskNo) {
    TaskNumber number = new TaskNumber(applicationId, requireNonNull(taskNo, "taskNo"));
    if (!TextArgument.isStorable(taskNo)) {
      return OptionalLong.empty();
    }
    return database
        .use(handle -> TaskNumbers.find(handle, number))
        .map(OptionalLong::of)
        .orElseGet(OptionalLong::empty);
  }

  @Override
  public List<Attempt> attempts(long id) {
    return database.use(handle -> new TaskReads(handle).attempts(id));
  }

  @Override
  public int purge(TaskStatus status, long endedBeforeMillis, int limit) {
    Check.range(limit, 1, MAX_BATCH, "limit");
    return database.use(
        handle -> {
          begin(handle);
          int rows = sql().purge(handle, status, endedBeforeMillis, limit);
          return rows < limit && status == TaskStatus.FINISHED
              ? rows + new FinishedPages(handle).purge(endedBeforeMillis, limit - rows)
              : rows;
        });
  }

  @Override
  public boolean tidy(long ended) {
    return database.unhurried().useAlone(handle -> sql().tidy(handle, ended));
  }

  @Override
  public StorageTraffic traffic() {
    return database.traffic();
  }

  @Override
  public long nowMicros() {
    return leases.nowMicros();
  }

  @Override
  public NodeLease join(String boot, Duration duration) {
    return leases.join(boot, duration);
  }

  @Override
  public Optional<NodeLease> renew(int node, String boot, Duration duration) {
    return leases.renew(node, boot, duration);
  }

  @Override
  public void leave(int node, String boot) {
    leases.leave(node, boot);
  }

  private JdbcNodes nodes(Handle handle) {
    return new JdbcNodes(database, handle);
  }

  @Override
  public List<Settled> recover(int maxCrashes, long nowMillis, int limit) {
    Check.range(limit, 1, MAX_BATCH, "limit");
    database.<@Nullable Object>use(
        handle -> {
          nodes(handle).markLost();
          return null;
        });
    RecoveryWalk.Look look =
        database.use(
            handle -> {
              JdbcNodes nodes = nodes(handle);
              List<JdbcNodes.Lost> lost = nodes.lost();
              if (lost.isEmpty()) {
                return RecoveryWalk.Look.NONE;
              }
              beginOfEngine(handle);
              long dueUntil = lost.stream().mapToLong(JdbcNodes.Lost::dueUntil).max().orElseThrow();
              RecoveryWalk.Finder finder =
                  new RecoveryWalk.Finder(
                      database.dialect(), nodes, dueUntil, maxCrashes, nowMillis, limit);
              return walk.look(
                  handle,
                  lost.stream().map(JdbcNodes.Lost::node).collect(Collectors.toSet()),
                  finder);
            });
    afterCommit.accept(() -> walk.goOn(look.next()));
    return look.freed();
  }
}
