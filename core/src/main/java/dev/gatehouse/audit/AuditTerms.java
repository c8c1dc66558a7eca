package dev.gatehouse.audit;

import static java.util.Objects.requireNonNull;

import com.fasterxml.jackson.databind.JsonNode;
import dev.gatehouse.check.Check;
import dev.gatehouse.json.Json;
import java.math.BigDecimal;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * SPI: the demand that a record has some terms. A term stands for one word of a text, or for one
 * exact value of a field, and is a hash of the field's name and that: records without the word or
 * the value may have the term too, so what a store finds by terms is yet to be tested. A store
 * without an index of terms leaves such demands out. Immutable.
 *
 * @param demand how many of the terms
 * @param terms 1..{@value #MAX_TERMS}
 */
public record AuditTerms(Demand demand, Set<Long> terms) {
  /** Most terms of one demand, and of a record that can be found by them. */
  public static final int MAX_TERMS = 1_024;

  /** What a store keeps of a record that has more terms, and looks for whatever is demanded. */
  public static final Set<Long> TOO_MANY = Set.of(0L);

  /** Which of the terms a record must have. */
  public enum Demand {
    /** One or more. */
    ANY,
    /** Each. */
    ALL
  }

  /** Checks the number of terms. */
  public AuditTerms {
    requireNonNull(demand, "demand");
    terms = Set.copyOf(terms);
    Check.range(terms.size(), 1, MAX_TERMS, "number of terms");
  }

  /**
   * The terms of a record, none of them 0: the words of its content and of the application's texts,
   * by the {@linkplain AuditAnalyzer#standard standard analyzer} whatever the log's own is, the
   * application's keywords and flags, and the values in {@code ext} by their paths. They are the
   * same on every JDK.
   *
   * @return empty if there are more than {@value #MAX_TERMS}, or if a text has characters whose
   *     words depend on the JDK's version of Unicode: such a record meets every demand
   */
  public static Optional<Set<Long>> of(AuditRecord record) {
    Collector collector = new Collector();
    collector.words("content", record.content());
    for (AuditField<?> field : record.fields()) {
      AuditRecord.Valued valued = record.valued(field.name());
      if (valued != null && !(valued.value() instanceof Number)) {
        collector.value(field.name(), Values.ofTyped(valued.value()));
      }
    }
    record.ext().ifPresent(json -> collector.values(Field.EXT, Json.parse(json, Field.EXT)));
    return collector.isFull() || !collector.isStable
        ? Optional.empty()
        : Optional.of(collector.terms);
  }

  /** What a store keeps of a record: its terms, or {@link #TOO_MANY} if it has none of use. */
  public static Set<Long> kept(AuditRecord record) {
    return of(record).orElse(TOO_MANY);
  }

  /** Whether a record with those terms meets the demand. */
  public boolean test(Set<Long> record) {
    return demand == Demand.ALL
        ? record.containsAll(terms)
        : terms.stream().anyMatch(record::contains);
  }

  /** The demand that a field has one of the values. */
  static AuditTerms anyValue(String field, List<Object> values) {
    Set<Long> terms = new HashSet<>();
    values.forEach(value -> terms.add(value(field, value)));
    return new AuditTerms(Demand.ANY, terms);
  }

  /** The demand that a text has words; empty if there is none, or too many to say so. */
  static Optional<AuditTerms> words(Demand demand, String field, List<String> words) {
    Set<Long> terms = new HashSet<>();
    words.forEach(word -> terms.add(word(field, word)));
    return terms.isEmpty() || terms.size() > MAX_TERMS
        ? Optional.empty()
        : Optional.of(new AuditTerms(demand, terms));
  }

  private static long word(String field, String word) {
    return hash(field, 'w', word);
  }

  private static long value(String field, Object value) {
    char kind = value instanceof String ? 's' : value instanceof BigDecimal ? 'n' : 'b';
    return hash(field, kind, value.toString());
  }

  /** FNV-1a of 64 bits (draft-eastlake-fnv) over the two bytes of each char; 1 instead of 0. */
  private static long hash(String field, char kind, String text) {
    long hash = 0xcbf29ce484222325L;
    hash = mix(hash, field);
    hash = mix(mix(hash, '\0'), kind);
    hash = mix(hash, text);
    return hash == 0 ? 1 : hash;
  }

  private static long mix(long hash, String text) {
    long mixed = hash;
    for (int i = 0; i < text.length(); i++) {
      mixed = mix(mixed, text.charAt(i));
    }
    return mixed;
  }

  private static long mix(long hash, char c) {
    long high = (hash ^ c >> 8) * 0x100000001b3L;
    return (high ^ (c & 0xff)) * 0x100000001b3L;
  }

  /** Gathers terms until there are too many. */
  private static final class Collector {
    private final Set<Long> terms = new HashSet<>();
    private boolean isStable = true;

    boolean isFull() {
      return terms.size() > MAX_TERMS;
    }

    void words(String field, String text) {
      isStable &= StandardAnalyzer.isStable(text);
      for (String word : StandardAnalyzer.tokens(text)) {
        add(word(field, word));
      }
    }

    void value(String field, Object value) {
      add(AuditTerms.value(field, value));
      if (value instanceof String text) {
        words(field, text);
      }
    }

    /** A list has the path that it is at, an object that of each of its members. */
    void values(String path, JsonNode node) {
      if (isFull()) {
        return;
      }
      if (node.isArray()) {
        node.forEach(element -> values(path, element));
      } else if (node.isObject()) {
        node.properties()
            .forEach(member -> values(path + '.' + member.getKey(), member.getValue()));
      } else if (!node.isNull()) {
        add(AuditTerms.value(path, Values.ofJson(node)));
      }
    }

    private void add(long term) {
      if (!isFull()) {
        terms.add(term);
      }
    }
  }

  @Override
  public String toString() {
    return demand + " of " + Arrays.toString(terms.stream().mapToLong(Long::longValue).toArray());
  }
}
