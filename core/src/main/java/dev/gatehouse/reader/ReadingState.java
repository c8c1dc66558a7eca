package dev.gatehouse.reader;

import static java.util.Objects.requireNonNull;

import dev.gatehouse.scheduler.TaskDetail;

/**
 * Where a reading stands. Immutable.
 *
 * @param reading what is read
 * @param stage the step that is next, under way or failed; {@link Progress.Stage#DOWNLOAD} if all
 *     is read
 * @param jobId the third party's id of the job; empty before the upload was answered
 * @param instance the address of the instance that took the job; empty before, and if the options
 *     say that any may be asked
 * @param polls how often the third party was asked since, without an answer that failed the reading
 * @param task its task: when the next step is due, what failed, and by its {@link TaskDetail#id}
 *     all that can be done with tasks
 */
public record ReadingState(
    Reading reading,
    Progress.Stage stage,
    String jobId,
    String instance,
    int polls,
    TaskDetail task) {
  /** Checks that nothing is missing. */
  public ReadingState {
    requireNonNull(reading, "reading");
    requireNonNull(stage, "stage");
    requireNonNull(jobId, "jobId");
    requireNonNull(instance, "instance");
    requireNonNull(task, "task");
  }
}
