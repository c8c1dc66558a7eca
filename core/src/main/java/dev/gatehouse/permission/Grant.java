package dev.gatehouse.permission;

import static java.util.Objects.requireNonNull;

import dev.gatehouse.check.Check;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Locale;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;

/**
 * What a subject or role is allowed or denied, once granted. A grant never changes: its id names
 * the same words for ever, also in decisions and audit records that outlive it; how many of its
 * uses are left, {@link Permissions#usesLeft} tells. Immutable.
 *
 * @param id 1 or more
 * @param terms what it says
 */
public record Grant(long id, Terms terms) {
  /** Most uses of a grant that counts them. */
  public static final long MAX_TIMES = 1_000_000_000;

  /** The last moment that every store can keep: the end of the year 9999. */
  private static final Instant LAST = Instant.parse("9999-12-31T23:59:59.999Z");

  /** A grant as stored. */
  public Grant {
    Check.range(id, 1, Long.MAX_VALUE, "id");
    requireNonNull(terms, "terms");
  }

  /** A moment that every store can keep, cut to milliseconds. */
  static Instant moment(Instant moment, String what) {
    requireNonNull(moment, what);
    Check.that(
        !moment.isBefore(Instant.EPOCH) && !moment.isAfter(LAST),
        () -> what + " must be in " + Instant.EPOCH + ".." + LAST + ", was " + moment);
    return moment.truncatedTo(ChronoUnit.MILLIS);
  }

  /** Terms that let the holder act on the resources. */
  public static Terms allow(Subject holder, String action, ResourcePattern resource) {
    return new Terms(holder, Effect.ALLOW, action, resource, Limits.NONE);
  }

  /** Terms that let the holder act on the resource. */
  public static Terms allow(Subject holder, String action, Resource resource) {
    return allow(holder, action, ResourcePattern.of(resource));
  }

  /** Terms that keep the holder from acting on the resources, whatever else allows it. */
  public static Terms deny(Subject holder, String action, ResourcePattern resource) {
    return new Terms(holder, Effect.DENY, action, resource, Limits.NONE);
  }

  /** Terms that keep the holder from acting on the resource, whatever else allows it. */
  public static Terms deny(Subject holder, String action, Resource resource) {
    return deny(holder, action, ResourcePattern.of(resource));
  }

  /** Who holds it: a subject or a role. */
  public Subject holder() {
    return terms.holder;
  }

  /** Whether it allows or denies. */
  public Effect effect() {
    return terms.effect;
  }

  /** The action, or {@code *} for every action. */
  public String action() {
    return terms.action;
  }

  /** The resources it speaks of. */
  public ResourcePattern resource() {
    return terms.resource;
  }

  /** The first moment at which it counts no more; empty if it never ends. */
  public Optional<Instant> expiresAt() {
    return terms.expiresAt();
  }

  /** When it counts; empty if always. */
  public Optional<Condition> condition() {
    return terms.condition();
  }

  /** How many times it can be used; empty if without end. */
  public OptionalLong times() {
    return terms.times();
  }

  @Override
  public String toString() {
    return "grant " + id + ": " + terms;
  }

  /** What ends a grant, or keeps it from counting. */
  private record Limits(
      @Nullable Instant expiresAt, @Nullable Condition condition, @Nullable Long times) {
    static final Limits NONE = new Limits(null, null, null);
  }

  /** What a grant says. Immutable. */
  public static final class Terms {
    private final Subject holder;
    private final Effect effect;
    private final String action;
    private final ResourcePattern resource;
    private final Limits limits;

    private Terms(
        Subject holder, Effect effect, String action, ResourcePattern resource, Limits limits) {
      this.holder = requireNonNull(holder, "holder");
      this.effect = requireNonNull(effect, "effect");
      this.action =
          requireNonNull(action, "action").equals(Names.ANY) ? Names.ANY : Names.action(action);
      this.resource = requireNonNull(resource, "resource");
      this.limits = limits;
    }

    /**
     * The same until that moment, cut to milliseconds: from then on the grant does not count, be it
     * to allow or to deny. Default without end; at the latest 9999-12-31T23:59:59.999Z.
     */
    public Terms until(Instant expiry) {
      Instant end = moment(expiry, "expiry");
      return with(new Limits(end, limits.condition, limits.times));
    }

    /**
     * The same under a condition, which takes the place of one that there is. While the condition
     * is false, the grant does not count; while it cannot be told, a denial counts and an allowance
     * does not. Default under none.
     *
     * @throws IllegalArgumentException if the JSON of the condition is longer than {@value
     *     Condition#MAX_JSON} characters
     */
    public Terms when(Condition condition) {
      requireNonNull(condition, "condition");
      int length = condition.toJson().length();
      Check.that(
          length <= Condition.MAX_JSON,
          () ->
              "condition must have at most "
                  + Condition.MAX_JSON
                  + " characters of JSON, had "
                  + length);
      return with(new Limits(limits.expiresAt, condition, limits.times));
    }

    /**
     * The same for so many uses in all, whoever of the holder's subjects makes them. {@link
     * PermissionChecker#require} takes one each time that no other grant allows the action; {@link
     * PermissionChecker#check} takes none. Default without end.
     *
     * @param uses 1..{@value #MAX_TIMES}
     * @throws IllegalArgumentException if the terms deny
     */
    public Terms times(long uses) {
      Check.that(effect == Effect.ALLOW, "times must be of an allowance, was of a denial");
      Check.range(uses, 1, MAX_TIMES, "times");
      return with(new Limits(limits.expiresAt, limits.condition, uses));
    }

    private Terms with(Limits other) {
      return new Terms(holder, effect, action, resource, other);
    }

    /** Who is to hold it. */
    public Subject holder() {
      return holder;
    }

    /** Whether it allows or denies. */
    public Effect effect() {
      return effect;
    }

    /** The action, or {@code *} for every action. */
    public String action() {
      return action;
    }

    /** The resources it speaks of. */
    public ResourcePattern resource() {
      return resource;
    }

    /** The first moment at which it counts no more; empty if it never ends. */
    public Optional<Instant> expiresAt() {
      return Optional.ofNullable(limits.expiresAt);
    }

    /** When it counts; empty if always. */
    public Optional<Condition> condition() {
      return Optional.ofNullable(limits.condition);
    }

    /** How many times it can be used; empty if without end. */
    public OptionalLong times() {
      return limits.times == null ? OptionalLong.empty() : OptionalLong.of(limits.times);
    }

    /**
     * The same without expiry, condition and number of uses. Two grants of the same such terms
     * cannot stand side by side.
     */
    public Terms unlimited() {
      return limits.equals(Limits.NONE) ? this : with(Limits.NONE);
    }

    /** Whether more than the time decides if it counts. */
    boolean isConditional() {
      return limits.condition != null || limits.times != null;
    }

    @Override
    public boolean equals(@Nullable Object other) {
      return other instanceof Terms that
          && holder.equals(that.holder)
          && effect == that.effect
          && action.equals(that.action)
          && resource.equals(that.resource)
          && limits.equals(that.limits);
    }

    @Override
    public int hashCode() {
      return Objects.hash(holder, effect, action, resource, limits);
    }

    @Override
    public String toString() {
      return effect.name().toLowerCase(Locale.ROOT)
          + " "
          + holder
          + " "
          + action
          + " on "
          + resource
          + limitsText();
    }

    /** The limits in words, each after a blank. */
    String limitsText() {
      return (limits.expiresAt == null ? "" : " until " + limits.expiresAt)
          + (limits.condition == null ? "" : " when " + limits.condition)
          + (limits.times == null ? "" : " " + limits.times + " times");
    }
  }
}
