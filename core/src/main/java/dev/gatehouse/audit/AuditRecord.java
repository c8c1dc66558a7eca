package dev.gatehouse.audit;

import static java.util.Objects.requireNonNull;

import com.fasterxml.jackson.databind.JsonNode;
import dev.gatehouse.check.Check;
import dev.gatehouse.json.Json;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * One entry of the audit log. {@code operationType}, {@code resultType} and {@code severity} are
 * codes of the host's choosing; Gatehouse's own records use {@link Operation} and {@link Result} in
 * namespace {@code gatehouse}.
 *
 * <p>All text must be well-formed Unicode. The content may hold any character but U+0000, line
 * breaks and bidirectional overrides among them: it is data, and a renderer must escape it. The
 * shorter texts may hold no control characters. Immutable.
 */
public final class AuditRecord {
  /** Longest content, in bytes of UTF-8. */
  public static final int MAX_CONTENT = 64 << 10;

  /** Longest other text, in chars. */
  public static final int MAX_TEXT = 256;

  /** Longest JSON of further fields, in bytes of UTF-8. */
  public static final int MAX_EXT = 64 << 10;

  /** Most bytes of UTF-8 that the names and values of an application's typed fields take. */
  public static final int MAX_FIELDS = 8 << 10;

  private static final Instant EARLIEST = Instant.EPOCH;
  private static final Instant LATEST = Instant.parse("9999-12-31T23:59:59.999999Z");

  /** What a record is to the log itself. */
  public enum Kind {
    /** Something happened: every record that a caller writes. */
    RECORD(0),
    /** Fields of other records were erased: the evidence that nobody has just deleted them. */
    ERASURE(1),
    /** Other records were removed because their time was over: the evidence likewise. */
    REMOVAL(2);

    private final int code;

    Kind(int code) {
      this.code = code;
    }

    /** The number in the canonical bytes. */
    int code() {
      return code;
    }
  }

  /** The operations that Gatehouse itself records. */
  public enum Operation {
    /** Something was made. */
    CREATE(1),
    /** Something was changed. */
    UPDATE(2),
    /** Something was removed. */
    DELETE(3),
    /** Work was done for a third party. */
    EXECUTE(4),
    /** A request was judged by its signature. */
    AUTHENTICATE(5),
    /** A permission was judged. */
    AUTHORIZE(6);

    private final int code;

    Operation(int code) {
      this.code = code;
    }

    /** The number in the record. */
    public int code() {
      return code;
    }
  }

  /** The results that Gatehouse itself records. */
  public enum Result {
    /** Done, or allowed. */
    SUCCESS(0),
    /** Tried and failed. */
    FAILURE(1),
    /** Refused. */
    DENIED(2);

    private final int code;

    Result(int code) {
      this.code = code;
    }

    /** The number in the record. */
    public int code() {
      return code;
    }
  }

  private final long id;
  private final @Nullable Instant time;
  private final int operationType;
  private final int resultType;
  private final String content;
  private final String sourceNode;
  private final String namespace;
  private final String severity;
  private final @Nullable String user;
  private final @Nullable String requestId;
  private final @Nullable String service;
  private final @Nullable String ext;
  private final Kind kind;
  private final Map<String, Valued> fields;
  private final Set<String> erased;

  /** A field of the application's with its value. */
  record Valued(AuditField<?> field, Object value) {}

  private AuditRecord(Builder builder) {
    kind = builder.kind;
    fields = Map.copyOf(builder.fields);
    erased = Set.copyOf(builder.erased);
    id = builder.id;
    time = builder.time;
    operationType = builder.operationType;
    resultType = builder.resultType;
    content = builder.content;
    sourceNode = builder.sourceNode;
    namespace = builder.namespace;
    severity = builder.severity;
    user = builder.user;
    requestId = builder.requestId;
    service = builder.service;
    ext = builder.ext;
  }

  /** A record of an operation, its result, and a text for people. */
  public static Builder of(int operationType, int resultType, String content) {
    return new Builder(operationType, resultType, content);
  }

  /** A record of Gatehouse's own, in namespace {@code gatehouse}. */
  public static Builder of(Operation operation, Result result, String content) {
    return of(operation.code(), result.code(), content)
        .namespace("gatehouse")
        .severity(result == Result.SUCCESS ? "info" : "warning");
  }

  /** A builder that holds what this record holds. */
  public Builder toBuilder() {
    return new Builder(this);
  }

