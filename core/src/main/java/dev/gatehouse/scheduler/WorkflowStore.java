package dev.gatehouse.scheduler;

import dev.gatehouse.transaction.Transaction;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * SPI: keeps workflows, their nodes, and what is reported to them. An application id that is empty
 * means: of whomever. Safe for use by multiple threads, but for what {@link #joining} returns.
 *
 * <ul>
 *   <li>{@code FLOW-1} A workflow, its nodes and their work are read as they were written, byte for
 *       byte; nodes and work in order of number.
 *   <li>{@code FLOW-2} Another application's workflow is not found.
 *   <li>{@code FLOW-3} Who has locked a workflow keeps others from locking it until its transaction
 *       ends, and sees what they committed before. Nobody waits for it.
 *   <li>{@code FLOW-4} A change writes status, states and times of the workflow and of the nodes
 *       that it names, and of no others; a result is kept with the node whose task returned it.
 *   <li>{@code FLOW-5} A report is there once its transaction is committed, without waiting for who
 *       has locked the workflow, and is taken once, in order of id; those of other workflows stay.
 *   <li>{@code FLOW-6} Open are the workflows to which something is reported, and those that are
 *       {@linkplain WorkflowStatus#isEnding ending}: each once, in order of id.
 *   <li>{@code FLOW-7} A purge deletes only final workflows that ended before the given time, with
 *       their nodes, work and results, the earliest first, at most as many as asked.
 *   <li>{@code FLOW-8} What is done in a transaction shows to others with its commit, and leaves
 *       nothing when it is rolled back.
 * </ul>
 */
public interface WorkflowStore {
  /** Most rows in one call. */
  int MAX_BATCH = 5_000;

  /** Most workflows in one call. */
  int MAX_WORKFLOWS = 1_000;

  /** This store inside the transaction. */
  WorkflowStore joining(Transaction transaction);

  /**
   * Inserts a workflow.
   *
   * @param steps its nodes, 1..1,000, in order of number, from 0 without a gap
   * @param work theirs, in the same order
   */
  void insert(WorkflowRow workflow, List<WorkflowStep> steps, List<WorkflowWork> work);

  /** The workflow, as it stands. */
  Optional<WorkflowRow> find(OptionalLong applicationId, long id);

  /**
   * The workflow, locked until the end of the joined transaction; to be called within one. Empty if
   * there is none, or another has locked it.
   */
  Optional<WorkflowRow> tryLock(long id);

  /** Its nodes in order of number; none if there is no such workflow. */
  List<WorkflowStep> steps(long workflowId);

  /**
   * The work of those nodes that have tasks of these ids, in order of number.
   *
   * @param taskIds 1..1,000
   */
  List<WorkflowWork> work(long workflowId, Collection<Long> taskIds);

  /**
   * Writes the workflow's status and end, and states and ends of nodes.
   *
   * @param steps 0..1,000 of its nodes
   */
  void change(WorkflowRow workflow, List<WorkflowStep> steps);

  /**
   * Keeps results that tasks of a workflow's nodes returned; those that returned none are left out.
   *
   * @param reports 0..{@link #MAX_BATCH}
   */
  void keepResults(List<WorkflowReport> reports);

  /** The result that was kept of the workflow's node with a task of that id. */
  Optional<String> result(long workflowId, long taskId);

  /**
   * Leaves reports for workflows.
   *
   * @param reports 1..{@link #MAX_BATCH}
   */
  void report(List<WorkflowReport> reports);

  /**
   * Takes reports to the workflow, so that they are gone.
   *
   * @param limit 1..{@link #MAX_BATCH}
   * @return those of the lowest ids, in order of id
   */
  List<WorkflowReport> take(long workflowId, int limit);

  /**
   * Open workflows, of whatever application, in order of id.
   *
   * @param afterId where the answer before ended; 0 for the first
   * @param limit 1..{@link #MAX_WORKFLOWS}
   */
  List<Long> open(long afterId, int limit);

  /**
   * Deletes final workflows.
   *
   * @param limit 1..{@link #MAX_WORKFLOWS}
   * @return how many
   */
  int purge(long endedBeforeMillis, int limit);
}
