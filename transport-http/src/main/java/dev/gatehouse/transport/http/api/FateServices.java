package dev.gatehouse.transport.http.api;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.gatehouse.Gatehouse;
import dev.gatehouse.check.Check;
import dev.gatehouse.error.NotFoundException;
import dev.gatehouse.registry.LocatedService;
import dev.gatehouse.registry.Registration;
import dev.gatehouse.registry.Server;
import dev.gatehouse.registry.Service;
import dev.gatehouse.registry.ServiceQuery;
import dev.gatehouse.registry.ServiceQuery.Column;
import dev.gatehouse.transport.Headers;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.ZoneId;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Sections 1.2 and 1.3 of FATE Flow, services, and the removals of its second version. Safe for use
 * by multiple threads.
 */
final class FateServices {
  private static final Set<String> ARGUMENTS =
      Set.of(
          "server_name", "service_name", "uri", "method", "protocol", "params", "data", "headers");
  private static final Map<String, Column> COLUMNS =
      Map.of(
          "server_name", Column.SERVER,
          "service_name", Column.SERVICE,
          "url", Column.URL,
          "method", Column.METHOD,
          "params", Column.PARAMS,
          "data", Column.DATA,
          "headers", Column.HEADERS,
          "create_time", Column.CREATED_AT,
          "update_time", Column.UPDATED_AT);
  private static final int PAGE = 1_000;

  private final Gatehouse gatehouse;
  private final ZoneId zone;
  private final FateFlowApi.@Nullable Reachability bulk;

  FateServices(Gatehouse gatehouse, ZoneId zone, FateFlowApi.@Nullable Reachability bulk) {
    this.gatehouse = gatehouse;
    this.zone = zone;
    this.bulk = bulk;
  }

  ApiResponse register(Call call) {
    JsonNode body = FateJson.read(call.body());
    if (body.isMissingNode()) {
      throw FateJson.refused("TypeError", "argument of type 'NoneType' is not iterable");
    }
    if (!body.isObject()) {
      throw FateJson.refused("TypeError", "the body must be a JSON object");
    }
    if (!body.has("server_name")) {
      return registerMany(body);
    }
    requireArguments(body);
    String server = FateJson.text(body, "server_name");
    try {
      gatehouse.registry().register(service(server, FateJson.text(body, "service_name"), body));
    } catch (NotFoundException e) {
      throw FateJson.refused("Exception", "no found server " + server);
    } catch (IllegalArgumentException e) {
      throw FateJson.refused(e);
    }
    return FateJson.success(FateJson.object());
  }

  private static void requireArguments(JsonNode body) {
    for (Iterator<String> names = body.fieldNames(); names.hasNext(); ) {
      String name = names.next();
      if (name.equals("server_info")) {
        throw FateJson.refused(
            "ValueError", "server_info is not taken: register the server before");
      }
      if (!ARGUMENTS.contains(name)) {
        throw FateJson.refused(
            "TypeError",
            "ServiceRegistry.save_service_info() got an unexpected keyword argument '"
                + Check.shown(name)
                + "'");
      }
    }
    for (String name : List.of("service_name", "uri")) {
      if (!body.has(name)) {
        throw FateJson.refused(
            "TypeError",
            "ServiceRegistry.save_service_info() missing 1 required positional argument: '"
                + name
                + "'");
      }
    }
  }

  private static Service service(String server, String name, JsonNode body) {
    Service service = Service.named(name).on(server).uri(FateJson.text(body, "uri"));
    if (body.has("method")) {
      service = service.method(FateJson.text(body, "method"));
    }
    if (body.hasNonNull("protocol")) {
      service = service.protocol(FateJson.text(body, "protocol"));
    }
    if (body.hasNonNull("params")) {
      service = service.params(object(body, "params"));
    }
    if (body.hasNonNull("data")) {
      service = service.data(object(body, "data"));
    }
    return body.hasNonNull("headers") ? service.headers(headers(body.path("headers"))) : service;
  }

  private static String object(JsonNode body, String name) {
    if (!body.path(name).isObject()) {
      throw FateJson.refused("ValueError", name + " must be an object");
    }
    return FateJson.unsorted(body.path(name));
  }

  private static Headers headers(JsonNode node) {
    List<Headers.Field> fields = new ArrayList<>();
    for (Map.Entry<String, JsonNode> entry : node.properties()) {
      fields.add(new Headers.Field(entry.getKey(), FateJson.scalar(node, entry.getKey())));
    }
    return Headers.of(fields);
  }

  /** Section 1.3: whole or, if one server cannot be reached, not at all. */
  private ApiResponse registerMany(JsonNode body) {
    if (bulk == null) {
      throw FateJson.refused("Exception", "bulk registration is off: server_name must be given");
    }
    List<Server> servers = new ArrayList<>();
    List<Service> services = new ArrayList<>();
    try {
      for (Map.Entry<String, JsonNode> entry : body.properties()) {
        Server server = FateServers.server(entry.getKey(), entry.getValue());
        servers.add(server);
        for (Map.Entry<String, JsonNode> api : entry.getValue().path("api").properties()) {
          services.add(service(entry.getKey(), api.getKey(), api.getValue()));
        }
      }
      Registration registration = new Registration(servers, List.of(), services);
      servers.forEach(server -> requireReachable(server, bulk));
      gatehouse.registry().register(registration);
    } catch (IllegalArgumentException e) {
      throw FateJson.refused(e);
    }
    return FateJson.success(FateJson.object());
  }

