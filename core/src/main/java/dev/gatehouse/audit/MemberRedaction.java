package dev.gatehouse.audit;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.gatehouse.json.Json;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;

/** Masks members of {@code ext} by name. */
final class MemberRedaction implements AuditRedaction {
  private final Set<String> names;

  MemberRedaction(Set<String> names) {
    this.names =
        names.stream()
            .map(name -> name.toLowerCase(Locale.ROOT))
            .collect(Collectors.toUnmodifiableSet());
  }

  /** The text stays as it came unless there is something to mask. */
  @Override
  public AuditRecord redact(AuditRecord record) {
    if (record.ext().isEmpty()) {
      return record;
    }
    JsonNode ext = Json.parse(record.ext().get(), "ext");
    return mask(ext) ? record.toBuilder().ext(Json.write(ext)).build() : record;
  }

  private boolean mask(JsonNode node) {
    boolean masked = false;
    if (node instanceof ObjectNode object) {
      List<String> members = new ArrayList<>();
      object.fieldNames().forEachRemaining(members::add);
      for (String member : members) {
        if (names.contains(member.toLowerCase(Locale.ROOT))) {
          object.put(member, MASK);
          masked = true;
        }
      }
    }
    for (JsonNode child : node) {
      masked |= mask(child);
    }
    return masked;
  }

  @Override
  public String toString() {
    return "members " + new TreeSet<>(names);
  }
}
