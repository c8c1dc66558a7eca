package dev.gatehouse;

import dev.gatehouse.audit.AuditLog;
import dev.gatehouse.hook.FateSite;
import dev.gatehouse.id.IdSource;
import dev.gatehouse.reader.ApiReader;
import dev.gatehouse.registry.RegistryOptions;
import dev.gatehouse.scheduler.Callbacks;
import dev.gatehouse.scheduler.SchedulerParts;
import dev.gatehouse.scheduler.TaskEngine;
import dev.gatehouse.scheduler.TaskHandler;
import dev.gatehouse.signing.FateSiteScheme;
import dev.gatehouse.signing.Scheme;
import dev.gatehouse.storage.Storage;
import java.util.HashMap;
import java.util.Map;

/**
 * What a Gatehouse does later: tasks, and readings, which are tasks; and what takes several of its
 * parts to make.
 */
final class Work {
  final TaskEngine engine;
  final ApiReader reader;

  /** Work over a storage. Does no I/O. */
  Work(
      Gatehouse.Builder builder,
      Storage storage,
      AuditLog automatic,
      IdSource ids,
      Callbacks callbacks) {
    reader =
        ApiReader.create(
            callbacks.registry(),
            callbacks.transport(),
            storage,
            () -> engine().scheduler(),
            builder.reader);
    Map<String, TaskHandler> handlers = new HashMap<>(builder.handlers);
    handlers.putAll(reader.handlers());
    engine =
        TaskEngine.create(
            new SchedulerParts(
                storage.tasks(),
                storage.schedules(),
                storage.workflows(),
                storage,
                automatic,
                Map.copyOf(handlers),
                callbacks,
                ids::next,
                ids::nodeNumber,
                builder.clock,
                builder.nanoTime,
                builder.listener,
                builder.scheduler));
  }

  /** The registry's: its calls, too, are by the builder's transport, and heard by its listener. */
  static RegistryOptions registryOptions(Gatehouse.Builder builder, IdSource ids) {
    RegistryOptions options =
        builder.registry.apply(
            RegistryOptions.of(builder.clock, ids::next).nanoTime(builder.nanoTime));
    RegistryOptions heard = options.fleet(options.fleet().listener(builder.listener));
    return builder.transport == null
        ? heard
        : heard.calls(heard.calls().transport(builder.transport));
  }

  /** A site that signs by its key here, whichever that is at the time. */
  static FateSite site(Gatehouse gatehouse, String ownParty) {
    Scheme scheme = FateSiteScheme.create(ownParty);
    return FateSite.create(
        ownParty,
        request ->
            gatehouse.signer(gatehouse.registry().application(ownParty), scheme).sign(request),
        gatehouse.verifier(scheme));
  }

  private TaskEngine engine() {
    return engine;
  }
}
