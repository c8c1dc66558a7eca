package dev.gatehouse.reader;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.gatehouse.json.Json;
import dev.gatehouse.scheduler.IfTaken;
import dev.gatehouse.scheduler.Task;
import java.time.Duration;

/**
 * Where a reading stands, as the content of its task: all that another process needs to go on.
 * Immutable.
 *
 * @param jobId the third party's id of the job; empty before the upload
 * @param instance the address of the instance that took it; empty before, and if any may be asked
 * @param polls how often it was asked
 */
record Step(Reading reading, Progress.Stage stage, String jobId, String instance, int polls) {
  /** What handlers of readings are named before the feed's name. */
  static final String HANDLER = "gatehouse.reader.";

  /** Beside the time of a transfer, for what comes before and after it. */
  private static final Duration MARGIN = Duration.ofSeconds(30);

  static Step first(Reading reading) {
    return new Step(reading, Progress.Stage.UPLOAD, "", "", 0);
  }

  Step uploaded(String id, String by) {
    return new Step(reading, Progress.Stage.QUERY, id, by, 0);
  }

  Step polled() {
    return new Step(reading, stage, jobId, instance, polls + 1);
  }

  Step ready() {
    return new Step(reading, Progress.Stage.DOWNLOAD, jobId, instance, polls);
  }

  /** The task that takes this step. */
  Task task(ReaderOptions options) {
    Duration time =
        stage == Progress.Stage.QUERY ? options.queryTimeout() : options.transferTimeout();
    Duration ample = time.plus(MARGIN);
    return Task.of(reading.number())
        .handler(HANDLER + reading.feed())
        .name("reading from " + reading.server())
        .content(Json.write(json()))
        .timeout(ample.compareTo(Task.MAX_TIMEOUT) > 0 ? Task.MAX_TIMEOUT : ample)
        .retryPolicy(options.retryPolicy());
  }

  /** The same task, which waits again when the step before has ended. */
  Task next(ReaderOptions options) {
    return task(options).ifTaken(IfTaken.SUPERSEDE);
  }

  private ObjectNode json() {
    Reading.Request request = reading.request();
    Reading.Format format = reading.format();
    ObjectNode json = Json.object().put("number", request.number()).put("server", request.server());
    json.put("feed", request.feed()).put("argument", request.argument());
    json.put("parameters", request.parameters()).put("maxPolls", request.polls());
    json.put("idColumn", format.idColumn()).put("idDelimiter", format.idDelimiter());
    json.put("head", format.head().name()).put("key", format.key().name());
    json.put("width", format.width().name());
    return json.put("stage", stage.name())
        .put("jobId", jobId)
        .put("instance", instance)
        .put("polls", polls);
  }

  /**
   * The step of a task's content.
   *
   * @throws IllegalArgumentException if it is none, as of a later version
   */
  static Step parse(String content) {
    JsonNode json = Json.parse(content, "reading");
    Reading.Request request =
        new Reading.Request(
            text(json, "number"),
            text(json, "server"),
            text(json, "feed"),
            text(json, "argument"),
            text(json, "parameters"),
            json.path("maxPolls").intValue());
    Reading.Format format =
        new Reading.Format(
            text(json, "idColumn"),
            text(json, "idDelimiter"),
            Reading.Head.valueOf(text(json, "head")),
            Reading.Key.valueOf(text(json, "key")),
            Reading.Width.valueOf(text(json, "width")));
    return new Step(
        new Reading(request, format),
        Progress.Stage.valueOf(text(json, "stage")),
        text(json, "jobId"),
        json.path("instance").asText(""),
        json.path("polls").intValue());
  }

  private static String text(JsonNode json, String name) {
    JsonNode value = json.path(name);
    if (!value.isTextual()) {
      throw new IllegalArgumentException("reading must have a text " + name);
    }
    return value.textValue();
  }
}
