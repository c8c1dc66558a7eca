package dev.gatehouse.transport.http.api;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.NullNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.gatehouse.hook.JobRequest;
import dev.gatehouse.json.Json;
import dev.gatehouse.permission.FatePermissions.Dataset;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A job that a site asks this one to create, and what it would use here. Immutable.
 *
 * @param id of the job
 * @param role that this party is to play
 * @param party the party, as the path tells it
 * @param sourceParty who asks; null if the request does not tell
 * @param sourceRole the role of who asks; null if the request does not tell
 * @param body the job
 */
record FateJob(
    String id,
    String role,
    String party,
    @Nullable String sourceParty,
    @Nullable String sourceRole,
    JsonNode body) {
  private static final List<String> DSL = List.of("dsl", "f_dsl", "job_dsl");
  private static final List<String> CONFIGURATION =
      List.of("runtime_conf", "f_runtime_conf", "job_runtime_conf", "run_time_conf");
  private static final List<String> ROLES = List.of("roles", "f_roles");

  static FateJob of(Call call) {
    String role = FateGates.header(call.headers(), "SRC_ROLE").orElse("");
    // Peers of FATE read the one that upstream misspells.
    String other = FateGates.header(call.headers(), "SCR_ROLE").orElse("");
    String source = FateGates.header(call.headers(), "SRC_PARTY_ID").orElse("");
    String sourceRole = role.isEmpty() ? other : role;
    return new FateJob(
        call.variable("job_id"),
        call.variable("role"),
        call.variable("party_id"),
        source.isEmpty() ? null : source,
        sourceRole.isEmpty() ? null : sourceRole,
        FateJson.body(call));
  }

  /**
   * Refuses a job of which a host could run what was not judged: the same part under two names, or
   * a part that is no object.
   *
   * @throws RefusedException if it is such a job
   */
  void requireOneReading() {
    for (List<String> aliases : List.of(DSL, CONFIGURATION, ROLES)) {
      List<String> given = aliases.stream().filter(body::has).toList();
      require(given.size() <= 1, "the job must have one of " + given);
      for (String name : given) {
        require(body.path(name).isObject(), name + " must be an object");
      }
    }
    JsonNode components = dsl().path("components");
    require(components.isMissingNode() || components.isObject(), "components must be an object");
    for (JsonNode component : components) {
      require(component.path("module").isTextual(), "module of a component must be a string");
    }
  }

  private static void require(boolean holds, String otherwise) {
    if (!holds) {
      throw FateJson.refused("ValueError", otherwise);
    }
  }

  /** The modules of the job's components in lower case, as often as they occur. */
  List<String> components() {
    List<String> components = new ArrayList<>();
    for (JsonNode component : dsl().path("components")) {
      components.add(module(component));
    }
    return components;
  }

  private static String module(JsonNode component) {
    return component.path("module").asText("").toLowerCase(Locale.ROOT);
  }

  private JsonNode dsl() {
    return first(DSL);
  }

  private JsonNode configuration() {
    return first(CONFIGURATION);
  }

  private JsonNode roles() {
    JsonNode roles = first(ROLES);
    return roles.isObject() ? roles : configuration().path("role");
  }

  private JsonNode first(List<String> names) {
    for (String name : names) {
      if (body.path(name).isObject()) {
        return body.path(name);
      }
    }
    return FateJson.object();
  }

  /** The tables that this party's components read. */
  List<Dataset> datasets() {
    List<Dataset> datasets = new ArrayList<>();
    for (Map.Entry<String, JsonNode> component : dsl().path("components").properties()) {
      for (JsonNode parameters : parametersOf(component.getKey())) {
        JsonNode table = parameters.path("table");
        if (table.isObject()) {
          add(datasets, table);
        }
      }
    }
    return datasets;
  }

  private static void add(List<Dataset> datasets, JsonNode table) {
    try {
      Dataset dataset =
          new Dataset(table.path("namespace").asText(""), table.path("name").asText(""));
      if (!datasets.contains(dataset)) {
        datasets.add(dataset);
      }
    } catch (IllegalArgumentException e) {
      throw FateJson.refused(e);
    }
  }

  /** What the configuration says for a component of this party: common, and by its place. */
  private List<JsonNode> parametersOf(String component) {
    JsonNode parameters = configuration().path("component_parameters");
    List<JsonNode> found = new ArrayList<>();
    found.add(parameters.path("common").path(component));
    JsonNode byPlace = parameters.path("role").path(role);
    for (Map.Entry<String, JsonNode> entry : byPlace.properties()) {
      if (entry.getKey().equals("all") || isPlace(entry.getKey())) {
        found.add(entry.getValue().path(component));
      }
    }
    found.removeIf(JsonNode::isMissingNode);
    return found;
  }

  /**
   * Whether the party stands at one of the places, such as {@code 0|2}, among those of its role.
   */
  private boolean isPlace(String places) {
    JsonNode parties = roles().path(role);
    for (String place : places.split("\\|", -1)) {
      boolean number = place.matches("[0-9]{1,4}");
      if (number && parties.path(Integer.parseInt(place)).asText("").equals(party)) {
        return true;
      }
    }
    return false;
  }

  /** What a hook of permission is told. */
  JobRequest told() {
    ObjectNode initiator = FateJson.object();
    JsonNode stated = configuration().path("initiator");
    initiator.set("role", stated.has("role") ? stated.path("role") : named("initiator_role"));
    initiator.set(
        "party_id", stated.has("party_id") ? stated.path("party_id") : named("initiator_party_id"));
    return new JobRequest(
        sourceRole,
        sourceParty,
        role,
        party,
        Json.write(initiator),
        Json.write(roles().isObject() ? roles() : FateJson.object()),
        components(),
        datasets(),
        new JobRequest.Configuration(
            Json.write(configuration()), Json.write(dsl()), Json.write(parametersByModule())));
  }

  private JsonNode named(String name) {
    JsonNode plain = body.has(name) ? body.path(name) : body.path("f_" + name);
    return plain.isMissingNode() ? NullNode.getInstance() : plain;
  }

  private ObjectNode parametersByModule() {
    ObjectNode byModule = FateJson.object();
    for (Map.Entry<String, JsonNode> component : dsl().path("components").properties()) {
      List<JsonNode> parameters = parametersOf(component.getKey());
      byModule.withArray("/" + escaped(module(component.getValue()))).addAll(parameters);
    }
    return byModule;
  }

  private static String escaped(String name) {
    return name.replace("~", "~0").replace("/", "~1");
  }

  @Override
  public String toString() {
    return "FateJob " + id;
  }
}
