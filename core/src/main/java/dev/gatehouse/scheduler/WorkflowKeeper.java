package dev.gatehouse.scheduler;

import dev.gatehouse.error.GatehouseException;
import dev.gatehouse.transaction.Transaction;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Goes on with workflows where somebody stopped: advances those to which something was reported,
 * and ends the tasks of those that are ending. Every node does, without a leader.
 *
 * <p>Of a workflow that is ending, a node ends the attempts that it holds itself and cancels what
 * waits; what another node holds is left to that, and what a host's transaction has locked to the
 * next sweep. So it never waits for the transaction in which some handler completes its task. Every
 * method asks the store. Not safe: confine to one thread.
 */
final class WorkflowKeeper {
  private static final Logger LOGGER = LoggerFactory.getLogger(WorkflowKeeper.class);
  private static final int PAGE = 100;
  private static final int MAX_TOLD = 1_000;

  private final SchedulerParts parts;
  private final Engine engine;
  private final Advancer advancer;
  private final WorkflowEnds ends;
  private final TaskAudit audit;
  private final Set<Long> told = new HashSet<>();

  WorkflowKeeper(SchedulerParts parts, Engine engine) {
    this.parts = parts;
    this.engine = engine;
    advancer = engine.settler().advancer();
    ends = engine.settler().ends();
    audit = new TaskAudit(parts.audit(), parts.options().audited());
  }

  /** Sweeps if this node has seen that a workflow is ending; whether it has. */
  boolean sweepIfEnding() {
    if (!engine.settler().queue().takeEnding()) {
      return false;
    }
    sweep();
    return true;
  }

  /** Attends to all open workflows; whatever is wrong with one, the others go on. */
  void sweep() {
    engine.settler().queue().takeEnding();
    long afterId = 0;
    List<Long> open;
    do {
      open = parts.workflows().open(afterId, PAGE);
      if (!open.isEmpty()) {
        engine.settler().queue().noteUse(engine.clock().nanoTime());
      }
      for (long id : open) {
        attend(id);
        afterId = id;
      }
    } while (open.size() == PAGE);
  }

  private void attend(long id) {
    try {
      if (advancer.advance(id).isEnding()) {
        stop(id);
      }
    } catch (GatehouseException e) {
      if (told.size() < MAX_TOLD && told.add(id)) {
        LOGGER.warn("workflow {} could not be attended to, is tried again", id, e);
      }
    }
  }

  private void stop(long id) {
    for (WorkflowStep step : parts.workflows().steps(id)) {
      if (step.state() != NodeState.BEGUN) {
        continue;
      }
      HeldTask held = engine.holdings().find(step.taskId());
      if (held != null) {
        engine.attempts().cancel(held);
      } else {
        parts
            .store()
            .find(OptionalLong.empty(), step.taskId())
            .filter(state -> state.status() == TaskStatus.WAITING)
            .ifPresent(state -> parts.transactions().run(joined -> cancel(joined, state)));
      }
    }
  }

  private void cancel(Transaction transaction, TaskState state) {
    TaskRow row = state.row();
    Optional<Cancellation> cancellation =
        parts
            .store()
            .joining(transaction)
            .tryCancel(OptionalLong.empty(), row.id(), engine.clock().millis());
    if (cancellation.equals(Optional.of(Cancellation.CANCELLED))) {
      audit.changed(transaction, row, state.attempt(), "cancelled");
      ends.ended(transaction, row, TaskStatus.CANCELLED, null);
      transaction.afterCommit(() -> engine.holdings().gates().left(row));
    }
  }
}
