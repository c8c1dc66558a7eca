package dev.gatehouse.audit;

import static java.util.Objects.requireNonNull;

import com.fasterxml.jackson.core.JsonGenerator;
import dev.gatehouse.json.Json;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;

/**
 * A page of records. A filter that few records pass may give a page with fewer records than asked
 * for, even none, with more to come: go on while {@link #hasNext}. Immutable.
 *
 * @param records in the query's order
 * @param continuationPoint stands for this page in {@link AuditQuery#after} and {@link
 *     AuditQuery#before}, with the same window and filter, on any node over the same store; it does
 *     not expire; never empty
 * @param hasNext whether there may be records after this page; false only if there were none
 * @param hasPrevious whether there may be records before this page; false only if there were none
 * @param fields as the query had them
 */
public record AuditPage(
    List<AuditRecord> records,
    String continuationPoint,
    boolean hasNext,
    boolean hasPrevious,
    List<String> fields) {
  /** Copies the lists. */
  public AuditPage {
    records = List.copyOf(records);
    requireNonNull(continuationPoint, "continuationPoint");
    fields = List.copyOf(fields);
  }

  /**
   * The page as a JSON object: {@code records} with the query's fields, {@code size}, their number,
   * {@code continuationPoint}, {@code hasNext} and {@code hasPrev}.
   */
  public String json() {
    Projection projection = new Projection(fields);
    return Json.text(out -> write(projection, out));
  }

  /** The object of {@link #json()} in UTF-8. */
  public byte[] jsonBytes() {
    Projection projection = new Projection(fields);
    // What is well-formed in the text of ext need not be so once its escapes are undone.
    return projection.tellsExt()
        ? json().getBytes(StandardCharsets.UTF_8)
        : Json.bytes(out -> write(projection, out));
  }

  private void write(Projection projection, JsonGenerator out) throws IOException {
    out.writeStartObject();
    out.writeArrayFieldStart("records");
    for (AuditRecord record : records) {
      projection.write(record, out);
    }
    out.writeEndArray();
    out.writeNumberField("size", records.size());
    out.writeStringField("continuationPoint", continuationPoint);
    out.writeBooleanField("hasNext", hasNext);
    out.writeBooleanField("hasPrev", hasPrevious);
    out.writeEndObject();
  }
}
