package dev.gatehouse.audit;

import static java.util.Objects.requireNonNull;

import dev.gatehouse.audit.InvalidQueryException.Reason;
import dev.gatehouse.check.Check;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * A question to the audit log: a window of time, a filter, and which page.
 *
 * <p>The window is told in whole milliseconds and holds both its ends. With the start at or before
 * the end, records come by time, then id; with the start after the end, in the exact reverse.
 * Immutable: each method returns a new query.
 */
public final class AuditQuery {
  /** Most records on a page. */
  public static final int MAX_SIZE = 1_000;

  /** Records on a page unless the query says otherwise. */
  public static final int DEFAULT_SIZE = 10;

  private static final Instant LATEST = Instant.ofEpochMilli(Long.MAX_VALUE);

  /** Where a page lies from the continuation point. */
  enum Turn {
    NEXT,
    PREVIOUS
  }

  /** Both ends included; the start after the end for records in reverse. */
  private record Window(long startMillis, long endMillis) {}

  /** Which page. */
  private record Place(String continuationPoint, Turn turn) {}

  private final Window window;
  private final @Nullable Filter filter;
  private final int maxSize;
  private final List<String> fields;
  private final Place place;

  private AuditQuery(
      Window window, @Nullable Filter filter, int maxSize, List<String> fields, Place place) {
    this.window = window;
    this.filter = filter;
    this.maxSize = maxSize;
    this.fields = fields;
    this.place = place;
  }

  /** The first page of all records between the two, 1970 or later, cut to milliseconds. */
  public static AuditQuery between(Instant start, Instant end) {
    Window window = new Window(millis(start, "start"), millis(end, "end"));
    return new AuditQuery(window, null, DEFAULT_SIZE, List.of(), new Place("", Turn.NEXT));
  }

  /**
   * The query that a JSON object tells: {@code startTime} and {@code endTime} in milliseconds since
   * 1970, and optionally {@code maxSize}, {@code filter}, {@code fields}, {@code
   * continuationPoint}, and {@code prevQuery}, true for the page before the continuation point.
   *
   * @throws InvalidQueryException if it breaks a rule, with the path to the place
   */
  public static AuditQuery parse(String json) {
    return parse(json, AuditRules.DEFAULT);
  }

  /** As {@link #parse(String)}, with the typed fields that the rules make known. */
  public static AuditQuery parse(String json, AuditRules rules) {
    return QueryReader.read(json, requireNonNull(rules, "rules"));
  }

  /** Only records that pass the filter. Default all. */
  public AuditQuery filter(Filter value) {
    requireNonNull(value, "filter");
    return new AuditQuery(window, value, maxSize, fields, place);
  }

  /**
   * Most records on the page, 1..{@link #MAX_SIZE}. Default {@link #DEFAULT_SIZE}. May change from
   * page to page.
   */
  public AuditQuery maxSize(int value) {
    if (value < 1 || value > MAX_SIZE) {
      throw new InvalidQueryException(
          Reason.BAD_VALUE, "maxSize", "must be in 1.." + MAX_SIZE + ", was " + value);
    }
    return new AuditQuery(window, filter, value, fields, place);
  }

  /**
   * The fields that {@link AuditPage#json()} tells of each record, in this order, duplicates left
   * out. Default, and with an empty list: all but {@code ext}. May change from page to page.
   */
  public AuditQuery fields(List<String> value) {
    return fields(value, AuditRules.DEFAULT);
  }

  /** As {@link #fields(List)}, with the typed fields that the rules make known. */
  public AuditQuery fields(List<String> value, AuditRules rules) {
    return new AuditQuery(window, filter, maxSize, Projection.checked(value, rules), place);
  }

  /** The page after the one that gave this continuation point; the first page if it is empty. */
  public AuditQuery after(String point) {
    requireNonNull(point, "continuationPoint");
    return new AuditQuery(window, filter, maxSize, fields, new Place(point, Turn.NEXT));
  }

  /** The page before the one that gave this continuation point, which must not be empty. */
  public AuditQuery before(String point) {
    if (requireNonNull(point, "continuationPoint").isEmpty()) {
      throw new InvalidQueryException(
          Reason.BAD_CONTINUATION, "continuationPoint", "must be given for a previous page");
    }
    return new AuditQuery(window, filter, maxSize, fields, new Place(point, Turn.PREVIOUS));
  }

  /** The same query, of words as they are split there. */
  AuditQuery with(Words words) {
    return filter == null || words.isStandard() ? this : filter(filter.with(words));
  }

  /** Where the window starts. */
  public Instant start() {
    return Instant.ofEpochMilli(window.startMillis);
  }

  /** Where the window ends; before the start for records in reverse. */
  public Instant end() {
    return Instant.ofEpochMilli(window.endMillis);
  }

  /** The filter; empty for all records. */
  public Optional<Filter> filter() {
    return Optional.ofNullable(filter);
  }

  /** Most records on the page. */
  public int maxSize() {
    return maxSize;
  }

  /** The fields to tell; empty for all but {@code ext}. */
  public List<String> fields() {
    return fields;
  }

  String continuationPoint() {
    return place.continuationPoint;
  }

  Turn turn() {
    return place.turn;
  }

  boolean isDescending() {
    return window.startMillis > window.endMillis;
  }

  /** The position before every record of the window. */
  AuditPosition lower() {
    return new AuditPosition(micros(Math.min(window.startMillis, window.endMillis)), 0);
  }

  /** The position after every record of the window. */
  AuditPosition upper() {
    return new AuditPosition(micros(Math.max(window.startMillis, window.endMillis) + 1), 0);
  }

  private static long micros(long millis) {
    return millis < 0 || millis > Long.MAX_VALUE / 1_000 ? Long.MAX_VALUE : millis * 1_000;
  }

  private static long millis(Instant instant, String name) {
    requireNonNull(instant, name);
    Check.that(
        !instant.isBefore(Instant.EPOCH) && !instant.isAfter(LATEST),
        () -> name + " must be in " + Instant.EPOCH + ".." + LATEST + ", was " + instant);
    return instant.toEpochMilli();
  }

  /** Without the filter's values, which may be confidential. */
  @Override
  public String toString() {
    return "AuditQuery " + start() + " to " + end() + ", " + place.turn + " " + maxSize;
  }
}
