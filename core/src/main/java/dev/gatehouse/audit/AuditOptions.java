package dev.gatehouse.audit;

import static java.util.Objects.requireNonNull;

import dev.gatehouse.check.Check;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * How a log is made provable. By default records are sequenced within a second by whichever node
 * has the lease, and neither they nor the heads are authenticated by a key: then whoever can write
 * to the database can rewrite the log and its tree, and only an {@link Anchor} tells. Immutable.
 */
public final class AuditOptions {
  /** The defaults. */
  public static final AuditOptions DEFAULT = builder().build();

  /** When records get their place in the tree. */
  public enum Sequencing {
    /** Within the {@linkplain Builder#interval interval}: no writer waits for another. */
    AFTERWARDS,
    /**
     * In the transaction that writes them. No record is ever without a proof, but writers take
     * turns: from its first record to its end a transaction keeps all others from writing any, and
     * each signs a head.
     */
    IN_TRANSACTION
  }

  private final String origin;
  private final AuditRules rules;
  private final @Nullable RowKey rowKey;
  private final @Nullable HeadSigner signer;
  private final @Nullable HeadKey key;
  private final List<HeadKey> formerKeys;
  private final boolean unsignedAccepted;
  private final Sequencing sequencing;
  private final Duration interval;
  private final Duration lease;
  private final Duration maxLag;
  private final List<Anchor> anchors;
  private final Duration anchorInterval;
  private final @Nullable Duration retention;

  private AuditOptions(Builder builder) {
    origin = builder.origin;
    rules = builder.rules;
    rowKey = builder.rowKey;
    signer = builder.signer;
    key = builder.key;
    formerKeys = List.copyOf(builder.formerKeys);
    unsignedAccepted = builder.unsignedAccepted;
    sequencing = builder.sequencing;
    interval = builder.interval;
    lease = builder.lease;
    maxLag = builder.maxLag;
    anchors = List.copyOf(builder.anchors);
    anchorInterval = builder.anchorInterval;
    retention = builder.retention;
  }

  /** A builder that starts at the defaults. */
  public static Builder builder() {
    return new Builder();
  }

  /**
   * These options for the {@linkplain LogName#EVENT event log} beside the log that they are for:
   * the same but for the origin, which has {@code /event} behind it, and without anchors and
   * retention, of which each log has its own.
   *
   * @throws IllegalArgumentException if the origin is too long for that
   */
  public AuditOptions forEventLog() {
    Builder builder = builder().origin(origin + "/event").rules(rules).sequencing(sequencing);
    builder.rowKey = rowKey;
    builder.signer = signer;
    builder.key = key;
    builder.formerKeys.addAll(formerKeys);
    builder.unsignedAccepted = unsignedAccepted;
    return builder.interval(interval).lease(lease).maxLag(maxLag).build();
  }

  /** What the heads say of which log they are. */
  public String origin() {
    return origin;
  }

  /** What becomes of records before they are kept. */
  public AuditRules rules() {
    return rules;
  }

  Optional<RowKey> rowKey() {
    return Optional.ofNullable(rowKey);
  }

  /** The key under which heads are signed; empty if they are not. */
  public Optional<HeadKey> key() {
    return Optional.ofNullable(key);
  }

  /** When records get their place in the tree. */
  public Sequencing sequencing() {
    return sequencing;
  }

  /** How often what is pending is sequenced. */
  public Duration interval() {
    return interval;
  }

  /** How long a node that is lost keeps others from sequencing. */
  public Duration lease() {
    return lease;
  }

  /** How long a record may be pending until that is told. */
  public Duration maxLag() {
    return maxLag;
  }

  /** Where heads are kept beside the log. */
  public List<Anchor> anchors() {
    return anchors;
  }

  Duration anchorInterval() {
    return anchorInterval;
  }

  /** How long records are kept; empty if for ever. */
  public Optional<Duration> retention() {
    return Optional.ofNullable(retention);
  }

  /** A head over the root, signed if there is a signer. */
  SignedHead sign(SignedHead head) {
    return signer == null || key == null ? head : head.sign(signer, key);
  }

  /** Whether the head is signed as heads of this log are to be, or were. */
  boolean isTrusted(SignedHead head) {
    return key == null
        || (unsignedAccepted && head.isUnsigned())
        || head.isSignedBy(key)
        || formerKeys.stream().anyMatch(head::isSignedBy);
  }