  private static void requireReachable(Server server, FateFlowApi.Reachability reachability) {
    if (!reachability.connects(server.host(), server.port())) {
      throw FateJson.refused(
          "ConnectionRefusedError",
          "connection refused: host " + server.host() + ", port " + server.port());
    }
  }

  ApiResponse query(Call call) {
    JsonNode body = FateJson.body(call);
    FateJson.require(body, "service_name");
    ObjectNode data = FateJson.object();
    ArrayNode rows = data.putArray("service_info");
    ServiceQuery query = question(body);
    if (query != null) {
      List<LocatedService> page;
      do {
        page = gatehouse.registry().services(query);
        page.forEach(found -> rows.add(row(found)));
        if (!page.isEmpty()) {
          Service last = page.get(page.size() - 1).service();
          query = query.after(last.server(), last.name());
        }
      } while (page.size() == PAGE);
    }
    return FateJson.success(data);
  }

  /** What is asked for; null if nothing is. */
  private static @Nullable ServiceQuery question(JsonNode body) {
    ServiceQuery query = null;
    try {
      for (Map.Entry<String, JsonNode> entry : body.properties()) {
        String name = entry.getKey();
        Column column = COLUMNS.get(name.startsWith("f_") ? name.substring(2) : name);
        if (column == null || entry.getValue().isNull()) {
          continue;
        }
        List<String> values = values(entry.getValue(), column);
        query = query == null ? ServiceQuery.where(column, values) : query.and(column, values);
      }
    } catch (IllegalArgumentException e) {
      throw FateJson.refused(e);
    }
    return query;
  }

  private static List<String> values(JsonNode node, Column column) {
    List<String> values = new ArrayList<>();
    Iterable<JsonNode> nodes = node.isArray() ? node : List.of(node);
    for (JsonNode value : nodes) {
      boolean json = column == Column.PARAMS || column == Column.DATA || column == Column.HEADERS;
      values.add(json ? FateJson.write(value) : value.asText());
    }
    return values;
  }

  private ObjectNode row(LocatedService found) {
    Service service = found.service();
    Instant created = service.createdAt().orElse(Instant.EPOCH);
    Instant updated = service.updatedAt().orElse(Instant.EPOCH);
    ObjectNode headers = FateJson.object();
    service.headers().fields().forEach(field -> headers.put(field.name(), field.value()));
    ObjectNode row =
        FateJson.object()
            .put("f_create_date", date(created))
            .put("f_create_time", created.toEpochMilli())
            .put("f_method", service.method())
            .put("f_server_name", service.server())
            .put("f_service_name", service.name())
            .put("f_update_date", date(updated))
            .put("f_update_time", updated.toEpochMilli())
            .put("f_url", url(found));
    row.set("f_data", tree(service.data()));
    row.set("f_headers", headers);
    row.set("f_params", tree(service.params()));
    return row;
  }

  /** FATE puts the address together when the service is registered, and leaves it so. */
  private static String url(LocatedService found) {
    return found
        .service()
        .origin()
        .map(origin -> origin + found.service().uri())
        .orElse(found.url());
  }

  private String date(Instant instant) {
    return instant.atZone(zone).format(DueTime.LOCAL);
  }

  private static JsonNode tree(String json) {
    return FateJson.read(json.getBytes(StandardCharsets.UTF_8));
  }

  /**
   * The arguments of a removal.
   *
   * @throws RefusedException if the body is no JSON object or one is missing, in the words of
   *     version 2
   */
  static JsonNode arguments(Call call, String... names) {
    JsonNode body = FateJson.body(call);
    for (String name : names) {
      if (!body.path(name).isTextual()) {
        ObjectNode data = FateJson.object();
        data.putObject("json").putArray(name).add("Missing data for required field.");
        throw new RefusedException(
            Refusal.INVALID,
            "argument missing: " + name,
            FateJson.answer2(200, 5001, "Invalid request.", data));
      }
    }
    return body;
  }

  /** Version 2 calls it code 0 nevertheless. */
  static RefusedException notThere() {
    return new RefusedException(
        Refusal.INVALID,
        "what is to be removed is not there",
        FateJson.answer2(200, 0, "failed", null));
  }

  ApiResponse delete(Call call) {
    JsonNode body = arguments(call, "server_name", "service_name");
    try {
      gatehouse
          .registry()
          .removeService(FateJson.text(body, "server_name"), FateJson.text(body, "service_name"));
      return FateJson.answer2(200, 0, "success", null);
    } catch (NotFoundException e) {
      throw notThere();
    }
  }
}
