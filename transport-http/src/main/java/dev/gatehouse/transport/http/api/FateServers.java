package dev.gatehouse.transport.http.api;

import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.gatehouse.Gatehouse;
import dev.gatehouse.check.Check;
import dev.gatehouse.error.NotFoundException;
import dev.gatehouse.registry.Registry;
import dev.gatehouse.registry.Server;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.regex.Pattern;

/** Section 1.1 of FATE Flow: servers. Safe for use by multiple threads. */
final class FateServers {
  private static final int PAGE = 1_000;
  private static final int MAX_BODIES = 1_000;
  private static final int MAX_BODY = 4 << 10;
  private static final Pattern PORT = Pattern.compile("[0-9]{1,5}");

  private final Gatehouse gatehouse;
  private final String jobDefaults;

  /** What was registered, as it came: FATE answers so until it is started anew. */
  private final Map<String, JsonNode> bodies = new ConcurrentHashMap<>();

  FateServers(Gatehouse gatehouse, String jobDefaults) {
    this.gatehouse = gatehouse;
    this.jobDefaults = jobDefaults;
  }

  private Registry registry() {
    return gatehouse.registry();
  }

  ApiResponse register(Call call) {
    JsonNode body = FateJson.body(call);
    String name = call.variable("name");
    registry().register(server(name, body));
    String key = key(name);
    bodies.remove(key);
    if (bodies.size() < MAX_BODIES && call.body().length <= MAX_BODY) {
      bodies.put(key, body);
    }
    return FateJson.success();
  }

  /**
   * The server that a body tells.
   *
   * @throws RefusedException if it tells none
   */
  static Server server(String name, JsonNode body) {
    // However it is registered, it must be found again: by a path that holds its name.
    if (!RequestPath.isSegment(name)) {
      throw FateJson.refused(
          "ValueError",
          "server_name must be a segment of a path without \\, ; and %, was " + Check.shown(name));
    }
    try {
      Server server = Server.named(name).at(FateJson.text(body, "host"), port(body.path("port")));
      return body.hasNonNull("protocol")
          ? server.protocol(FateJson.text(body, "protocol"))
          : server;
    } catch (IllegalArgumentException e) {
      throw FateJson.refused(e);
    }
  }

  static int port(JsonNode port) {
    if (!(port.isIntegralNumber() || port.isTextual()) || !PORT.matcher(port.asText()).matches()) {
      throw FateJson.refused("ValueError", "port must be in 1..65535");
    }
    return Integer.parseInt(port.asText());
  }

  private static String key(String name) {
    return name.toUpperCase(Locale.ROOT);
  }

  ApiResponse get(Call call) {
    Optional<Server> server = registry().findServer(call.variable("name"));
    return server.isEmpty() ? FateJson.success() : FateJson.success(entry(server.get()));
  }

  private JsonNode entry(Server server) {
    JsonNode body = bodies.get(key(server.name()));
    return body != null && tells(body, server) ? body : stored(server);
  }

  /** Whether nobody has moved the server since. */
  private static boolean tells(JsonNode body, Server server) {
    return server.host().equals(body.path("host").asText())
        && server.port() == port(body.path("port"))
        && server.protocol().equalsIgnoreCase(body.path("protocol").asText("http"));
  }

  private static ObjectNode stored(Server server) {
    return FateJson.object()
        .put("host", server.host())
        .put("port", server.port())
        .put("protocol", server.protocol());
  }

  /** All there are, page by page as they are written, for they may be many. */
  ApiResponse all(Call call) {
    // A storage that fails should fail before the answer has begun.
    List<Server> first = registry().servers("", PAGE);
    return ApiResponse.streaming(200, FateJson.HEADERS, out -> write(first, out));
  }

  private void write(List<Server> first, OutputStream out) throws IOException {
    try (JsonGenerator json = FateJson.generator(out)) {
      json.writeStartObject();
      json.writeObjectFieldStart("data");
      List<Server> page = first;
      while (!page.isEmpty()) {
        for (Server server : page) {
          json.writeFieldName(key(server.name()));
          json.writeTree(entry(server));
        }
        page =
            page.size() < PAGE
                ? List.of()
                : registry().servers(page.get(page.size() - 1).name(), PAGE);
      }
      json.writeEndObject();
      json.writeNumberField("retcode", 0);
      json.writeStringField("retmsg", "success");
      json.writeEndObject();
      json.writeRaw('\n');
    }
  }

  /** Answers what the storage has from now on, as FATE does. */
  ApiResponse reload(Call call) {
    bodies.clear();
    ObjectNode data = FateJson.object();
    data.set("job_default_config", FateJson.read(bytes(jobDefaults)));
    data.putNull("server_registry");
    return FateJson.success(data);
  }

  ApiResponse jobDefaults(Call call) {
    return FateJson.success(FateJson.read(bytes(jobDefaults)));
  }

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  /** FATE tells of its own servers here, and there are none. */
  ApiResponse instances(Call call) {
    ObjectNode holder = FateJson.object();
    return FateJson.success(holder.putArray("data"));
  }

  ApiResponse version(Call call) {
    JsonNode body = FateJson.read(call.body());
    ObjectNode data = FateJson.object().put("API", "v1");
    String module = body.path("module").asText("FATEFlow");
    if (module.equals("FATEFlow")) {
      data.put(module, FateFlowApi.VERSION);
    }
    return FateJson.success(data);
  }

  ApiResponse delete(Call call) {
    JsonNode body = FateServices.arguments(call, "server_name");
    try {
      registry().removeServer(FateJson.text(body, "server_name"));
      bodies.remove(key(FateJson.text(body, "server_name")));
      return FateJson.answer2(200, 0, "success", null);
    } catch (NotFoundException e) {
      throw FateServices.notThere();
    }
  }
}