  /** Makes options. Not safe: confine to one thread. */
  public static final class Builder {
    private String origin = "gatehouse-audit";
    private AuditRules rules = AuditRules.DEFAULT;
    private @Nullable RowKey rowKey;
    private @Nullable HeadSigner signer;
    private @Nullable HeadKey key;
    private final List<HeadKey> formerKeys = new ArrayList<>();
    private boolean unsignedAccepted;
    private Sequencing sequencing = Sequencing.AFTERWARDS;
    private Duration interval = Duration.ofSeconds(1);
    private Duration lease = Duration.ofSeconds(10);
    private Duration maxLag = Duration.ofMinutes(1);
    private final List<Anchor> anchors = new ArrayList<>();
    private Duration anchorInterval = Duration.ofMinutes(1);

    private @Nullable Duration retention;

    private Builder() {}

    /**
     * How long records are kept, by their time: older ones are removed as by {@link
     * AuditLog#removeBefore}, on the sequencer's thread of the node that has the lease, every
     * minute, 10,000 at a time. Default for ever, 1 h..36,500 days.
     */
    public Builder retention(Duration value) {
      retention = Check.range(value, Duration.ofHours(1), Duration.ofDays(36_500), "retention");
      return this;
    }

    /**
     * The name of the log, which its heads carry: unlike that of any other log under the same key.
     *
     * @param value 1..200 printable characters of ASCII, no blank, no plus sign; default {@code
     *     gatehouse-audit}
     */
    public Builder origin(String value) {
      origin = SignedHead.checkedOrigin(value);
      return this;
    }

    /**
     * How records are enriched and redacted, and what of them can be erased. Default {@link
     * AuditRules#DEFAULT}.
     */
    public Builder rules(AuditRules value) {
      rules = requireNonNull(value, "rules");
      return this;
    }

    /** Authenticates records from their append on. Default none. */
    public Builder rowKey(RowKey value) {
      rowKey = requireNonNull(value, "rowKey");
      return this;
    }

    /**
     * Signs heads. Default nobody does.
     *
     * @param verifiedBy the public half of the signer's key
     */
    public Builder signer(HeadSigner value, HeadKey verifiedBy) {
      signer = requireNonNull(value, "signer");
      key = requireNonNull(verifiedBy, "key");
      return this;
    }

    /**
     * Goes on with a log whose last head was signed under another key. To be taken out once a head
     * under the new key is there, as whoever has the old key could sign on: the older heads are
     * proven by that one. Can be repeated.
     */
    public Builder formerKey(HeadKey value) {
      formerKeys.add(requireNonNull(value, "formerKey"));
      return this;
    }

    /**
     * Goes on with a log whose last head nobody has signed: for the first start with a signer. To
     * be taken out once a signed head is there, for anyone can write one that is not: the older
     * heads are proven by the signed one.
     */
    public Builder acceptUnsigned() {
      unsignedAccepted = true;
      return this;
    }

    /** When records get their place in the tree. Default {@link Sequencing#AFTERWARDS}. */
    public Builder sequencing(Sequencing value) {
      sequencing = requireNonNull(value, "sequencing");
      return this;
    }

    /**
     * How often what is pending is sequenced, and a head is signed while records come. Default 1 s,
     * 10 ms..1 h.
     */
    public Builder interval(Duration value) {
      interval = Check.range(value, Duration.ofMillis(10), Duration.ofHours(1), "interval");
      return this;
    }

    /**
     * How long a node that is lost keeps others from sequencing. Default 10 s, 1 s..10 min, by the
     * storage's clock.
     */
    public Builder lease(Duration value) {
      lease = Check.range(value, Duration.ofSeconds(1), AuditTreeStore.MAX_LEASE, "lease");
      return this;
    }

    /**
     * How long a record may be pending, as far as this node can see, until the listener hears of
     * it. Default 1 min, 1 s..1 day.
     */
    public Builder maxLag(Duration value) {
      maxLag = Check.range(value, Duration.ofSeconds(1), Duration.ofDays(1), "maxLag");
      return this;
    }

    /** A further place where heads are kept. Default none. */
    public Builder anchor(Anchor value) {
      anchors.add(requireNonNull(value, "anchor"));
      return this;
    }

    /** How often a new head is given to the anchors at most. Default 1 min, 0..1 day. */
    public Builder anchorInterval(Duration value) {
      anchorInterval = Check.range(value, Duration.ZERO, Duration.ofDays(1), "anchorInterval");
      return this;
    }

    /** The options. */
    public AuditOptions build() {
      return new AuditOptions(this);
    }
  }
}
