package dev.gatehouse.transport.http.api;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/**
 * The fields of a query, {@code a=1&b=2}, decoded. A name that is repeated is refused: of two
 * values one reader takes the first and another the last.
 *
 * @param fields by name
 */
record Query(Map<String, String> fields) {
  private static final int MAX_FIELDS = 64;

  Query {
    fields = Map.copyOf(fields);
  }

  static Query of(String raw) {
    Map<String, String> fields = new LinkedHashMap<>();
    if (raw.isEmpty()) {
      return new Query(fields);
    }
    for (String pair : raw.split("&", -1)) {
      int equals = pair.indexOf('=');
      String name = decoded(equals < 0 ? pair : pair.substring(0, equals));
      String value = equals < 0 ? "" : decoded(pair.substring(equals + 1));
      if (!pair.isEmpty() && fields.put(name, value) != null) {
        throw new RefusedException(Refusal.MALFORMED_REQUEST, "the query repeats a name");
      }
    }
    if (fields.size() > MAX_FIELDS) {
      throw new RefusedException(
          Refusal.MALFORMED_REQUEST, "the query has more than " + MAX_FIELDS + " fields");
    }
    return new Query(fields);
  }

  private static String decoded(String text) {
    return RequestPath.decoded(text.replace('+', ' '), "the query");
  }

  Optional<String> find(String name) {
    return Optional.ofNullable(fields.get(name));
  }
}
