package dev.gatehouse.benchmarks;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/** The results as JSON: {@code {"machine":{...},"versions":{...},"results":[...]}}. */
final class ResultsFile {
  private static final ObjectMapper MAPPER = new ObjectMapper();

  private ResultsFile() {}

  static String json(
      Map<String, String> machine, Map<String, String> versions, List<Result> results) {
    ObjectNode root = MAPPER.createObjectNode();
    ObjectNode machineNode = root.putObject("machine");
    machine.forEach(machineNode::put);
    ObjectNode versionsNode = root.putObject("versions");
    versions.forEach(versionsNode::put);
    ArrayNode list = root.putArray("results");
    for (Result result : results) {
      Statistics statistics = result.statistics();
      list.addObject()
          .put("area", result.area())
          .put("case", result.caseName())
          .put("subject", result.subject())
          .put("unit", result.unit())
          .put("median", statistics.median())
          .put("min", statistics.min())
          .put("max", statistics.max())
          .put("rounds", statistics.count());
    }
    return root.toPrettyString() + "\n";
  }

  /** Writes a file whole or not at all, with the directories above it. */
  static void write(Path file, String text) throws IOException {
    Path target = file.toAbsolutePath();
    Path directory = target.getParent();
    if (directory == null) {
      throw new IOException("no file can have that name: " + file);
    }
    Files.createDirectories(directory);
    Path draft = Files.createTempFile(directory, "." + target.getFileName(), ".tmp");
    Files.write(draft, text.getBytes(StandardCharsets.UTF_8));
    Files.move(draft, target, java.nio.file.StandardCopyOption.REPLACE_EXISTING);
  }
}
