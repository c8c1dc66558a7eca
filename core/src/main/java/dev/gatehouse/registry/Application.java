package dev.gatehouse.registry;

import static java.util.Objects.requireNonNull;

import dev.gatehouse.check.Check;
import java.net.URI;
import java.net.URISyntaxException;
import java.time.Instant;
import java.util.Locale;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * A third party: it signs requests with its keys, owns tasks, and is called back. Immutable.
 *
 * <p>{@link #named} starts a draft; {@link Registry#register(Draft)} makes it an application with
 * an id, an app key and a secret.
 */
public final class Application {
  /** Longest name, in chars. */
  public static final int MAX_NAME = 100;

  /** Whether an application may act. */
  public enum Status {
    /** Registered, not yet approved: may do nothing. */
    PENDING,
    /** May act. */
    ENABLED,
    /** Switched off: may do nothing, its tasks wait. */
    DISABLED
  }

  private final long id;
  private final String name;
  private final String appKey;
  private final @Nullable URI callback;
  private final RetryPolicy retryPolicy;
  private final Status status;
  private final String remark;
  private final Instant createdAt;
  private final @Nullable Secret secret;

  private Application(
      Draft draft, long id, String appKey, Instant createdAt, @Nullable Secret secret) {
    this.id = Check.range(id, 1, Long.MAX_VALUE, "id");
    this.name = draft.name;
    this.appKey = requireNonNull(appKey, "appKey");
    this.callback = draft.callback;
    this.retryPolicy = draft.retryPolicy;
    this.status = draft.status;
    this.remark = draft.remark;
    this.createdAt = requireNonNull(createdAt, "createdAt");
    this.secret = secret;
  }

  /**
   * A draft with that name: 1..100 characters in Unicode normalization form C, none of them a
   * control or invisible character, no blank at either end. Names are alike whatever their case.
   */
  public static Draft named(String name) {
    return new Draft(
        Check.name(name, MAX_NAME, "name"), null, RetryPolicy.DEFAULT, Status.ENABLED, "");
  }

  /** The id, 1 or more. */
  public long id() {
    return id;
  }

  /** The name as it was registered. */
  public String name() {
    return name;
  }

  /** The public name of its key: 16 letters and digits, unique. */
  public String appKey() {
    return appKey;
  }

  /** Where its tasks are posted. */
  public Optional<URI> callback() {
    return Optional.ofNullable(callback);
  }

  /** How its tasks are retried unless a task says otherwise. */
  public RetryPolicy retryPolicy() {
    return retryPolicy;
  }

  /** Whether it may act. */
  public Status status() {
    return status;
  }

  /** A remark for people; empty text if none. */
  public String remark() {
    return remark;
  }

  /** When it was registered, to the millisecond. */
  public Instant createdAt() {
    return createdAt;
  }

  /** The secret, present only on what the first registration returned: it cannot be read again. */
  public Optional<Secret> secret() {
    return Optional.ofNullable(secret);
  }

  /** A draft that holds what this application holds, for changing it by registering it again. */
  public Draft toDraft() {
    return new Draft(name, callback, retryPolicy, status, remark);
  }

  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof Application that
        && id == that.id
        && name.equals(that.name)
        && appKey.equals(that.appKey)
        && Objects.equals(callback, that.callback)
        && retryPolicy.equals(that.retryPolicy)
        && status == that.status
        && remark.equals(that.remark)
        && createdAt.equals(that.createdAt);
  }

  @Override
  public int hashCode() {
    return Long.hashCode(id);
  }

  @Override
  public String toString() {
    return "Application " + id + " '" + name + "' " + status;
  }

  /** What is to be registered. Immutable: each method returns a new draft. */
  public static final class Draft {
    private final String name;
    private final @Nullable URI callback;
    private final RetryPolicy retryPolicy;
    private final Status status;
    private final String remark;

    private Draft(
        String name,
        @Nullable URI callback,
        RetryPolicy retryPolicy,
        Status status,
        String remark) {
      this.name = name;
      this.callback = callback;
      this.retryPolicy = retryPolicy;
      this.status = status;
      this.remark = remark;
    }

    /**
     * Where its tasks are posted: an absolute http or https URI of at most 200 characters with a
     * host, without user info or fragment. Default none: then its tasks need a local handler.
     * Whether the address may be reached is the transport's to judge, when it connects.
     */
    public Draft callback(String uri) {
      Check.text(uri, 1, 200, "callback");
      URI parsed;
      try {
        parsed = new URI(uri);
      } catch (URISyntaxException e) {
        // The cause would quote the whole URI.
        throw new IllegalArgumentException("callback must be a URI, was '" + shown(uri) + "'");
      }
      String scheme = parsed.getScheme() == null ? "" : parsed.getScheme().toLowerCase(Locale.ROOT);
      Check.that(
          scheme.equals("http") || scheme.equals("https"),
          () -> "callback must be http or https, was '" + shown(uri) + "'");
      String authority = parsed.getRawAuthority();
      Check.that(
          authority == null || authority.indexOf('@') < 0,
          () -> "callback must not hold user info, was '" + shown(uri) + "'");
      Check.that(
          parsed.getHost() != null, () -> "callback must name a host, was '" + shown(uri) + "'");
      Check.that(
          parsed.getRawFragment() == null,
          () -> "callback must not hold a fragment, was '" + shown(uri) + "'");
      Check.that(
          parsed.getPort() >= -1 && parsed.getPort() != 0 && parsed.getPort() <= 65_535,
          () -> "callback's port must be in 1..65535, was " + parsed.getPort());
      return new Draft(name, parsed, retryPolicy, status, remark);
    }

    /** User info, query and fragment may be secret. */
    private static String shown(String uri) {
      String start = uri.split("[?#]", 2)[0];
      int at = start.lastIndexOf('@');
      return at < 0 ? Check.shown(start) : "...@" + Check.shown(start.substring(at + 1));
    }

    /** How its tasks are retried. Default {@link RetryPolicy#DEFAULT}. */
    public Draft retryPolicy(RetryPolicy value) {
      return new Draft(name, callback, requireNonNull(value, "retryPolicy"), status, remark);
    }

    /** Whether it may act. Default {@link Status#ENABLED}. */
    public Draft status(Status value) {
      return new Draft(name, callback, retryPolicy, requireNonNull(value, "status"), remark);
    }

    /** A remark for people, at most 255 characters. Default empty. */
    public Draft remark(String value) {
      return new Draft(name, callback, retryPolicy, status, Check.text(value, 0, 255, "remark"));
    }

    /** The name. */
    public String name() {
      return name;
    }

    /**
     * The application that this draft becomes; of use to stores and the registry.
     *
     * @param secret null but for the answer to the first registration
     */
    public Application registered(
        long id, String appKey, Instant createdAt, @Nullable Secret secret) {
      return new Application(this, id, appKey, createdAt, secret);
    }
  }
}
