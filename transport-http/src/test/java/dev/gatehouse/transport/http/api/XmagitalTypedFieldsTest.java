package dev.gatehouse.transport.http.api;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.gatehouse.audit.AuditField;
import dev.gatehouse.audit.AuditOptions;
import dev.gatehouse.audit.AuditQuery;
import dev.gatehouse.audit.AuditRecord;
import dev.gatehouse.audit.AuditRules;
import dev.gatehouse.json.Json;
import dev.gatehouse.testing.fixture.VirtualGatehouse;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The typed fields and the analyzer of a host's audit log, over a socket. */
class XmagitalTypedFieldsTest {
  private static final String WRITE = "/mw/v1/audit/write";
  private static final String FIND = "/mw/v1/audit/find";
  private static final AuditField<String> CODE = AuditField.keyword("code");
  private static final AuditField<String> NOTE = AuditField.text("note");
  private static final AuditField<Long> AMOUNT = AuditField.number("amount");
  private static final AuditField<Double> RATE = AuditField.decimal("rate");
  private static final AuditField<Instant> DUE = AuditField.time("due");
  private static final AuditField<Boolean> PAID = AuditField.flag("paid");
  private static final AuditRules RULES =
      AuditRules.builder()
          .field(CODE)
          .field(NOTE)
          .field(AMOUNT)
          .field(RATE)
          .field(DUE)
          .field(PAID)
          .analyzer("slashes/1", text -> Arrays.asList(text.split("(?<!^)/(?!$)")))
          .build();

  private final VirtualGatehouse virtual =
      VirtualGatehouse.create(
          builder -> builder.audit(AuditOptions.builder().rules(RULES).build()));
  private final ApiServer server =
      new ApiServer(
          HttpApi.builder(virtual.gatehouse())
              .serve(XmagitalApi.builder(virtual.gatehouse()).clock(virtual.clock()).build())
              .administrators(AdminAuthenticator.EVERYBODY)
              .clock(virtual.clock())
              .build());

  @AfterEach
  void close() {
    server.close();
    virtual.close();
  }

  private static ObjectNode record(String content) {
    return Json.object()
        .put("optType", 1)
        .put("resultType", 0)
        .put("content", content)
        .put("sourceNode", "n1")
        .put("namespace", "a")
        .put("severity", "low");
  }

  private ApiServer.Answer write(ObjectNode record) {
    return server.post(WRITE, Json.write(record));
  }

  private ApiServer.Answer ask(String fields, String field, String operator, String... values) {
    return server.post(
        FIND,
        "{\"startTime\":0,\"endTime\":9999999999999,\"fields\":["
            + fields
            + "],\"filter\":{\"expr\":[{\"field\":\""
            + field
            + "\",\"operator\":\""
            + operator
            + "\",\"value\":["
            + String.join(",", values)
            + "]}]}}");
  }

  private List<String> found(String field, String operator, String... values) {
    ApiServer.Answer answer = ask("\"content\"", field, operator, values);
    assertThat(answer.status()).as(answer.text()).isEqualTo(200);
    List<String> contents = new ArrayList<>();
    answer.at("/result/records").forEach(one -> contents.add(one.path("content").asText()));
    return contents;
  }

  @Test
  void everyType_isWrittenFoundAndTold() {
    ObjectNode full =
        record("full")
            .put("code", "A-1")
            .put("note", "paid/by cheque")
            .put("amount", 9_007_199_254_740_993L)
            .put("rate", 0.1)
            .put("due", "2030-01-02T03:04:05.006Z")
            .put("paid", true);
    assertThat(write(full).status()).isEqualTo(200);
    assertThat(write(record("bare").putNull("code")).status()).isEqualTo(200);

    assertThat(found("code", "Equal", "\"A-1\"")).containsExactly("full");
    assertThat(found("code", "NotExists")).containsExactly("bare");
    assertThat(found("code", "Like", "\"A%\"")).containsExactly("full");
    assertThat(found("note", "Match", "\"by cheque\"")).containsExactly("full");
    assertThat(found("note", "Match", "\"cheque\"")).as("the host's words").isEmpty();
    assertThat(found("note", "MatchPhrase", "\"paid/by cheque\"")).containsExactly("full");
    assertThat(found("amount", "Equal", "\"9007199254740993\"")).containsExactly("full");
    assertThat(found("amount", "GreaterThan", "9007199254740992")).containsExactly("full");
    assertThat(found("amount", "Equal", "9007199254740992")).isEmpty();
    assertThat(found("rate", "Between", "0.1", "0.10")).containsExactly("full");
    assertThat(found("due", "LessThanOrEqual", "\"2030-01-02T03:04:05.006Z\""))
        .containsExactly("full");
    assertThat(found("due", "LessThan", "1893553445006")).isEmpty();
    assertThat(found("paid", "Equal", "\"true\"")).containsExactly("full");
    JsonNode told =
        ask(
                "\"code\",\"note\",\"amount\",\"rate\",\"due\",\"paid\"",
                "paid",
                "InList",
                "true",
                "false")
            .at("/result/records/0");
    assertThat(told)
        .isEqualTo(
            Json.parse(
                "{\"code\":\"A-1\",\"note\":\"paid/by cheque\",\"amount\":9007199254740993,"
                    + "\"rate\":0.1,\"due\":1893553445006,\"paid\":true}",
                "record"));
  }

