package dev.gatehouse.permission;

import dev.gatehouse.check.Check;
import dev.gatehouse.permission.PermissionSet.Place;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/** Casbin's policy form of permissions, as {@link PermissionSet} describes it. */
final class CasbinPolicy {
  private static final int MAX_FIELDS = 8;

  private final String subjectType;
  private final String resourceType;

  CasbinPolicy(String subjectType, String resourceType) {
    this.subjectType = Names.type(subjectType, "type of subject");
    this.resourceType = Names.type(resourceType, "type of resource");
    Check.that(!subjectType.equals(Subject.ROLE), "type of subject must not be 'role'");
  }

  private record Line(int number, List<String> fields) {
    String field(int index) {
      return fields.get(index);
    }
  }

  PermissionSet read(String csv) {
    List<Line> lines = lines(csv);
    Set<String> roles = new LinkedHashSet<>();
    lines.stream()
        .filter(line -> line.field(0).equals("g"))
        .forEach(line -> roles.add(line.field(2)));
    Set<Place> places = new LinkedHashSet<>();
    Set<Grant.Terms> grants = new LinkedHashSet<>();
    for (Line line : lines) {
      try {
        Subject subject = subject(line.field(1), roles);
        boolean added =
            line.field(0).equals("g")
                ? places.add(new Place(subject, line.field(2)))
                : grants.add(terms(subject, line.fields()));
        Check.that(added, "each line must occur once");
      } catch (IllegalArgumentException e) {
        throw failure(line.number, e);
      }
    }
    return new PermissionSet(roles, places, grants);
  }

  private Subject subject(String name, Set<String> roles) {
    return roles.contains(name) ? Subject.role(name) : Subject.of(subjectType, name);
  }

  private Grant.Terms terms(Subject holder, List<String> fields) {
    ResourcePattern resource = pattern(fields.get(2));
    boolean denies = fields.size() == 5 && fields.get(4).equals("deny");
    return denies
        ? Grant.deny(holder, fields.get(3), resource)
        : Grant.allow(holder, fields.get(3), resource);
  }

  private ResourcePattern pattern(String object) {
    if (object.equals(Names.ANY)) {
      return ResourcePattern.every(resourceType);
    }
    ResourcePattern pattern =
        ResourcePattern.of(resourceType, object.startsWith("/") ? object.substring(1) : object);
    Check.that(
        isPlain(pattern),
        () -> "object must hold no star but a last '**', was '" + Check.shown(object) + "'");
    return pattern;
  }

  private static boolean isPlain(ResourcePattern pattern) {
    return !List.of(pattern.steps()).contains(Names.ANY);
  }

  private static List<Line> lines(String csv) {
    List<Line> lines = new ArrayList<>();
    List<String> texts = csv.lines().toList();
    for (int i = 0; i < texts.size(); i++) {
      String text = texts.get(i).strip();
      if (text.isEmpty() || text.startsWith("#")) {
        continue;
      }
      try {
        lines.add(new Line(i + 1, checked(fields(text))));
      } catch (IllegalArgumentException e) {
        throw failure(i + 1, e);
      }
    }
    return lines;
  }

  private static IllegalArgumentException failure(int number, IllegalArgumentException e) {
    return new IllegalArgumentException("line " + number + ": " + e.getMessage(), e);
  }

  private static List<String> checked(List<String> fields) {
    int size = fields.size();
    switch (fields.get(0)) {
      case "p" -> {
        Check.that(
            size == 4 || size == 5,
            () ->
                "p must have subject, object, action and perhaps allow or deny, had "
                    + (size - 1)
                    + " fields; domains are not supported");
        String effect = size == 5 ? fields.get(4) : "allow";
        Check.that(
            effect.equals("allow") || effect.equals("deny"),
            () ->
                "effect must be allow or deny, was '"
                    + Check.shown(effect)
                    + "'; domains are not supported");
      }
      case "g" ->
          Check.that(
              size == 3,
              () ->
                  "g must have member and role, had "
                      + (size - 1)
                      + " fields; domains are not supported");
      default ->
          throw new IllegalArgumentException(
              "line must begin with p or g, was '" + Check.shown(fields.get(0)) + "'");
    }
    return fields;
  }

  /** The fields of a line, with the blanks around them gone, but for those in quotes. */
  private static List<String> fields(String line) {
    List<String> fields = new ArrayList<>();
    int at = 0;
    while (at <= line.length()) {
      Check.that(fields.size() < MAX_FIELDS, "line must have at most " + MAX_FIELDS + " fields");
      int start = at;
      while (start < line.length() && line.charAt(start) == ' ') {
        start++;
      }
      if (start < line.length() && line.charAt(start) == '"') {
        at = quoted(line, start + 1, fields);
      } else {
        int comma = line.indexOf(',', start);
        int end = comma < 0 ? line.length() : comma;
        String field = line.substring(start, end).strip();
        Check.that(field.indexOf('"') < 0, "quotes must stand around a whole field");
        fields.add(field);
        at = end + 1;
      }
    }
    return fields;
  }

  /** Adds what stands in quotes, two for one inside; the index after the comma behind them. */
  private static int quoted(String line, int start, List<String> fields) {
    StringBuilder field = new StringBuilder();
    int at = start;
    while (true) {
      Check.that(at < line.length(), "quotes must be closed");
      char c = line.charAt(at++);
      if (c != '"') {
        field.append(c);
      } else if (at < line.length() && line.charAt(at) == '"') {
        field.append('"');
        at++;
      } else {
        break;
      }
    }
    int comma = line.indexOf(',', at);
    int end = comma < 0 ? line.length() : comma;
    Check.that(line.substring(at, end).isBlank(), "quotes must stand around a whole field");
    fields.add(field.toString());
    return end + 1;
  }

  String write(PermissionSet set) {
    Set<String> roles = new HashSet<>();
    set.places().forEach(place -> roles.add(place.role()));
    for (String role : set.roles()) {
      Check.that(
          roles.contains(role),
          () ->
              "role '"
                  + Check.shown(role)
                  + "' must have members, or it would be read as a subject");
    }
    StringBuilder text = new StringBuilder();
    for (Grant.Terms terms : set.grants()) {
      Check.that(
          terms.equals(terms.unlimited()), () -> "grant must be without limits, was " + terms);
      text.append("p, ")
          .append(name(terms.holder(), roles))
          .append(", ")
          .append(field(object(terms.resource())))
          .append(", ")
          .append(field(terms.action()))
          .append(terms.effect() == Effect.DENY ? ", deny\n" : "\n");
    }
    for (Place place : set.places()) {
      text.append("g, ")
          .append(name(place.member(), roles))
          .append(", ")
          .append(field(place.role()))
          .append('\n');
    }
    return text.toString();
  }

  private String name(Subject subject, Set<String> roles) {
    Check.that(
        subject.isRole() || subject.type().equals(subjectType),
        () -> "subject must be a role or a " + subjectType + ", was " + subject);
    Check.that(
        subject.isRole() == roles.contains(subject.name()),
        () ->
            "subject must not be named as a role is, and a role must have members, was " + subject);
    return field(subject.name());
  }

  private String object(ResourcePattern resource) {
    Check.that(
        resource.type().equals(resourceType) && isPlain(resource),
        () ->
            "resource must be a "
                + resourceType
                + " without a star but a last '**', was "
                + resource);
    return resource.path();
  }

  /** In quotes if it would be read otherwise without. */
  private static String field(String text) {
    boolean plain = text.indexOf(',') < 0 && text.indexOf('"') < 0 && !text.startsWith("#");
    return plain ? text : "\"" + text.replace("\"", "\"\"") + "\"";
  }
}
