package dev.gatehouse.permission;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.gatehouse.check.Check;
import dev.gatehouse.json.Json;
import dev.gatehouse.permission.PermissionSet.Place;
import java.time.DateTimeException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/** Permissions as JSON lines. */
final class PermissionLines {
  private static final Set<String> GRANT = Set.of("holder", "effect", "action", "resource");
  private static final Set<String> LIMITS = Set.of("expiresAt", "condition", "times");

  private PermissionLines() {}

  static String write(PermissionSet set) {
    StringBuilder text = new StringBuilder();
    for (String role : set.roles()) {
      line(text, Json.object().put("role", role));
    }
    for (Place place : set.places()) {
      line(text, Json.object().put("member", place.member().toString()).put("of", place.role()));
    }
    for (Grant.Terms terms : set.grants()) {
      line(text, node(terms));
    }
    return text.toString();
  }

  private static void line(StringBuilder text, ObjectNode node) {
    text.append(Json.write(node)).append('\n');
  }

  private static ObjectNode node(Grant.Terms terms) {
    ObjectNode node =
        Json.object()
            .put("holder", terms.holder().toString())
            .put("effect", terms.effect().name())
            .put("action", terms.action())
            .put("resource", terms.resource().toString());
    terms.expiresAt().ifPresent(expiry -> node.put("expiresAt", expiry.toString()));
    terms.condition().ifPresent(condition -> node.set("condition", ConditionJson.node(condition)));
    terms.times().ifPresent(times -> node.put("times", times));
    return node;
  }

  static PermissionSet read(String text) {
    Set<String> roles = new LinkedHashSet<>();
    Set<Place> places = new LinkedHashSet<>();
    Set<Grant.Terms> grants = new LinkedHashSet<>();
    Set<Grant.Terms> unlimited = new HashSet<>();
    List<String> lines = text.lines().toList();
    for (int i = 0; i < lines.size(); i++) {
      try {
        JsonNode node = Json.parse(lines.get(i), "permission");
        Set<String> names = names(node);
        if (names.equals(Set.of("role"))) {
          String role = Names.name(string(node, "role"), "role");
          Check.that(roles.add(role), () -> "role must occur once, again was " + Check.shown(role));
        } else if (names.equals(Set.of("member", "of"))) {
          Place place = new Place(subject(string(node, "member")), string(node, "of"));
          Check.that(places.add(place), () -> "membership must occur once, again was " + place);
        } else {
          Grant.Terms terms = terms(node, names);
          Check.that(
              unlimited.add(terms.unlimited()), () -> "grant must occur once, again was " + terms);
          grants.add(terms);
        }
      } catch (IllegalArgumentException | DateTimeException e) {
        throw new IllegalArgumentException("line " + (i + 1) + ": " + e.getMessage(), e);
      }
    }
    return new PermissionSet(roles, places, grants);
  }

  private static Grant.Terms terms(JsonNode node, Set<String> names) {
    Set<String> more = new HashSet<>(names);
    more.removeAll(GRANT);
    more.removeAll(LIMITS);
    Check.that(
        names.containsAll(GRANT) && more.isEmpty(),
        () ->
            "permission must be a role, a member of one, or a grant, had "
                + Check.shown(names.stream().sorted().toList().toString()));
    Subject holder = subject(string(node, "holder"));
    String action = string(node, "action");
    ResourcePattern resource = pattern(string(node, "resource"));
    String effect = string(node, "effect");
    Check.that(
        effect.equals("ALLOW") || effect.equals("DENY"),
        () -> "effect must be ALLOW or DENY, was '" + Check.shown(effect) + "'");
    Grant.Terms terms =
        effect.equals("ALLOW")
            ? Grant.allow(holder, action, resource)
            : Grant.deny(holder, action, resource);
    if (names.contains("expiresAt")) {
      terms = terms.until(Instant.parse(string(node, "expiresAt")));
    }
    if (names.contains("condition")) {
      terms = terms.when(ConditionJson.read(node.get("condition")));
    }
    if (names.contains("times")) {
      JsonNode times = node.get("times");
      Check.that(
          times.isIntegralNumber() && times.canConvertToLong(), "times must be a whole number");
      terms = terms.times(times.longValue());
    }
    return terms;
  }

  private static Set<String> names(JsonNode node) {
    Check.that(node.isObject(), "permission must be a JSON object");
    List<String> names = new ArrayList<>();
    node.fieldNames().forEachRemaining(names::add);
    return new HashSet<>(names);
  }

  private static String string(JsonNode node, String name) {
    Check.that(node.get(name).isTextual(), () -> name + " must be a text");
    return node.get(name).textValue();
  }

  private static Subject subject(String key) {
    int colon = colon(key, "subject");
    return Subject.of(key.substring(0, colon), key.substring(colon + 1));
  }

  private static ResourcePattern pattern(String key) {
    int colon = colon(key, "resource");
    return ResourcePattern.of(key.substring(0, colon), key.substring(colon + 1));
  }

  private static int colon(String key, String what) {
    int colon = key.indexOf(':');
    Check.that(colon > 0, () -> what + " must be TYPE:NAME, was '" + Check.shown(key) + "'");
    return colon;
  }
}
