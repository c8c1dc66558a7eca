package dev.gatehouse.reader;

import static java.util.Objects.requireNonNull;

import dev.gatehouse.check.Check;
import dev.gatehouse.registry.RetryPolicy;
import dev.gatehouse.scheduler.Task;
import dev.gatehouse.transport.Headers;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** How readings are done in this process. Immutable. */
public final class ReaderOptions {
  /** Whether a download may end by the end of its connection alone. */
  public enum Framing {
    /** It tells its length, or comes in chunks: one that breaks off is noticed. */
    DELIMITED,
    /** It may end with its connection, as HTTP/1.0 does: one that breaks off is taken for whole. */
    ANY
  }

  /** Which instances of a third party know of a job. */
  public enum Jobs {
    /** The one that took it. */
    OF_ONE_INSTANCE,
    /** All of them: whichever the balancer chooses is asked. */
    SHARED
  }

  /** The defaults, without a feed: then nothing is read here. */
  public static final ReaderOptions DEFAULT = builder().build();

  private final Map<String, FeatureFeed> feeds;
  private final Duration pollInterval;
  private final Duration queryTimeout;
  private final Duration transferTimeout;
  private final RetryPolicy retryPolicy;
  private final int maxLine;
  private final long maxBytes;
  private final Framing framing;
  private final Jobs jobs;
  private final @Nullable String rowCountHeader;

  private ReaderOptions(Builder builder) {
    feeds = Map.copyOf(builder.feeds);
    pollInterval = builder.pollInterval;
    queryTimeout = builder.queryTimeout;
    transferTimeout = builder.transferTimeout;
    retryPolicy = builder.retryPolicy;
    maxLine = builder.maxLine;
    maxBytes = builder.maxBytes;
    framing = builder.framing;
    jobs = builder.jobs;
    rowCountHeader = builder.rowCountHeader;
  }

  /** A builder that holds the defaults. */
  public static Builder builder() {
    return new Builder();
  }

  /** The feeds by their names. */
  public Map<String, FeatureFeed> feeds() {
    return feeds;
  }

  /** How long after an answer the third party is asked again. */
  public Duration pollInterval() {
    return pollInterval;
  }

  /** How long a query, and the beginning of a download, may take. */
  public Duration queryTimeout() {
    return queryTimeout;
  }

  /** How long an upload, and how long a download may take. */
  public Duration transferTimeout() {
    return transferTimeout;
  }

  /** How attempts that failed are repeated. */
  public RetryPolicy retryPolicy() {
    return retryPolicy;
  }

  /** The longest line, in bytes. */
  public int maxLine() {
    return maxLine;
  }

  /** The longest download, in bytes. */
  public long maxBytes() {
    return maxBytes;
  }

  /** How the end of a download must show. */
  public Framing framing() {
    return framing;
  }

  /** Which instances know of a job. */
  public Jobs jobs() {
    return jobs;
  }

  /** The header in which downloads tell how many rows they have. */
  public Optional<String> rowCountHeader() {
    return Optional.ofNullable(rowCountHeader);
  }

  /** Makes options. Not safe: confine to one thread. */
  public static final class Builder {
    private final Map<String, FeatureFeed> feeds = new HashMap<>();
    private Duration pollInterval = Duration.ofSeconds(60);
    private Duration queryTimeout = Duration.ofSeconds(30);
    private Duration transferTimeout = Task.MAX_TIMEOUT;
    private RetryPolicy retryPolicy = RetryPolicy.DEFAULT;
    private int maxLine = 1 << 20;
    private long maxBytes = 64L << 30;
    private Framing framing = Framing.DELIMITED;
    private Jobs jobs = Jobs.OF_ONE_INSTANCE;
    private @Nullable String rowCountHeader;

    private Builder() {}

    /**
     * Where ids come from and rows go, for readings {@link Reading.Located#by} that name. Readings
     * of a feed that no process has wait until one has it.
     *
     * @param name 1..40 letters, digits, dots, underscores and hyphens
     * @throws IllegalArgumentException if there is a feed of that name already
     */
    public Builder feed(String name, FeatureFeed feed) {
      Check.matches(name, Reading.FEED, "feed");
      Check.that(
          feeds.putIfAbsent(name, requireNonNull(feed, "feed")) == null,
          "feed must be given once, was given again: " + name);
      return this;
    }

    /** How long after an answer the third party is asked again, 1 ms to 1 day. Default 60 s. */
    public Builder pollInterval(Duration value) {
      pollInterval = Check.range(value, Duration.ofMillis(1), Duration.ofDays(1), "pollInterval");
      return this;
    }

    /**
     * How long a query, and the beginning of a download, may take, 1 ms to 10 min. Default 30 s.
     */
    public Builder queryTimeout(Duration value) {
      queryTimeout =
          Check.range(value, Duration.ofMillis(1), Duration.ofMinutes(10), "queryTimeout");
      return this;
    }

    /**
     * How long an upload with its answer, and how long a download may take, 1 ms to 1 h; a download
     * goes on from where it was, if the third party and the feed can. Default 1 h.
     */
    public Builder transferTimeout(Duration value) {
      transferTimeout =
          Check.range(value, Duration.ofMillis(1), Task.MAX_TIMEOUT, "transferTimeout");
      return this;
    }

    /**
     * How attempts are repeated that found the third party out of reach, or broke off. Default
     * {@link RetryPolicy#DEFAULT}.
     */
    public Builder retryPolicy(RetryPolicy value) {
      retryPolicy = requireNonNull(value, "retryPolicy");
      return this;
    }

    /** The longest line of a download, 16 bytes to 16 MiB. Default 1 MiB. */
    public Builder maxLine(int bytes) {
      maxLine = Check.range(bytes, 16, 16 << 20, "maxLine");
      return this;
    }

    /** The longest download, 1 byte or more. Default 64 GiB. */
    public Builder maxBytes(long bytes) {
      maxBytes = Check.range(bytes, 1, Long.MAX_VALUE, "maxBytes");
      return this;
    }

    /** How the end of a download must show. Default {@link Framing#DELIMITED}. */
    public Builder framing(Framing value) {
      framing = requireNonNull(value, "framing");
      return this;
    }

    /** Which instances know of a job. Default {@link Jobs#OF_ONE_INSTANCE}. */
    public Builder jobs(Jobs value) {
      jobs = requireNonNull(value, "jobs");
      return this;
    }

    /**
     * The header in which downloads tell how many rows they have, which is compared where it is
     * there. Default none.
     */
    public Builder rowCountHeader(String name) {
      rowCountHeader = Headers.of(name, "0").fields().get(0).name();
      return this;
    }

    /** The options. */
    public ReaderOptions build() {
      return new ReaderOptions(this);
    }
  }
}
