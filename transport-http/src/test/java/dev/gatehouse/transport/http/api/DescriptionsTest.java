package dev.gatehouse.transport.http.api;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.gatehouse.Gatehouse;
import dev.gatehouse.json.Json;
import dev.gatehouse.storage.memory.MemoryStorage;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The OpenAPI descriptions say what the adapters do. */
class DescriptionsTest {
  private static final Pattern VARIABLE = Pattern.compile("\\{(\\w+)}");
  private static final Set<String> METHODS = Set.of("get", "post");

  private final Gatehouse gatehouse = Gatehouse.builder().storage(MemoryStorage.create()).build();
  private ApiServer server;

  @AfterEach
  void close() {
    if (server != null) {
      server.close();
    }
    gatehouse.close();
  }

  private WireAdapter adapter(String name) {
    return switch (name) {
      case "serendipity" -> SerendipityApi.builder(gatehouse).build();
      case "fateflow" -> FateFlowApi.builder(gatehouse).build();
      default -> XmagitalApi.builder(gatehouse).build();
    };
  }

  private JsonNode served(WireAdapter adapter) {
    server = new ApiServer(HttpApi.builder(gatehouse).serve(adapter).build());
    ApiServer.Answer answer = server.get("/openapi/" + adapter.name() + ".json");
    assertThat(answer.status()).isEqualTo(200);
    assertThat(answer.headers().get("Content-Type")).isEqualTo("application/json");
    return answer.json();
  }

  @ParameterizedTest
  @ValueSource(strings = {"serendipity", "fateflow", "xmagital"})
  void description_hasTheRoutes_theirVariablesAndTheirAccess(String name) {
    WireAdapter adapter = adapter(name);
    JsonNode description = served(adapter);
    assertThat(description.path("openapi").asText()).isEqualTo("3.1.0");
    Map<String, Route.Access> described = new TreeMap<>();
    for (Map.Entry<String, JsonNode> path : description.path("paths").properties()) {
      for (Map.Entry<String, JsonNode> method : path.getValue().properties()) {
        assertThat(METHODS).contains(method.getKey());
        boolean admin = method.getValue().at("/security/0").has("admin");
        described.put(
            method.getKey().toUpperCase(Locale.ROOT) + " " + path.getKey(),
            admin ? Route.Access.ADMINISTRATOR : Route.Access.ANYONE);
        assertThat(variables(method.getValue()))
            .isEqualTo(
                VARIABLE
                    .matcher(path.getKey())
                    .results()
                    .map(MatchResult::group)
                    .map(group -> group.substring(1, group.length() - 1))
                    .collect(Collectors.toCollection(TreeSet::new)));
      }
    }
    Map<String, Route.Access> served = new TreeMap<>();
    adapter
        .routes()
        .all()
        .forEach(route -> served.put(route.method() + " " + route.template(), route.access()));
    assertThat(described).isEqualTo(served);
  }

  private static Set<String> variables(JsonNode operation) {
    return StreamSupport.stream(operation.path("parameters").spliterator(), false)
        .filter(parameter -> parameter.path("in").asText().equals("path"))
        .map(parameter -> parameter.path("name").asText())
        .collect(Collectors.toCollection(TreeSet::new));
  }

  @ParameterizedTest
  @ValueSource(strings = {"serendipity", "fateflow", "xmagital"})
  void description_referencesLeadSomewhere_operationsAreNamedOnce(String name) {
    JsonNode description = served(adapter(name));
    List<String> references = new ArrayList<>();
    description.findValues("$ref").forEach(reference -> references.add(reference.asText()));
    assertThat(references)
        .isNotEmpty()
        .allSatisfy(
            reference ->
                assertThat(description.at(reference.substring(1)).isMissingNode()).isFalse());
    List<JsonNode> operations = description.findValues("operationId");
    assertThat(new HashSet<>(operations)).hasSameSizeAs(operations);
  }

  /** What a description says must be there is missed when it is left out. */
  @ParameterizedTest
  @ValueSource(strings = {"/mw/v1/audit/write", "/mw/v1/audit/find", "/mw/v1/event/find"})
  void description_requiredMembers_areRequired(String path) {
    WireAdapter adapter = adapter("xmagital");
    server =
        new ApiServer(
            HttpApi.builder(gatehouse)
                .serve(adapter)
                .administrators(AdminAuthenticator.EVERYBODY)
                .build());
    JsonNode schema =
        server
            .get("/openapi/xmagital.json")
            .json()
            .path("paths")
            .path(path)
            .at("/post/requestBody/content/application~1json/schema");
    com.fasterxml.jackson.databind.node.ObjectNode whole = Json.object();
    schema
        .path("required")
        .forEach(
            member -> {
              JsonNode property = schema.path("properties").path(member.asText());
              if (property.path("type").asText().equals("string")) {
                whole.put(member.asText(), "x");
              } else {
                whole.put(member.asText(), 1);
              }
            });
    assertThat(server.post(path, Json.write(whole)).status()).isEqualTo(200);
    for (JsonNode member : schema.path("required")) {
      com.fasterxml.jackson.databind.node.ObjectNode part = whole.deepCopy();
      part.remove(member.asText());
      assertThat(server.post(path, Json.write(part)).status()).as(member.asText()).isEqualTo(400);
    }
    whole.put("noSuchMember", 1);
    assertThat(server.post(path, Json.write(whole)).status()).isEqualTo(400);
  }
}
