package dev.gatehouse.reader;

import static java.util.Objects.requireNonNull;

import dev.gatehouse.registry.Registry;
import dev.gatehouse.scheduler.TaskHandler;
import dev.gatehouse.scheduler.TaskId;
import dev.gatehouse.scheduler.TaskScheduler;
import dev.gatehouse.transaction.Transaction;
import dev.gatehouse.transaction.Transactions;
import dev.gatehouse.transport.Transport;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Fetches feature data as FATE Flow's ApiReader does: sends ids to a third party's service {@code
 * upload}, asks {@code query} every minute until it is done, and takes what {@code download} gives.
 *
 * <p>A reading is a task of the scheduler: it survives crashes and goes on from the step that it
 * was at, on whatever node has its feed; while it waits it holds no thread. It can be cancelled,
 * paused, run now and, once it failed, requeued by its task's id. Each step is done at least once:
 * a crash at the wrong moment uploads the ids twice, with the same {@code job_id}, or gives the
 * feed the rows from the last place that it holds, else all of them, once more.
 *
 * <p>Ids and rows go through one by one, so memory does not grow with them. A download that breaks
 * off, has not the length, digest (RFC 9530) or number of rows that it tells, or a line that is no
 * row fails, and is repeated where that may help; nothing is called complete before.
 *
 * <p>The instance that took an upload is the one that is asked and gives the download, whatever its
 * health: it stands with the reading. If it is registered no more, that fails the attempt; with
 * {@link ReaderOptions.Jobs#SHARED} any instance will do. A reading for which the transport, or the
 * service by its limit of calls, has no room is at the same step again five seconds later, without
 * a thread in the meantime, as often as that takes.
 *
 * <p>What fails a reading stands in its task's last attempt. For good: {@code upload return: ...}
 * and {@code download return: ...} with the text of an answer of another status than 200, or code
 * than 0; {@code query return: ...} likewise, and for any status but running and success; {@code
 * check status timeout} after {@link Reading#polls}; ids, lines and framing that break a rule,
 * which is named. After the options' retries: {@code upload error: ...} and so on for who is out of
 * reach, and statuses 408, 429 and 500 or above.
 *
 * <p>Safe for use by multiple threads, but for what {@link #joining} returns.
 */
public final class ApiReader {
  private final Supplier<TaskScheduler> scheduler;
  private final FeatureServer server;
  private final ReaderOptions options;
  private final Map<String, TaskHandler> handlers;

  private ApiReader(
      Supplier<TaskScheduler> scheduler,
      FeatureServer server,
      ReaderOptions options,
      Map<String, TaskHandler> handlers) {
    this.scheduler = scheduler;
    this.server = server;
    this.options = options;
    this.handlers = handlers;
  }

  /**
   * A reader.
   *
   * @param scheduler of the storage whose transactions these are; it needs {@link #handlers}, and
   *     is asked for when something is read only
   * @param transport sends the requests; null if none can be sent
   */
  public static ApiReader create(
      Registry registry,
      @Nullable Transport transport,
      Transactions transactions,
      Supplier<TaskScheduler> scheduler,
      ReaderOptions options) {
    FeatureServer server =
        new FeatureServer(requireNonNull(registry, "registry"), transport, options);
    Map<String, TaskHandler> handlers = new HashMap<>();
    options
        .feeds()
        .forEach(
            (name, feed) ->
                handlers.put(
                    Step.HANDLER + name,
                    new ReadingHandler(feed, server, options, transactions, scheduler)));
    return new ApiReader(scheduler, server, options, Map.copyOf(handlers));
  }

  /** What the scheduler has to run for readings, by the handlers' names. */
  public Map<String, TaskHandler> handlers() {
    return handlers;
  }

  /**
   * Begins a reading, as soon as the scheduler runs.
   *
   * @return its task
   * @throws dev.gatehouse.error.NotFoundException if its server, or one of the three services on
   *     it, is not registered
   * @throws IllegalArgumentException if one of them is registered with HEAD, or upload or query
   *     with GET, which carry no body
   * @throws dev.gatehouse.error.ConflictException if there is a task of that number
   * @throws dev.gatehouse.error.StorageException if the storage fails; then nothing is read
   */
  public TaskId read(Reading reading) {
    server.requireServices(requireNonNull(reading, "reading").server());
    return scheduler.get().schedule(Step.first(reading).task(options));
  }

  /** Where the reading of that number stands; empty if there is none, or no more. */
  public Optional<ReadingState> find(String number) {
    return scheduler
        .get()
        .findTask(number)
        .filter(task -> task.handler().filter(name -> name.startsWith(Step.HANDLER)).isPresent())
        .map(
            task -> {
              Step step = Step.parse(task.content());
              return new ReadingState(
                  step.reading(), step.stage(), step.jobId(), step.instance(), step.polls(), task);
            });
  }

  /** This reader inside the transaction: what is begun there stands or falls with it. */
  public ApiReader joining(Transaction transaction) {
    requireNonNull(transaction, "transaction");
    return new ApiReader(() -> scheduler.get().joining(transaction), server, options, handlers);
  }
}
