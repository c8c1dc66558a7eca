package dev.gatehouse.registry;

import static java.util.Objects.requireNonNull;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.gatehouse.check.Check;
import dev.gatehouse.json.Json;
import dev.gatehouse.transport.Headers;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * A question for services by what they hold. Each condition names a column and the values of which
 * it must be one; all conditions must hold. A condition without values, like a question without
 * conditions, finds nothing.
 *
 * <pre>{@code
 * registry.services(ServiceQuery.where(Column.SERVICE, List.of("upload", "download")));
 * }</pre>
 *
 * Immutable.
 */
public final class ServiceQuery {
  /** Most values in a condition. */
  public static final int MAX_VALUES = 1_000;

  /** Most conditions. */
  public static final int MAX_CONDITIONS = 32;

  /** What a condition is about, and the text that its values are. */
  public enum Column {
    /** The server's name, in any case. */
    SERVER,
    /** The service's name, in any case. */
    SERVICE,
    /** The url, exactly. */
    URL,
    /** The method, in any case. */
    METHOD,
    /** The params: equal JSON. */
    PARAMS,
    /** The data: equal JSON. */
    DATA,
    /** The headers: equal to the JSON object that holds them by name. */
    HEADERS,
    /** When it was first registered, in epoch milliseconds. */
    CREATED_AT,
    /** When it was last registered otherwise than before, in epoch milliseconds. */
    UPDATED_AT
  }

  private record Condition(Column column, Set<Object> values) {
    boolean holds(LocatedService found) {
      return values.contains(of(found, column));
    }

    private static Object of(LocatedService found, Column column) {
      Service service = found.service();
      return switch (column) {
        case SERVER -> RegistryStore.nameKey(service.server());
        case SERVICE -> RegistryStore.nameKey(service.name());
        case URL -> found.url();
        case METHOD -> service.method();
        case PARAMS -> Json.parse(service.params(), "params");
        case DATA -> Json.parse(service.data(), "data");
        case HEADERS -> json(service.headers());
        case CREATED_AT -> service.createdAt().orElseThrow().toEpochMilli();
        case UPDATED_AT -> service.updatedAt().orElseThrow().toEpochMilli();
      };
    }

    static Condition of(Column column, Collection<String> values) {
      Set<Object> comparable =
          values.stream().map(value -> of(value, column)).collect(Collectors.toUnmodifiableSet());
      return new Condition(column, comparable);
    }

    private static Object of(String value, Column column) {
      return switch (column) {
        case SERVER, SERVICE -> RegistryStore.nameKey(value);
        case URL -> value;
        case METHOD -> value.toUpperCase(Locale.ROOT);
        case PARAMS, DATA, HEADERS -> parsed(value, column);
        case CREATED_AT, UPDATED_AT -> millis(value, column);
      };
    }

    private static JsonNode parsed(String value, Column column) {
      Check.range(value.length(), 0, Service.MAX_TEXT * 2, "length of a value of " + column);
      return Json.parse(value, "value of " + column);
    }

    private static Long millis(String value, Column column) {
      try {
        return Long.valueOf(value);
      } catch (NumberFormatException e) {
        throw new IllegalArgumentException(
            "value of " + column + " must be epoch milliseconds, was '" + Check.shown(value) + "'");
      }
    }

    private static ObjectNode json(Headers headers) {
      ObjectNode json = Json.object();
      headers.fields().forEach(field -> json.put(field.name(), field.value()));
      return json;
    }
  }

  private final List<Condition> conditions;
  private final String afterServer;
  private final String afterService;
  private final int limit;

  private ServiceQuery(
      List<Condition> conditions, String afterServer, String afterService, int limit) {
    this.conditions = conditions;
    this.afterServer = afterServer;
    this.afterService = afterService;
    this.limit = limit;
  }

  /**
   * A question with one condition.
   *
   * @param values at most 1,000
   * @throws IllegalArgumentException if a value is not of the column's form
   */
  public static ServiceQuery where(Column column, Collection<String> values) {
    return new ServiceQuery(List.of(), "", "", RegistryStore.MAX_LIMIT).and(column, values);
  }

  /**
   * This question with one more condition, of at most 32.
   *
   * @param values at most 1,000
   * @throws IllegalArgumentException if a value is not of the column's form
   */
  public ServiceQuery and(Column column, Collection<String> values) {
    requireNonNull(column, "column");
    Check.range(requireNonNull(values, "values").size(), 0, MAX_VALUES, "number of values");
    Check.range(conditions.size() + 1, 1, MAX_CONDITIONS, "number of conditions");
    List<Condition> all = new ArrayList<>(conditions);
    all.add(Condition.of(column, values));
    return new ServiceQuery(List.copyOf(all), afterServer, afterService, limit);
  }

  /** This question for the page after that service, by the registry's order of services. */
  public ServiceQuery after(String server, String service) {
    return new ServiceQuery(
        conditions, requireNonNull(server, "server"), requireNonNull(service, "service"), limit);
  }

  /** This question for at most so many services, 1..1000. Default 1,000. */
  public ServiceQuery limit(int value) {
    int valid = Check.range(value, 1, RegistryStore.MAX_LIMIT, "limit");
    return new ServiceQuery(conditions, afterServer, afterService, valid);
  }

  boolean finds(LocatedService service) {
    return conditions.stream().allMatch(condition -> condition.holds(service));
  }

  String afterServer() {
    return afterServer;
  }

  String afterService() {
    return afterService;
  }

  int limit() {
    return limit;
  }
}
