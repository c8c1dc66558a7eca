package dev.gatehouse.reader;

import dev.gatehouse.check.Check;
import dev.gatehouse.scheduler.Asked;
import dev.gatehouse.scheduler.TaskContext;
import dev.gatehouse.scheduler.TaskHandler;
import dev.gatehouse.scheduler.TaskResult;
import dev.gatehouse.scheduler.TaskScheduler;
import dev.gatehouse.transaction.Transactions;
import dev.gatehouse.transport.Response;
import dev.gatehouse.transport.StreamedResponse;
import java.time.Duration;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.CancellationException;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Takes the steps of readings of one feed. A reading is one task: its content says which step is
 * next, and the step ends the task and has it wait again, for the step after, in one transaction.
 * So a reading is always at one step, whoever crashes when, and holds no thread while it waits.
 * Safe for use by multiple threads.
 */
final class ReadingHandler implements TaskHandler {
  private static final Logger LOGGER = LoggerFactory.getLogger(ReadingHandler.class);
  private static final int OK = 200;
  private static final long TOLD_EVERY = 1 << 20;

  /** When one for which there was no room tries again. */
  private static final Duration UNTIL_ROOM = Duration.ofSeconds(5);

  private final FeatureFeed feed;
  private final FeatureServer server;
  private final ReaderOptions options;
  private final Transactions transactions;
  private final Supplier<TaskScheduler> scheduler;

  ReadingHandler(
      FeatureFeed feed,
      FeatureServer server,
      ReaderOptions options,
      Transactions transactions,
      Supplier<TaskScheduler> scheduler) {
    this.feed = feed;
    this.server = server;
    this.options = options;
    this.transactions = transactions;
    this.scheduler = scheduler;
  }

  @Override
  public TaskResult handle(TaskContext context) {
    Step step;
    try {
      step = Step.parse(context.content());
    } catch (IllegalArgumentException e) {
      return TaskResult.failed(String.valueOf(e.getMessage()));
    }
    try {
      return switch (step.stage()) {
        case UPLOAD -> upload(context, step);
        case QUERY -> query(context, step);
        case DOWNLOAD -> download(context, step);
      };
    } catch (ReadingFailedException e) {
      if (e.isToWait()) {
        LOGGER.debug("{} waits", step.reading(), e);
        return goOn(context, step, UNTIL_ROOM);
      }
      LOGGER.debug("{} failed", step.reading(), e);
      return e.isForGood() ? TaskResult.failedForGood(e.why()) : TaskResult.failed(e.why());
    }
  }

  private TaskResult upload(TaskContext context, Step step) {
    Teller teller = new Teller(context, step);
    IdsBody body =
        new IdsBody(feed, step.reading(), bytes -> teller.tell(bytes, OptionalLong.empty(), 0));
    FeatureServer.Uploaded uploaded;
    try {
      uploaded = server.upload(step, body);
    } catch (ReadingFailedException e) {
      RuntimeException own = body.failure();
      throw own == null ? e : own;
    }
    Response answer = uploaded.answer();
    if (answer.status() != OK) {
      throw ReadingFailedException.status("upload", answer);
    }
    JobAnswer job =
        JobAnswer.of(answer).orElseThrow(() -> ReadingFailedException.notJson("upload", answer));
    job.requireCode("upload");
    teller.report(body.length(), OptionalLong.of(body.length()), 0);
    return goOn(context, step.uploaded(job.jobId(), uploaded.instance()), Duration.ZERO);
  }

  /** As FATE does, {@code data.status} counts whatever the answer's own status is. */
  private TaskResult query(TaskContext context, Step step) {
    Response answer = server.query(step);
    JobAnswer job = JobAnswer.of(answer).orElse(null);
    boolean ok = answer.status() == OK;
    String status = job == null ? "" : (ok ? job.status() : job.dataStatus()).orElse("");
    if (status.isEmpty() && !ok) {
      throw ReadingFailedException.status("query", answer);
    }
    if (job == null) {
      throw ReadingFailedException.notJson("query", answer);
    }
    if (ok) {
      job.requireNoOtherCode("query");
    }
    Step polled = step.polled();
    new Teller(context, polled).report(0, OptionalLong.empty(), 0);
    return switch (status) {
      case "success" -> goOn(context, polled.ready(), Duration.ZERO);
      case "running" -> {
        if (polled.polls() >= step.reading().polls()) {
          throw ReadingFailedException.forGood("check status timeout");
        }
        yield goOn(context, polled, options.pollInterval());
      }
      case "" -> throw ReadingFailedException.forGood("query return: must have a status");
      default ->
          throw ReadingFailedException.forGood("query return: status " + Check.shown(status));
    };
  }

  private TaskResult download(TaskContext context, Step step) {
    Position held = feed.held(step.reading()).orElse(Position.START);
    Download.Outcome outcome =
        take(context, step, held).or(() -> take(context, step, Position.START)).orElseThrow();
    return TaskResult.done("{\"rows\":" + outcome.rows() + ",\"bytes\":" + outcome.bytes() + "}");
  }

  /** Empty if what was held of it cannot be gone on from, as of another file. */
  private Optional<Download.Outcome> take(TaskContext context, Step step, Position from) {
    Teller teller = new Teller(context, step);
    try (StreamedResponse answer = server.download(step, from)) {
      Download download = new Download(step, feed, options, answer, teller::tell);
      if (download.isNoRestOf(from)) {
        return Optional.empty();
      }
      Download.Outcome outcome = download.take(from, context.fence());
      teller.report(outcome.bytes(), OptionalLong.of(outcome.bytes()), outcome.rows());
      return Optional.of(outcome);
    }
  }

  /**
   * Ends the task and has it wait again, for the step given; paused if that was asked meanwhile.
   */
  private TaskResult goOn(TaskContext context, Step next, Duration delay) {
    transactions.run(
        transaction -> {
          TaskScheduler joined = scheduler.get().joining(transaction);
          boolean pause = isToPause(joined, context);
          context.completeIn(transaction);
          joined.schedule(next.next(options).in(delay));
          if (pause) {
            joined.pause(context.id());
          }
        });
    return TaskResult.done();
  }

  /** The end of an attempt forgets what was asked of it. */
  private static boolean isToPause(TaskScheduler joined, TaskContext context) {
    // It runs, so this changes nothing; but it locks the task, and no pause comes until the commit.
    joined.reschedule(context.id(), context.dueAt());
    return joined.findTask(context.id()).filter(task -> task.asked() == Asked.PAUSE).isPresent();
  }

  /** Tells feed and scheduler how far an attempt is, and ends one that is over. */
  private final class Teller {
    private final TaskContext context;
    private final Step step;
    private long told;

    Teller(TaskContext context, Step step) {
      this.context = context;
      this.step = step;
    }

    /** Costs little, but where a MiB has come since the last time. */
    void tell(long bytes, OptionalLong total, long rows) {
      if (context.isCancelled()) {
        throw new CancellationException("the attempt is over");
      }
      if (bytes - told >= TOLD_EVERY) {
        report(bytes, total, rows);
      }
    }

    void report(long bytes, OptionalLong total, long rows) {
      told = bytes;
      Progress progress = new Progress(step.stage(), step.polls(), bytes, total, rows);
      context.progress(progress.percent(), note(progress));
      feed.progress(step.reading(), progress);
    }

    private String note(Progress progress) {
      return switch (step.stage()) {
        case UPLOAD -> "upload, " + progress.bytes() + " bytes";
        case QUERY -> "asked " + progress.polls() + " times";
        case DOWNLOAD -> "download, " + progress.rows() + " rows";
      };
    }
  }
}
