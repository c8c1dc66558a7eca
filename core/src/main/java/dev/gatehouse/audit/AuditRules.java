package dev.gatehouse.audit;

import static java.util.Objects.requireNonNull;

import dev.gatehouse.check.Check;
import java.util.Collection;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * What becomes of a record before it is kept: it is enriched from the context, redacted, and its
 * erasable fields are committed to by salted hashes, so that their values can be {@linkplain
 * AuditLog#erase erased} later while every proof still holds. And which typed fields the
 * application adds, and how texts are split into the words that are searched. All nodes of a log
 * have the same fields and the same analyzer. Immutable.
 */
public final class AuditRules {
  /** Most typed fields of an application. */
  public static final int MAX_FIELDS = 32;

  /** The core fields whose values can be erasable. */
  public static final Set<String> ERASABLE =
      Set.of("content", "sourceNode", "user", "requestId", "service", Field.EXT);

  /** No context, no redaction, no further fields; content, user and ext are erasable. */
  public static final AuditRules DEFAULT = builder().build();

  private final Supplier<AuditContext> context;
  private final @Nullable AuditRedaction redaction;
  private final Map<String, AuditField<?>> fields;
  private final Set<String> erasable;
  private final Words words;

  private AuditRules(Builder builder) {
    context = builder.context;
    redaction = builder.redaction;
    fields = Map.copyOf(builder.fields);
    words = builder.words;
    Set<String> chosen = builder.erasable;
    erasable = chosen == null ? defaults() : Set.copyOf(chosen);
    for (String name : erasable) {
      Check.that(
          ERASABLE.contains(name) || fields.containsKey(name),
          "an erasable field must be one of "
              + new TreeSet<>(ERASABLE)
              + " or of the application's, was '"
              + Check.shown(name)
              + "'");
    }
  }

  private Set<String> defaults() {
    Set<String> names = new HashSet<>(fields.keySet());
    names.addAll(List.of("content", "user", Field.EXT));
    return Set.copyOf(names);
  }

  /** A builder that starts at the defaults. */
  public static Builder builder() {
    return new Builder();
  }

  /** The names of the fields whose values can be erased later. */
  public Set<String> erasable() {
    return erasable;
  }

  /** The application's fields. */
  public Collection<AuditField<?>> fields() {
    return fields.values();
  }

  @Nullable AuditField<?> field(String name) {
    return fields.get(name);
  }

  Words words() {
    return words;
  }

  boolean isErasable(String name) {
    return erasable.contains(name);
  }

  /** The record as it is to be kept, but for its id and time. */
  AuditRecord apply(AuditRecord record, AuditContext carried) {
    AuditRecord kept = enrich(record, carried);
    if (redaction != null) {
      kept = requireNonNull(redaction.redact(kept), "redacted record");
      Check.that(kept.id() == 0, "a redacted record must not have an id, had " + kept.id());
    }
    for (AuditField<?> field : kept.fields()) {
      Check.that(
          field.equals(fields.get(field.name())),
          () -> "a field must be made known by AuditRules, was not: " + field);
    }
    return kept;
  }

  /** The record with what the contexts say, the one that is carried first. */
  AuditRecord enrich(AuditRecord record, AuditContext carried) {
    AuditContext given = requireNonNull(context.get(), "context");
    return given.enrich(carried.enrich(record));
  }

  /** Makes rules. Not safe: confine to one thread. */
  public static final class Builder {
    private Supplier<AuditContext> context = () -> AuditContext.NONE;
    private @Nullable AuditRedaction redaction;
    private final Map<String, AuditField<?>> fields = new LinkedHashMap<>();
    private @Nullable Set<String> erasable;
    private Words words = Words.STANDARD;

    private Builder() {}

    /**
     * Tells in which context the calling thread is; asked for each record, on the thread that
     * writes it, so that Gatehouse's own records say who did it too. Default {@link
     * AuditContext#NONE}. What {@link AuditLog#within} carries goes before it. Must be safe for use
     * by multiple threads; what it throws reaches the writer, and nothing is appended.
     */
    public Builder context(Supplier<AuditContext> value) {
      context = requireNonNull(value, "context");
      return this;
    }

    /** Takes away what must not be kept. Default nothing. */
    public Builder redaction(AuditRedaction value) {
      redaction = requireNonNull(value, "redaction");
      return this;
    }

    /**
     * A typed field of the application's. At most {@link #MAX_FIELDS}.
     *
     * @throws IllegalArgumentException if there is one of that name already
     */
    public Builder field(AuditField<?> value) {
      String name = requireNonNull(value, "field").name();
      Check.that(!fields.containsKey(name), "field must be given once, was given again: " + name);
      Check.range(fields.size() + 1, 1, MAX_FIELDS, "number of fields");
      fields.put(name, value);
      return this;
    }

    /**
     * Which fields can be erased later, of records written from now on: names of {@link #ERASABLE}
     * and of the application's fields. Each costs a hash and some 50 bytes a record. Default {@code
     * content}, {@code user}, {@code ext} and every field of the application's.
     */
    public Builder erasable(Set<String> names) {
      erasable = Set.copyOf(names);
      return this;
    }

    /**
     * How texts are split into words for Match and MatchPhrase: content, and the application's
     * texts. Default {@link AuditAnalyzer#standard}. Records are kept as they are, so that it may
     * be changed at any time, for all records. An index of words ({@link AuditTerms}) is of the
     * standard analyzer's: with another, every record of the window is looked at for them. A search
     * fails with {@link IllegalStateException} if the analyzer fails or breaks its contract;
     * writing never asks it.
     *
     * @param name tells it from others and from what it was before, such as {@code english/2},
     *     1..64 characters: continuation points of one are refused with another
     */
    public Builder analyzer(String name, AuditAnalyzer value) {
      words = Words.of(name, requireNonNull(value, "analyzer"));
      return this;
    }

    /**
     * The rules.
     *
     * @throws IllegalArgumentException if an erasable field is none that can be
     */
    public AuditRules build() {
      return new AuditRules(this);
    }
  }
}