  /** The id, growing in order of append on a node; 0 before the record is written. */
  public long id() {
    return id;
  }

  /** The time in whole microseconds; empty before the record is written if none was given. */
  public Optional<Instant> time() {
    return Optional.ofNullable(time);
  }

  /** What was done. */
  public int operationType() {
    return operationType;
  }

  /** How it ended. */
  public int resultType() {
    return resultType;
  }

  /** The text for people. */
  public String content() {
    return content;
  }

  /** The node or host it happened on; empty text if not said. */
  public String sourceNode() {
    return sourceNode;
  }

  /** The namespace; empty text if not said. */
  public String namespace() {
    return namespace;
  }

  /** How serious it is; empty text if not said. */
  public String severity() {
    return severity;
  }

  /** Who did it. */
  public Optional<String> user() {
    return Optional.ofNullable(user);
  }

  /** The request it belongs to. */
  public Optional<String> requestId() {
    return Optional.ofNullable(requestId);
  }

  /** The service that did it. */
  public Optional<String> service() {
    return Optional.ofNullable(service);
  }

  /** Further fields, the text of a JSON object. */
  public Optional<String> ext() {
    return Optional.ofNullable(ext);
  }

  /** The application's typed fields that it has, by name in ascending order. */
  public List<AuditField<?>> fields() {
    if (fields.isEmpty()) {
      return List.of();
    }
    List<AuditField<?>> known = new ArrayList<>();
    new TreeMap<>(fields).values().forEach(valued -> known.add(valued.field));
    return known;
  }

  /** The value of a typed field; empty if it has none of that name and type. */
  public <T> Optional<T> value(AuditField<T> field) {
    Valued valued = fields.get(field.name());
    return valued != null && valued.field.equals(field)
        ? Optional.of(field.cast(valued.value))
        : Optional.empty();
  }

  /** The value of the field of that name. */
  @Nullable Valued valued(String name) {
    return fields.isEmpty() ? null : fields.get(name);
  }

  /**
   * The names of fields whose values were erased: they are absent, the content an empty text. See
   * {@link AuditLog#erase}.
   */
  public Set<String> erased() {
    return erased;
  }

