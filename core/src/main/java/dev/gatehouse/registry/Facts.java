package dev.gatehouse.registry;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.gatehouse.json.Json;
import dev.gatehouse.transport.Headers;
import java.net.URI;
import java.net.URISyntaxException;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * What is recorded of something that is registered. Of texts in which third parties or the host may
 * keep secrets (queries of addresses, headers, parameters, metadata) a record says that they
 * changed, not what they are. Immutable.
 *
 * @param shown values
 * @param hidden texts that are compared only
 */
record Facts(Map<String, String> shown, Map<String, String> hidden) {
  Facts {
    shown = Map.copyOf(shown);
    hidden = Map.copyOf(hidden);
  }

  static Facts of(Application application) {
    Map<String, String> shown = new TreeMap<>();
    shown.put("retryPolicy", application.retryPolicy().spec());
    shown.put("status", application.status().name());
    application.callback().ifPresent(uri -> shown.put("callback", withoutSecrets(uri)));
    String callback = application.callback().map(URI::toString).orElse("");
    return new Facts(shown, Map.of("callback", callback, "remark", application.remark()));
  }

  static Facts of(Server server) {
    return new Facts(
        Map.of(
            "host", server.host(),
            "port", Integer.toString(server.port()),
            "protocol", server.protocol(),
            "weight", Integer.toString(server.weight())),
        Map.of("metadata", server.metadata().toString()));
  }

  static Facts of(Instance instance) {
    return new Facts(
        Map.of(
            "protocol", instance.protocol(),
            "weight", Integer.toString(instance.weight()),
            "lease", instance.lease().map(Object::toString).orElse("")),
        Map.of("metadata", instance.metadata().toString()));
  }

  static Facts of(Service service) {
    String uri = service.uri();
    int query = uri.indexOf('?');
    return new Facts(
        Map.of(
            "uri", query < 0 ? uri : uri.substring(0, query),
            "method", service.method(),
            "protocol", service.protocol().orElse("")),
        Map.of(
            "uri", uri,
            "params", service.params(),
            "data", service.data(),
            "headers", text(service.headers())));
  }

  /** With values, which its own text does not have. */
  private static String text(Headers headers) {
    return headers.fields().stream()
        .map(field -> field.name() + ": " + field.value())
        .collect(Collectors.joining("\n"));
  }

  /** Scheme, host, port and path. */
  private static String withoutSecrets(URI uri) {
    try {
      return new URI(uri.getScheme(), null, uri.getHost(), uri.getPort(), uri.getPath(), null, null)
          .toString();
    } catch (URISyntaxException e) {
      return "";
    }
  }

  /** Adds what was and what is; of a change, that of what differs. */
  static void describe(ObjectNode ext, @Nullable Facts before, @Nullable Facts after) {
    if (before == null || after == null) {
      if (before != null) {
        put(ext, "before", before, before.shown.keySet());
      }
      if (after != null) {
        put(ext, "after", after, after.shown.keySet());
      }
      return;
    }
    Set<String> names = new TreeSet<>(before.names());
    names.addAll(after.names());
    names.removeIf(name -> before.isAs(after, name));
    ArrayNode changed = ext.putArray("changed");
    names.forEach(changed::add);
    put(ext, "before", before, names);
    put(ext, "after", after, names);
  }

  private Set<String> names() {
    Set<String> names = new TreeSet<>(shown.keySet());
    names.addAll(hidden.keySet());
    return names;
  }

  private boolean isAs(Facts other, String name) {
    return Objects.equals(shown.get(name), other.shown.get(name))
        && Objects.equals(hidden.get(name), other.hidden.get(name));
  }

  private static void put(ObjectNode ext, String name, Facts facts, Set<String> wanted) {
    ObjectNode values = Json.object();
    new TreeMap<>(facts.shown)
        .forEach(
            (key, value) -> {
              if (wanted.contains(key)) {
                values.put(key, value);
              }
            });
    ext.set(name, values);
  }

  /** Names alone: the rest is for records. */
  @Override
  public String toString() {
    return "Facts of " + names();
  }
}
