package dev.gatehouse.hook;

import static java.util.Objects.requireNonNull;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.gatehouse.json.Json;
import dev.gatehouse.permission.FatePermissions.Dataset;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What a party is to run here, as the permission hook is told. Its text shows none of the
 * configuration. Immutable.
 *
 * @param srcRole the role of who sends it; null if it does not say
 * @param srcPartyId the party id of who sends it; null if it does not say
 * @param role the role that this party has in the job
 * @param partyId this party's id
 * @param initiator the text of a JSON object: role and party_id of who began the job
 * @param roles the text of a JSON object: the party ids by role
 * @param components names, in lower case, as often as they occur
 * @param datasets this party's inputs
 * @param configuration the texts of JSON objects
 */
public record JobRequest(
    @Nullable String srcRole,
    @Nullable String srcPartyId,
    String role,
    String partyId,
    String initiator,
    String roles,
    List<String> components,
    List<Dataset> datasets,
    Configuration configuration) {

  /**
   * How a job is to run. Immutable.
   *
   * @param runTimeConf the text of a JSON object
   * @param dsl the text of a JSON object
   * @param componentParameters the text of a JSON object: by module, a list of parameters
   */
  public record Configuration(String runTimeConf, String dsl, String componentParameters) {
    /** None. */
    public static final Configuration NONE = new Configuration("{}", "{}", "{}");

    /** Checks that each is a JSON object. */
    public Configuration {
      Json.validObject(requireNonNull(runTimeConf, "runTimeConf"), "runTimeConf");
      Json.validObject(requireNonNull(dsl, "dsl"), "dsl");
      Json.validObject(
          requireNonNull(componentParameters, "componentParameters"), "componentParameters");
    }

    @Override
    public String toString() {
      return "Configuration";
    }
  }

  /** Copies the lists and checks that what must be is a JSON object. */
  public JobRequest {
    requireNonNull(role, "role");
    requireNonNull(partyId, "partyId");
    Json.validObject(requireNonNull(initiator, "initiator"), "initiator");
    Json.validObject(requireNonNull(roles, "roles"), "roles");
    components = List.copyOf(components);
    datasets = List.copyOf(datasets);
    requireNonNull(configuration, "configuration");
  }

  /** The eleven members, in the order in which FATE Flow sends them. */
  ObjectNode json() {
    ObjectNode json = Json.object();
    json.put("src_role", srcRole);
    json.put("src_party_id", srcPartyId);
    json.put("role", role);
    json.put("party_id", partyId);
    json.set("initiator", parsed(initiator));
    json.set("roles", parsed(roles));
    ArrayNode names = json.putArray("component_list");
    components.forEach(names::add);
    ArrayNode inputs = json.putArray("dataset_list");
    datasets.forEach(
        dataset ->
            inputs.addObject().put("namespace", dataset.namespace()).put("name", dataset.name()));
    json.set("run_time_conf", parsed(configuration.runTimeConf()));
    json.set("dsl", parsed(configuration.dsl()));
    json.set("component_parameters", parsed(configuration.componentParameters()));
    return json;
  }

  private static JsonNode parsed(String text) {
    return Json.parse(text, "job");
  }

  @Override
  public String toString() {
    return "JobRequest of party " + srcPartyId + " to " + role + " " + partyId;
  }
}
