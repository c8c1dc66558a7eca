package dev.gatehouse.permission;

import static java.util.Objects.requireNonNull;

import dev.gatehouse.check.Check;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Locale;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * What a subject or role is allowed or denied, once granted. A grant never changes: its id names
 * the same words for ever, also in decisions and audit records that outlive it. Immutable.
 *
 * @param id 1 or more
 * @param terms what it says
 */
public record Grant(long id, Terms terms) {
  /** The last moment that every store can keep: the end of the year 9999. */
  private static final Instant LAST = Instant.parse("9999-12-31T23:59:59.999Z");

  /** A grant as stored. */
  public Grant {
    Check.range(id, 1, Long.MAX_VALUE, "id");
    requireNonNull(terms, "terms");
  }

  /** Terms that let the holder act on the resources. */
  public static Terms allow(Subject holder, String action, ResourcePattern resource) {
    return new Terms(holder, Effect.ALLOW, action, resource, null);
  }

  /** Terms that let the holder act on the resource. */
  public static Terms allow(Subject holder, String action, Resource resource) {
    return allow(holder, action, ResourcePattern.of(resource));
  }

  /** Terms that keep the holder from acting on the resources, whatever else allows it. */
  public static Terms deny(Subject holder, String action, ResourcePattern resource) {
    return new Terms(holder, Effect.DENY, action, resource, null);
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

  @Override
  public String toString() {
    return "grant " + id + ": " + terms;
  }

  /** What a grant says. Immutable. */
  public static final class Terms {
    private final Subject holder;
    private final Effect effect;
    private final String action;
    private final ResourcePattern resource;
    private final @Nullable Instant expiresAt;

    private Terms(
        Subject holder,
        Effect effect,
        String action,
        ResourcePattern resource,
        @Nullable Instant expiresAt) {
      this.holder = requireNonNull(holder, "holder");
      this.effect = requireNonNull(effect, "effect");
      this.action =
          requireNonNull(action, "action").equals(Names.ANY) ? Names.ANY : Names.action(action);
      this.resource = requireNonNull(resource, "resource");
      this.expiresAt = expiresAt;
    }

    /**
     * The same until that moment, cut to milliseconds: from then on the grant does not count, be it
     * to allow or to deny. Default without end; at the latest 9999-12-31T23:59:59.999Z.
     */
    public Terms until(Instant expiry) {
      requireNonNull(expiry, "expiry");
      Check.that(
          !expiry.isBefore(Instant.EPOCH) && !expiry.isAfter(LAST),
          "expiry must be in " + Instant.EPOCH + ".." + LAST + ", was " + expiry);
      return new Terms(holder, effect, action, resource, expiry.truncatedTo(ChronoUnit.MILLIS));
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
      return Optional.ofNullable(expiresAt);
    }

    /** The same without an end. Two grants of the same such terms cannot stand side by side. */
    public Terms withoutExpiry() {
      return expiresAt == null ? this : new Terms(holder, effect, action, resource, null);
    }

    @Override
    public boolean equals(@Nullable Object other) {
      return other instanceof Terms that
          && holder.equals(that.holder)
          && effect == that.effect
          && action.equals(that.action)
          && resource.equals(that.resource)
          && Objects.equals(expiresAt, that.expiresAt);
    }

    @Override
    public int hashCode() {
      return Objects.hash(holder, effect, action, resource, expiresAt);
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
          + (expiresAt == null ? "" : " until " + expiresAt);
    }
  }
}
