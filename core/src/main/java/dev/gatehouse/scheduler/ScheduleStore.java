package dev.gatehouse.scheduler;

import dev.gatehouse.transaction.Transaction;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * SPI: keeps schedules. Safe for use by multiple threads, but for what {@link #joining} returns.
 *
 * <ul>
 *   <li>{@code SCHEDULE-1} A schedule is read as it was written, byte for byte, with the version
 *       that follows from its changes.
 *   <li>{@code SCHEDULE-2} An application has one schedule of a name; another insertion is a
 *       conflict, and the first stays. Names differ by case.
 *   <li>{@code SCHEDULE-3} Another application's schedule is neither found nor listed nor removed.
 *   <li>{@code SCHEDULE-4} An update replaces definition and standing, an advance the standing
 *       only; both only while the version is the one given, and each adds one to it.
 *   <li>{@code SCHEDULE-5} Of changes at once to one version of a schedule one takes place.
 *   <li>{@code SCHEDULE-6} Due are schedules that are not paused with a next occurrence no later
 *       than asked, in order of id; the earliest due is the earliest next occurrence after the time
 *       given, among those not paused.
 *   <li>{@code SCHEDULE-7} Pages that follow each other hold each of the application's schedules
 *       once, in order of name as the store compares texts.
 *   <li>{@code SCHEDULE-8} What is done in a transaction shows to others with its commit, and
 *       leaves nothing when it is rolled back.
 *   <li>{@code SCHEDULE-9} Who has locked a schedule is alone with it until the transaction ends,
 *       and sees all that was done before. Whoever tries meanwhile does not wait.
 * </ul>
 */
public interface ScheduleStore {
  /** Most schedules in one answer. */
  int MAX_BATCH = 1_000;

  /** This store inside the transaction. */
  ScheduleStore joining(Transaction transaction);

  /**
   * Inserts a schedule.
   *
   * @throws dev.gatehouse.error.ConflictException if the application has one of that name
   */
  void insert(ScheduleRow row);

  /** Replaces definition and standing; false if there is none of that id and version. */
  boolean update(ScheduleRow row);

  /**
   * Locks a schedule until the transaction ends, without waiting.
   *
   * @return false if another transaction has locked or changed it, or there is none
   */
  boolean tryLock(long id);

  /** Replaces the standing; false if there is none of that id and version. */
  boolean advance(long id, long version, ScheduleRow.Standing standing);

  /** Deletes a schedule; false if there is none. */
  boolean remove(long applicationId, String name);

  /** The application's schedule of that name. */
  Optional<ScheduleRow> find(long applicationId, String name);

  /**
   * The application's schedules in order of name, as the store compares texts.
   *
   * @param afterName where the page before ended; empty for the first
   * @param limit 1..{@link #MAX_BATCH}
   */
  List<ScheduleRow> page(long applicationId, String afterName, int limit);

  /**
   * Schedules that are due, of whatever application, in order of id.
   *
   * @param untilMillis the latest next occurrence
   * @param afterId where the answer before ended; 0 for the first
   * @param limit 1..{@link #MAX_BATCH}
   */
  List<ScheduleRow> due(long untilMillis, long afterId, int limit);

  /** The earliest next occurrence after that time of a schedule that is not paused. */
  OptionalLong earliestDue(long afterMillis);
}