  /** As queries take them. */
  @Test
  void valuesThatAreToldAsText_areTakenByTheirType() {
    ObjectNode texts =
        record("texts")
            .put("code", 12)
            .put("amount", "-7")
            .put("rate", "2.5e3")
            .put("due", 5)
            .put("paid", "false");
    assertThat(write(texts).status()).isEqualTo(200);
    AuditRecord kept =
        virtual
            .gatehouse()
            .audit()
            .find(AuditQuery.between(Instant.EPOCH, virtual.now()))
            .records()
            .get(0);
    assertThat(kept.value(CODE)).contains("12");
    assertThat(kept.value(AMOUNT)).contains(-7L);
    assertThat(kept.value(RATE)).contains(2_500.0);
    assertThat(kept.value(DUE)).contains(Instant.ofEpochMilli(5));
    assertThat(kept.value(PAID)).contains(false);
    assertThat(kept.value(NOTE)).isEmpty();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "code | true | code must be a string, was 'true'",
        "code | {\"a\":1} | code must be a string, was '{\"a\":1}'",
        "note | [\"a\"] | note must be a string, was '[\"a\"]'",
        "amount | 1.5 | amount must be a whole number of 64 bits, was '1.5'",
        "amount | 9223372036854775808 | amount must be a whole number of 64 bits, was"
            + " '9223372036854775808'",
        "amount | 1e999999999 | amount must be a whole number of 64 bits, was '1E+999999999'",
        "amount | \"x\" | amount must be a whole number of 64 bits, was '\"x\"'",
        "rate | 1e400 | rate must be a number that a double holds, was '1E+400'",
        "rate | 1e-400 | rate must be a number that a double holds, was '1E-400'",
        "rate | 0.10000000000000000001 | rate must be a number that a double holds, was"
            + " '0.10000000000000000001'",
        "due | \"soon\" | due must be a time: whole milliseconds, or ISO 8601, was '\"soon\"'",
        "due | -1 | due must be in 1970-01-01T00:00:00Z..9999-12-31T23:59:59.999Z, was"
            + " 1969-12-31T23:59:59.999Z",
        "paid | 1 | paid must be a boolean, was '1'",
        "unknown | 1 | there is no 'unknown' here"
      })
  void whatIsNoneOfTheField_refusedAndNothingWritten(String field, String value, String message) {
    ObjectNode record = record("bad").put("code", "kept");
    record.set(field, Json.parse(value, "value"));
    ApiServer.Answer answer = write(record);
    assertThat(answer.status()).isEqualTo(400);
    assertThat(answer.at("/message").asText()).isEqualTo(message);
    assertThat(found("namespace", "Equal", "\"a\"")).isEmpty();
  }

  @Test
  void query_ofAFieldThatNobodyKnows_refused() {
    ApiServer.Answer filter = ask("\"content\"", "unknown", "Exists");
    assertThat(filter.status()).isEqualTo(400);
    assertThat(filter.at("/type").asText()).isEqualTo("UNKNOWN_FIELD");
    ApiServer.Answer fields = ask("\"unknown\"", "code", "Exists");
    assertThat(fields.at("/type").asText()).isEqualTo("UNKNOWN_FIELD");
    assertThat(ask("\"content\"", "paid", "Like", "\"t%\"").at("/type").asText())
        .isEqualTo("BAD_OPERATOR");
  }
}
