package dev.gatehouse.reader;

import com.fasterxml.jackson.databind.JsonNode;
import dev.gatehouse.check.Check;
import dev.gatehouse.json.Json;
import dev.gatehouse.transport.Response;
import java.util.Locale;
import java.util.Optional;
import java.util.regex.Pattern;

/** What a third party answers to uploads and queries. Immutable. */
record JobAnswer(JsonNode json) {
  private static final int MAX_JOB_ID = 256;
  private static final Pattern JOB_ID = Pattern.compile("[\\P{Cntrl}]{1," + MAX_JOB_ID + "}");

  /**
   * The answer, if it is a JSON object, and whole: what a transport left may read otherwise than
   * what was meant.
   */
  static Optional<JobAnswer> of(Response response) {
    if (response.isTruncated()) {
      return Optional.empty();
    }
    try {
      return Optional.of(new JobAnswer(Json.parse(response.body(), "answer")))
          .filter(answer -> answer.json.isObject());
    } catch (IllegalArgumentException e) {
      return Optional.empty();
    }
  }

  /** Throws if there is a code that is not the integer 0. */
  void requireNoOtherCode(String stage) {
    if (json.has("code")) {
      requireCode(stage);
    }
  }

  /** Throws unless the code is the integer 0. */
  void requireCode(String stage) {
    JsonNode code = json.path("code");
    if (!code.isIntegralNumber() || code.bigIntegerValue().signum() != 0) {
      String shown = code.isMissingNode() ? "none" : Check.shown(Json.write(code));
      throw ReadingFailedException.forGood(stage + " return: code " + shown + message());
    }
  }

  /** As the answer has it, {@code message} by the documents, or {@code msg} as hooks say it. */
  private String message() {
    JsonNode message = json.has("message") ? json.path("message") : json.path("msg");
    return message.isTextual() ? ", " + Check.shown(message.textValue()) : "";
  }

  /** The id of the job, which may be a number. */
  String jobId() {
    JsonNode id = json.path("data").path("jobId");
    String text = id.isTextual() || id.isIntegralNumber() ? id.asText() : "";
    if (!JOB_ID.matcher(text).matches()) {
      throw ReadingFailedException.forGood(
          "upload return: data.jobId must be a text of 1.."
              + MAX_JOB_ID
              + " characters or an integer");
    }
    return text;
  }

  /** In lower case: {@code data.status}, as FATE reads it, else {@code status}, as documented. */
  Optional<String> status() {
    return dataStatus().or(() -> lowered(json.path("status")));
  }

  /** In lower case: {@code data.status} alone, all that counts where the answer is an error. */
  Optional<String> dataStatus() {
    return lowered(json.path("data").path("status"));
  }

  private static Optional<String> lowered(JsonNode status) {
    return status.isTextual()
        ? Optional.of(status.textValue().strip().toLowerCase(Locale.ROOT))
        : Optional.empty();
  }
}
