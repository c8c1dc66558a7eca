package dev.gatehouse.transport.http.api;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.gatehouse.check.Check;
import dev.gatehouse.error.ConflictException;
import dev.gatehouse.permission.FatePermissions;
import dev.gatehouse.permission.FatePermissions.Dataset;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The permission routes of FATE Flow. Safe for use by multiple threads. */
final class FateGrants {
  private final @Nullable FatePermissions permissions;

  FateGrants(@Nullable FatePermissions permissions) {
    this.permissions = permissions;
  }

  private FatePermissions permissions() {
    if (permissions == null) {
      throw FateJson.refused(
          "Exception",
          "No permission controller is found, please check whether the switch of permission control"
              + " is turned on");
    }
    return permissions;
  }

  ApiResponse grant(Call call) {
    JsonNode body = arguments(call);
    try {
      permissions().grant(FateJson.scalar(body, "party_id"), components(body), datasets(body));
    } catch (ConflictException e) {
      throw FateJson.refused("Exception", String.valueOf(e.getMessage()));
    } catch (IllegalArgumentException e) {
      throw FateJson.refused(e);
    }
    return FateJson.success();
  }

  ApiResponse delete(Call call) {
    JsonNode body = arguments(call);
    try {
      permissions().delete(FateJson.scalar(body, "party_id"), components(body), datasets(body));
    } catch (IllegalArgumentException e) {
      throw FateJson.refused(e);
    }
    return FateJson.success();
  }

  ApiResponse query(Call call) {
    JsonNode body = arguments(call);
    FatePermissions.Held held;
    try {
      held = permissions().query(FateJson.scalar(body, "party_id"));
    } catch (IllegalArgumentException e) {
      throw FateJson.refused(e);
    }
    ObjectNode data = FateJson.object();
    ArrayNode components = data.putArray("component");
    held.components().forEach(components::add);
    ArrayNode datasets = data.putArray("dataset");
    held.datasets()
        .forEach(
            dataset ->
                datasets
                    .addObject()
                    .put("name", dataset.name())
                    .put("namespace", dataset.namespace()));
    return FateJson.success(data);
  }

  /** A switch within the body that made a grant a removal is refused: nobody means that. */
  private JsonNode arguments(Call call) {
    permissions();
    JsonNode body = FateJson.body(call);
    FateJson.require(body, "party_id");
    if (body.has("is_delete")) {
      throw FateJson.refused("ValueError", "is_delete is not taken: use the other route");
    }
    return body;
  }

  private static String components(JsonNode body) {
    return body.hasNonNull("component") ? FateJson.text(body, "component") : "";
  }

  private static List<Dataset> datasets(JsonNode body) {
    JsonNode given = body.path("dataset");
    if (given.isMissingNode() || given.isNull()) {
      return List.of();
    }
    if (given.isTextual() && given.textValue().equals("*")) {
      return List.of(Dataset.ALL);
    }
    if (!given.isObject() && !given.isArray()) {
      throw FateJson.refused(
          "ValueError", "permission type dataset value " + Check.shown(given.asText()) + " error");
    }
    List<Dataset> datasets = new ArrayList<>();
    Iterable<JsonNode> each = given.isArray() ? given : List.of(given);
    for (JsonNode one : each) {
      datasets.add(new Dataset(one.path("namespace").asText(""), one.path("name").asText("")));
    }
    return datasets;
  }
}
