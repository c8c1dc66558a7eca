package dev.gatehouse;

import static java.util.Objects.requireNonNull;

import dev.gatehouse.audit.AuditLog;
import dev.gatehouse.audit.AuditOptions;
import dev.gatehouse.audit.AuditTree;
import dev.gatehouse.audit.AutomaticRecord;
import dev.gatehouse.check.Check;
import dev.gatehouse.error.ClosedException;
import dev.gatehouse.hook.FateSite;
import dev.gatehouse.hook.SiteKeys;
import dev.gatehouse.id.IdSource;
import dev.gatehouse.observe.GatehouseListener;
import dev.gatehouse.permission.DecisionAudit;
import dev.gatehouse.permission.Permissions;
import dev.gatehouse.reader.ApiReader;
import dev.gatehouse.reader.ReaderOptions;
import dev.gatehouse.registry.Application;
import dev.gatehouse.registry.Registry;
import dev.gatehouse.registry.RegistryOptions;
import dev.gatehouse.registry.RegistryUpkeep;
import dev.gatehouse.scheduler.Callbacks;
import dev.gatehouse.scheduler.SchedulerOptions;
import dev.gatehouse.scheduler.Stepper;
import dev.gatehouse.scheduler.Task;
import dev.gatehouse.scheduler.TaskHandler;
import dev.gatehouse.scheduler.TaskScheduler;
import dev.gatehouse.scheduler.Workflows;
import dev.gatehouse.signing.KeyRing;
import dev.gatehouse.signing.MasterKey;
import dev.gatehouse.signing.Scheme;
import dev.gatehouse.signing.SerendipityScheme;
import dev.gatehouse.signing.Signer;
import dev.gatehouse.signing.Verifier;
import dev.gatehouse.storage.Storage;
import dev.gatehouse.transaction.Transaction;
import dev.gatehouse.transport.Transport;
import java.time.Duration;
import java.time.InstantSource;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Function;
import java.util.function.LongSupplier;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * Everything that an application needs to work with third parties, over one storage: who they are
 * ({@link #registry}), whether a request is theirs ({@link #verifier}, {@link #signer}), what they
 * may do ({@link #permissions}), calling them back later ({@link #scheduler}), and what happened
 * ({@link #audit}, {@link #eventLog}).
 *
 * <p>Building one does no I/O and starts no thread. {@link #start} begins to run tasks; until then
 * tasks can be scheduled, and everything else works. {@link #close} ends it, with the storage and
 * the transport that it was given. Several instances may live in one process, and several processes
 * may share a database. Safe for use by multiple threads.
 */
public final class Gatehouse implements AutoCloseable {
  private final Storage storage;
  private final @Nullable Transport transport;
  private final Scheme scheme;
  private final InstantSource clock;
  private final int nonceQuota;
  private final Logs logs;
  private final KeyRing keys;
  private final Registry registry;
  private final RegistryUpkeep upkeep;
  private final GatehouseListener listener;
  private final Verifier verifier;
  private final Permissions permissions;
  private final Work work;
  private final Duration drain;
  private final AtomicBoolean closing = new AtomicBoolean();

  private Gatehouse(Builder builder, Storage storage) {
    this.storage = storage;
    transport = builder.transport;
    scheme = builder.scheme;
    clock = builder.clock;
    drain = builder.scheduler.drain();
    nonceQuota = builder.nonceQuota;
    IdSource ids = new IdSource(clock);
    logs =
        new Logs(
            storage,
            ids::next,
            new AuditTree.Parts(
                storage.audit(), storage, clock, builder.nanoTime, builder.listener, builder.audit),
            new Logs.Options(builder.audit, builder.eventLog, builder.automaticRecords));
    keys =
        KeyRing.create(
            new KeyRing.Configuration(
                storage.keys(),
                storage,
                ids::next,
                clock,
                logs.automatic,
                builder.masterKey,
                new PolicyHorizon(storage, this::registry)));
    registry =
        Registry.create(
            storage.registry(), storage, logs.automatic, keys, Work.registryOptions(builder, ids));
    upkeep = RegistryUpkeep.create(registry);
    listener = builder.listener;
    verifier = verifier(scheme);
    permissions =
        Permissions.create(
            storage,
            storage.permissions(),
            logs.automatic,
            ids::next,
            Permissions.Settings.defaults()
                .with(clock, builder.nanoTime, builder.listener, builder.audited));
    Callbacks callbacks = new Callbacks(registry, this::signer, transport);
    work = new Work(builder, storage, logs.automatic, ids, callbacks);
  }

  /** A builder, which needs a storage at least. */
  public static Builder builder() {
    return new Builder();
  }

  /** The third parties, their servers and services. */
  public Registry registry() {
    return registry;
  }

  /** Leases of instances, and probes. Runs once this is started. */
  public RegistryUpkeep upkeep() {
    return upkeep;
  }

  /** The keys of applications. */
  public KeyRing keys() {
    return keys;
  }

  /** Signs in the application's name, with the builder's scheme. */
  public Signer signer(Application application) {
    return signer(application, scheme);
  }

  /** Signs in the application's name, with that scheme and a key that serves it. */
  public Signer signer(Application application, Scheme scheme) {
    return Signer.create(application, keys, scheme, clock);
  }

  /** Verifies what applications sign, with the builder's scheme. */
  public Verifier verifier() {
    return verifier;
  }

  /**
   * A verifier of what is signed with that scheme. Make one and keep it: it counts what it refuses.
   */
  public Verifier verifier(Scheme scheme) {
    return Verifier.create(
        new Verifier.Configuration(
            registry, keys, storage.nonces(), scheme, clock, logs.automatic, listener, nonceQuota));
  }

  /** Roles, grants and decisions. */
  public Permissions permissions() {
    return permissions;
  }

  /** Delayed tasks. */
  public TaskScheduler scheduler() {
    return work.engine.scheduler();
  }

  /** Workflows: tasks of which some wait for others. */
  public Workflows workflows() {
    return work.engine.workflows();
  }

  /** Fetches feature data from third parties. */
  public ApiReader reader() {
    return work.reader;
  }

  /**
   * The public keys that FATE sites exchange, over the key ring.
   *
   * @param ownParty this site's party id, the name of an application, 1..100 characters
   */
  public SiteKeys siteKeys(String ownParty) {
    return SiteKeys.create(storage, registry, keys, ownParty);
  }

  /**
   * This site among other sites of FATE, which signs by the key that {@link SiteKeys#own} made.
   *
   * @param ownParty this site's party id, the name of an application, 1..100 characters
   */
  public FateSite site(String ownParty) {
    return Work.site(this, ownParty);
  }

  /** What happened. */
  public AuditLog audit() {
    return logs.audit;
  }

  /** The proofs of what happened. */
  public AuditTree auditTree() {
    return logs.auditTree;
  }

  /**
   * What happened in the systems that the host serves, such as XMagital's events: a log of its own,
   * with nothing of the audit log but its transactions, where Gatehouse itself writes nothing.
   */
  public AuditLog eventLog() {
    return logs.events;
  }

  /** The proofs of the event log. */
  public AuditTree eventTree() {
    return logs.eventTree;
  }

  /**
   * How it is doing, for a health check or a page. Asks the storage, briefly: what takes longer the
   * more tasks there are is left out, or said to be incomplete; while the storage is out of reach,
   * what it would have told is missing.
   *
   * @throws ClosedException if it is closed
   */
  public GatehouseStatus status() {
    return new GatehouseStatus(work.engine.status());
  }

  /**
   * The parts inside a transaction of the host's: what they write there is committed or rolled back
   * with the host's own rows. Gatehouse does neither. For one thread, until the transaction ends.
   */
  public Joined joining(Transaction transaction) {
    requireNonNull(transaction, "transaction");
    return new Joined(
        registry.joining(transaction),
        keys.joining(transaction),
        permissions.joining(transaction),
        work.engine.scheduler().joining(transaction),
        work.engine.workflows().joining(transaction),
        logs.audit.joining(transaction),
        logs.events.joining(transaction));
  }

  /**
   * Runs the work in a transaction of the storage's own: commits when it returns, rolls back and
   * rethrows when it throws. After a conflict with another transaction the work runs again, so it
   * must have no other effect.
   *
   * @throws dev.gatehouse.error.StorageException if the storage fails
   */
  public <T extends @Nullable Object> T inTransaction(Function<Joined, T> work) {
    requireNonNull(work, "work");
    return storage.call(transaction -> work.apply(joining(transaction)));
  }

  /**
   * Begins to run tasks, to sequence audit records and to keep up the registry, on threads of its
   * own. Returns at once; while the storage cannot be reached it goes on trying.
   *
   * @throws IllegalStateException if it was started before, or is stepped
   * @throws ClosedException if it is closed
   */
  public void start() {
    work.engine.start();
    logs.start();
    upkeep.start();
  }

  /**
   * Instead of {@link #start}: lets the caller's thread run the tasks, at the time that the
   * builder's clock shows. Audit records are sequenced by {@link AuditTree#sequence} then.
   *
   * @throws IllegalStateException if it was started, or is stepped already
   * @throws ClosedException if it is closed
   */
  public Stepper stepper() {
    return work.engine.stepper();
  }

  /** As {@link #close(Duration)}, with the time that {@link SchedulerOptions#drain()} says. */
  @Override
  public void close() {
    close(drain);
  }

  /**
   * Releases the instances that this process keeps, so that nobody calls them any more. Then begins
   * no more tasks, waits for attempts under way, ends those that take longer, writes what ended,
   * and closes the transport and the storage. Idempotent: a further call returns at once.
   *
   * @param timeout for attempts under way, 0 to 1 day
   */
  @SuppressWarnings("try") // closed in the end, from the last to the first, whatever fails
  public void close(Duration timeout) {
    Check.range(timeout, Duration.ZERO, Duration.ofDays(1), "timeout");
    if (closing.getAndSet(true)) {
      return;
    }
    try (Storage last = storage;
        Transport sending = transport;
        Logs open = logs) {
      try {
        upkeep.close();
      } finally {
        work.engine.close(timeout);
      }
    }
  }

  /** Makes a Gatehouse. Not safe: confine to one thread. */
  public static final class Builder {
    private @Nullable Storage storage;
    @Nullable Transport transport;
    private @Nullable MasterKey masterKey;
    private Scheme scheme = SerendipityScheme.strict();
    InstantSource clock = InstantSource.system();
    LongSupplier nanoTime = RegistryOptions.SYSTEM_NANO_TIME;
    GatehouseListener listener = GatehouseListener.NONE;
    SchedulerOptions scheduler = SchedulerOptions.DEFAULT;
    private DecisionAudit audited = DecisionAudit.DENIALS;
    private AuditOptions audit = AuditOptions.DEFAULT;
    private @Nullable AuditOptions eventLog;
    UnaryOperator<RegistryOptions> registry = UnaryOperator.identity();
    private Set<AutomaticRecord> automaticRecords = Set.of(AutomaticRecord.values());
    private int nonceQuota = Verifier.Configuration.DEFAULT_NONCE_QUOTA;
    ReaderOptions reader = ReaderOptions.DEFAULT;
    final Map<String, TaskHandler> handlers = new HashMap<>();

    private Builder() {}

    /** Where everything is kept. Required; closed with the Gatehouse. */
    public Builder storage(Storage value) {
      storage = requireNonNull(value, "storage");
      return this;
    }

    /**
     * How third parties are called. Default none: then only local handlers work. Closed with the
     * Gatehouse.
     */
    public Builder transport(Transport value) {
      transport = requireNonNull(value, "transport");
      return this;
    }

    /**
     * Encrypts secrets and private keys at rest. Default none: they are stored in clear. To change
     * it, give one that {@linkplain MasterKey#replacing replaces} the old and {@linkplain
     * KeyRing#reseal encrypt anew}.
     */
    public Builder masterKey(MasterKey value) {
      masterKey = requireNonNull(value, "masterKey");
      return this;
    }

    /** How requests and callbacks are signed. Default {@link SerendipityScheme#strict()}. */
    public Builder scheme(Scheme value) {
      scheme = requireNonNull(value, "scheme");
      return this;
    }

    /**
     * How many nonces of one application are remembered at a time; beyond that its requests are
     * refused. Default {@value Verifier.Configuration#DEFAULT_NONCE_QUOTA}.
     *
     * @param value 1 or more
     */
    public Builder nonceQuota(int value) {
      nonceQuota = Check.range(value, 1, Integer.MAX_VALUE, "nonceQuota");
      return this;
    }

    /**
     * Does the work of tasks whose handler has that name.
     *
     * @param name as in {@link Task#handler}
     * @throws IllegalArgumentException if there is a handler of that name already
     */
    public Builder handler(String name, TaskHandler handler) {
      requireNonNull(handler, "handler");
      Task.unnumbered().handler(name);
      Check.that(
          !handlers.containsKey(name), "handler must be given once, was given again: " + name);
      handlers.put(name, handler);
      return this;
    }

    /** How tasks are run. Default {@link SchedulerOptions#DEFAULT}. */
    public Builder scheduler(SchedulerOptions value) {
      scheduler = requireNonNull(value, "scheduler");
      return this;
    }

    /** Which allowances of permissions are audited. Default {@link DecisionAudit#DENIALS}. */
    public Builder audited(DecisionAudit value) {
      audited = requireNonNull(value, "audited");
      return this;
    }

    /** What Gatehouse itself records in the audit log. Default all kinds. */
    public Builder automaticRecords(Set<AutomaticRecord> value) {
      automaticRecords = Set.copyOf(requireNonNull(value, "automaticRecords"));
      return this;
    }

    /** How the audit log is made provable. Default {@link AuditOptions#DEFAULT}. */
    public Builder audit(AuditOptions value) {
      audit = requireNonNull(value, "audit");
      return this;
    }

    /** As {@link #audit}. Default the audit log's {@link AuditOptions#forEventLog}. */
    public Builder eventLog(AuditOptions value) {
      eventLog = requireNonNull(value, "eventLog");
      return this;
    }

    /** How feature data are read, and what for. Default {@link ReaderOptions#DEFAULT}: nothing. */
    public Builder reader(ReaderOptions value) {
      reader = requireNonNull(value, "reader");
      return this;
    }

    /** Changes options of the registry; its transport and listener are the builder's. */
    public Builder registry(UnaryOperator<RegistryOptions> value) {
      registry = requireNonNull(value, "registry");
      return this;
    }

    /** The wall clock. Default the system's. */
    public Builder clock(InstantSource value) {
      clock = requireNonNull(value, "clock");
      return this;
    }

    /**
     * The clock that measures elapsed time, in nanoseconds, never stepping back. Default {@link
     * System#nanoTime}.
     */
    public Builder nanoTime(LongSupplier value) {
      nanoTime = requireNonNull(value, "nanoTime");
      return this;
    }

    /** Hears what happens. Default nobody. */
    public Builder listener(GatehouseListener value) {
      listener = requireNonNull(value, "listener");
      return this;
    }

    /**
     * A Gatehouse. Does no I/O.
     *
     * @throws IllegalStateException if no storage was given
     */
    public Gatehouse build() {
      if (storage == null) {
        throw new IllegalStateException("storage must be given");
      }
      return new Gatehouse(this, storage);
    }
  }
}