  /** What the record is to the log itself. */
  public Kind kind() {
    return kind;
  }

  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof AuditRecord that
        && kind == that.kind
        && fields.equals(that.fields)
        && erased.equals(that.erased)
        && id == that.id
        && Objects.equals(time, that.time)
        && operationType == that.operationType
        && resultType == that.resultType
        && content.equals(that.content)
        && sourceNode.equals(that.sourceNode)
        && namespace.equals(that.namespace)
        && severity.equals(that.severity)
        && Objects.equals(user, that.user)
        && Objects.equals(requestId, that.requestId)
        && Objects.equals(service, that.service)
        && Objects.equals(ext, that.ext);
  }

  @Override
  public int hashCode() {
    return Objects.hash(id, time, content);
  }

  /** Id, time and codes only: the texts came from outside and may be crafted to forge log lines. */
  @Override
  public String toString() {
    return "AuditRecord "
        + id
        + (time == null ? "" : " " + time)
        + " operation "
        + operationType
        + " result "
        + resultType;
  }

  /** Makes records. Not safe: confine to one thread. */
  public static final class Builder {
    private long id;
    private @Nullable Instant time;
    private final int operationType;
    private final int resultType;
    private final String content;
    private String sourceNode = "";
    private String namespace = "";
    private String severity = "";
    private @Nullable String user;
    private @Nullable String requestId;
    private @Nullable String service;
    private @Nullable String ext;
    private Kind kind = Kind.RECORD;
    private Map<String, Valued> fields = Map.of();
    private Set<String> erased = Set.of();

    private Builder(int operationType, int resultType, String content) {
      this.operationType = operationType;
      this.resultType = resultType;
      this.content = Utf8.checked(content, MAX_CONTENT, "content");
      int nul = content.indexOf(0);
      Check.that(nul < 0, () -> "content must not hold U+0000, held one at " + nul);
    }

    /** What a record holds was checked when that was made. */
    private Builder(AuditRecord record) {
      id = record.id;
      time = record.time;
      operationType = record.operationType;
      resultType = record.resultType;
      content = record.content;
      sourceNode = record.sourceNode;
      namespace = record.namespace;
      severity = record.severity;
      user = record.user;
      requestId = record.requestId;
      service = record.service;
      ext = record.ext;
      kind = record.kind;
      fields = record.fields;
      erased = record.erased;
    }

    /** The id; given by the log, of use to stores. */
    public Builder id(long value) {
      id = Check.range(value, 0, Long.MAX_VALUE - 1, "id");
      return this;
    }

    /** The time, 1970..9999, cut to microseconds; by default the log's clock when written. */
    public Builder time(Instant value) {
      Instant micros = requireNonNull(value, "time").truncatedTo(ChronoUnit.MICROS);
      // The message is made only where it is thrown: each record that is read comes through here.
      if (micros.isBefore(EARLIEST) || micros.isAfter(LATEST)) {
        throw new IllegalArgumentException(
            "time must be in " + EARLIEST + ".." + LATEST + ", was " + value);
      }
      time = micros;
      return this;
    }

    /** The node or host it happened on. */
    public Builder sourceNode(String value) {
      sourceNode = Check.text(value, 0, MAX_TEXT, "sourceNode");
      return this;
    }

    /** The namespace. */
    public Builder namespace(String value) {
      namespace = Check.text(value, 0, MAX_TEXT, "namespace");
      return this;
    }

    /** How serious it is. */
    public Builder severity(String value) {
      severity = Check.text(value, 0, MAX_TEXT, "severity");
      return this;
    }

    /** Who did it. */
    public Builder user(String value) {
      user = Check.text(value, 0, MAX_TEXT, "user");
      return this;
    }

    /** The request it belongs to. */
    public Builder requestId(String value) {
      requestId = Check.text(value, 0, MAX_TEXT, "requestId");
      return this;
    }

    /** The service that did it. */
    public Builder service(String value) {
      service = Check.text(value, 0, MAX_TEXT, "service");
      return this;
    }

    /** Further fields: the text of a JSON object of at most {@link #MAX_EXT} bytes. */
    public Builder ext(String json) {
      Utf8.checked(json, MAX_EXT, "ext");
      ext = Json.validObject(json, "ext");
      return this;
    }

    /**
     * A typed field, in place of what it was before. It must be made known by {@link
     * AuditRules.Builder#field} when the record is written.
     */
    public <T> Builder set(AuditField<T> field, T value) {
      return setChecked(field, value);
    }

    /**
     * Typed fields as a JSON object tells them by name, in place of what they were before; null
     * leaves one as it was. Values are read as filters read them: whole numbers and decimals may be
     * texts too, times are milliseconds since 1970 or ISO 8601, flags may be the texts {@code true}
     * and {@code false}.
     *
     * @throws IllegalArgumentException if the rules do not make a field known, or a value is none
     *     of it; a decimal must be one that a double holds
     */
    public Builder fields(String json, AuditRules rules) {
      requireNonNull(rules, "rules");
      for (Map.Entry<String, JsonNode> member :
          Json.parse(Json.validObject(json, "fields"), "fields").properties()) {
        AuditField<?> field = rules.field(member.getKey());
        if (field == null) {
          throw new IllegalArgumentException(
              "a field must be made known by AuditRules, was not: '"
                  + Check.shown(member.getKey())
                  + "'");
        }
        if (!member.getValue().isNull()) {
          setChecked(field, field.read(member.getValue()));
        }
      }
      return this;
    }

    Builder setChecked(AuditField<?> field, Object value) {
      Map<String, Valued> more = new TreeMap<>(fields);
      more.put(field.name(), new Valued(field, field.checked(value)));
      fields = more;
      return this;
    }

    Builder kind(Kind value) {
      kind = value;
      return this;
    }

    /** The value of that field was there once. */
    Builder erased(String name) {
      Set<String> more = new TreeSet<>(erased);
      more.add(name);
      erased = more;
      return this;
    }

    /**
     * The record.
     *
     * @throws IllegalArgumentException if the typed fields are too many or too long together
     */
    public AuditRecord build() {
      if (!fields.isEmpty()) {
        requireWithinLimits();
      }
      return new AuditRecord(this);
    }

    private void requireWithinLimits() {
      Check.range(fields.size(), 0, AuditRules.MAX_FIELDS, "number of typed fields");
      int bytes = 0;
      for (Valued valued : fields.values()) {
        bytes += valued.field.name().length() + valued.field.encode(valued.value).length;
      }
      Check.range(bytes, 0, MAX_FIELDS, "bytes of the typed fields");
    }
  }
}
