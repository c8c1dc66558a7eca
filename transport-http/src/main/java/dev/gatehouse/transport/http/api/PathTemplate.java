package dev.gatehouse.transport.http.api;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Matches paths with templates such as <code>/v1/server/{name}/get</code>. */
final class PathTemplate {
  private PathTemplate() {}

  static @Nullable Map<String, String> match(String template, List<String> segments) {
    Map<String, String> variables = new HashMap<>();
    int at = 0;
    int from = 1;
    while (from <= template.length()) {
      int slash = template.indexOf('/', from);
      int to = slash < 0 ? template.length() : slash;
      if (at == segments.size()) {
        return null;
      }
      String segment = segments.get(at);
      if (template.charAt(from) == '{') {
        variables.put(template.substring(from + 1, to - 1), segment);
      } else if (!template.regionMatches(from, segment, 0, Math.max(segment.length(), to - from))) {
        return null;
      }
      at++;
      from = to + 1;
    }
    return at == segments.size() ? variables : null;
  }

  static boolean isFixed(String template) {
    return template.indexOf('{') < 0;
  }
}
