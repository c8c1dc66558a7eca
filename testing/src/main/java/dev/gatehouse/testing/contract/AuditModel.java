package dev.gatehouse.testing.contract;

import static java.util.Objects.requireNonNull;

import dev.gatehouse.audit.AuditField;
import dev.gatehouse.audit.AuditRecord;
import dev.gatehouse.audit.AuditRules;
import java.math.BigDecimal;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Random;
import java.util.StringTokenizer;
import java.util.function.Function;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Random records and queries, and the shortest true meaning of the filter language to judge them
 * by. It shares no code with the engine. Not safe: confine to one thread.
 */
final class AuditModel {
  private static final List<String> WORDS =
      List.of(
          "login",
          "failed",
          "User",
          "LOGIN",
          "a_b",
          "50%",
          "\u767b\u5f55\u5931\u8d25",
          "\ud83d\ude00",
          "\uff21b");
  private static final List<String> KEYS =
      List.of("", "a", "A", "b%", "\ud83d\ude00", "\uffee", "12");
  private static final List<String> EXTS =
      List.of(
          "1",
          "1.50",
          "-7e2",
          "\"a\"",
          "\"12\"",
          "true",
          "[]",
          "null",
          "[1,\"a\",[2.0]]",
          "{\"c\":1}");
  private static final List<BigDecimal> NUMBERS =
      Stream.of("-1", "0", "1", "2", "1.0", "0.5", "0.1", "-2.25", "0.10000000000000001")
          .map(BigDecimal::new)
          .toList();
  private static final List<String> OPERATORS =
      List.of(
          "Equal",
          "NotEqual",
          "InList",
          "NotInList",
          "GreaterThan",
          "GreaterThanOrEqual",
          "LessThan",
          "LessThanOrEqual",
          "Between",
          "NotBetween",
          "Like",
          "Match",
          "MatchPhrase",
          "Exists",
          "NotExists");
  private static final List<String> FIELDS =
      List.of(
          "id",
          "time",
          "optType",
          "resultType",
          "content",
          "message",
          "sourceNode",
          "namespace",
          "severity",
          "user",
          "requestId",
          "service",
          "ext.a",
          "ext.b.c",
          "code",
          "note",
          "amount",
          "rate",
          "due",
          "paid");
  private static final AuditField<String> CODE = AuditField.keyword("code");
  private static final AuditField<String> NOTE = AuditField.text("note");
  private static final AuditField<Long> AMOUNT = AuditField.number("amount");
  private static final AuditField<Double> RATE = AuditField.decimal("rate");
  private static final AuditField<Instant> DUE = AuditField.time("due");
  private static final AuditField<Boolean> PAID = AuditField.flag("paid");

  /** Whose words are compared. */
  enum Splitting {
    /** As the language has them: as far as the words go that random text is made of. */
    STANDARD {
      @Override
      String words(String text) {
        return text.replace('\uff21', 'a')
            .toLowerCase(Locale.ROOT)
            .replaceAll("([\\u4e00-\\u9fff])", " $1 ")
            .replaceAll("[^a-z0-9\\u4e00-\\u9fff]+", " ");
      }
    },

    /** Of a host's that ends words at blanks only, and for which two words are the same. */
    OF_A_HOST {
      @Override
      String words(String text) {
        return text.replaceAll("[ ,\n]+", " ").replace("failed", "User");
      }
    };

    abstract String words(String text);

    /** The words with one blank around each. */
    String spaced(Object text) {
      return (" " + words(text.toString()) + " ").replaceAll(" +", " ");
    }

    AuditRules rules() {
      AuditRules.Builder rules =
          AuditRules.builder()
              .field(CODE)
              .field(NOTE)
              .field(AMOUNT)
              .field(RATE)
              .field(DUE)
              .field(PAID);
      return this == STANDARD ? rules.build() : rules.analyzer("model/1", Splitting::split).build();
    }

    private static List<String> split(String text) {
      List<String> words = new ArrayList<>();
      for (StringTokenizer all = new StringTokenizer(text, " ,\n"); all.hasMoreTokens(); ) {
        String word = all.nextToken();
        words.add(word.equals("failed") ? "User" : word);
      }
      return words;
    }
  }

  private final Random random;
  private final long start;
  private final Splitting splitting;

  AuditModel(Random random, long startMillis, Splitting splitting) {
    this.random = random;
    this.start = startMillis;
    this.splitting = splitting;
  }

  /** A test of a field. */
  private record Test(String field, String operator, List<Object> values) {}

  /** Tests and sub-filters. */
  private record Tree(boolean or, List<Test> tests, List<Tree> trees) {}

  /** A query. */
  record Question(long startMillis, long endMillis, int maxSize, Tree tree, Splitting splitting) {
    boolean wants(AuditRecord record) {
      long millis = record.time().orElseThrow().toEpochMilli();
      return millis >= Math.min(startMillis, endMillis)
          && millis <= Math.max(startMillis, endMillis)
          && holds(tree, record, splitting);
    }

    String json() {
      return "{\"startTime\":"
          + startMillis
          + ",\"endTime\":"
          + endMillis
          + ",\"maxSize\":"
          + maxSize
          + ",\"filter\":"
          + text(tree)
          + "}";
    }
  }

  private <T> T pick(List<T> list) {
    return list.get(random.nextInt(list.size()));
  }

  private String phrase(int words) {
    List<String> picked = new ArrayList<>();
    for (int i = 0; i < words; i++) {
      picked.add(pick(WORDS));
    }
    return String.join(pick(List.of(" ", ", ", "\n")), picked);
  }

  AuditRecord randomRecord() {
    AuditRecord.Builder record =
        AuditRecord.of(random.nextInt(4) - 1, random.nextInt(3), phrase(random.nextInt(5)))
            .time(
                Instant.ofEpochMilli(start + random.nextInt(30)).plusNanos(random.nextInt(999_999)))
            .sourceNode(pick(KEYS))
            .namespace(pick(KEYS))
            .severity(pick(KEYS));
    if (random.nextBoolean()) {
      record.user(pick(KEYS)).service(pick(KEYS));
    }
    if (random.nextBoolean()) {
      record.requestId(pick(KEYS));
    }
    if (random.nextInt(3) > 0) {
      record.ext("{\"a\":" + pick(EXTS) + ",\"b\":{\"c\":" + pick(EXTS) + "}}");
    }
    addTyped(record);
    return record.build();
  }

  private void addTyped(AuditRecord.Builder record) {
    if (random.nextBoolean()) {
      record.set(CODE, pick(KEYS)).set(AMOUNT, random.nextLong(4) - 1);
    }
    if (random.nextBoolean()) {
      record.set(NOTE, phrase(random.nextInt(4)));
    }
    if (random.nextBoolean()) {
      record.set(RATE, pick(List.of(0.5, 1.0, -2.25, 0.1))).set(PAID, random.nextBoolean());
    }
    if (random.nextBoolean()) {
      record.set(DUE, Instant.ofEpochMilli(start + random.nextInt(30)).plusNanos(5));
    }
  }

  Question randomQuestion() {
    long from = start - 2 + random.nextInt(34);
    long to = start - 2 + random.nextInt(34);
    return new Question(from, to, 1 + random.nextInt(40), randomTree(0), splitting);
  }

  private Tree randomTree(int depth) {
    List<Test> tests = new ArrayList<>();
    List<Tree> trees = new ArrayList<>();
    for (int i = random.nextInt(3); i > 0; i--) {
      tests.add(randomTest());
    }
    for (int i = depth < 3 ? random.nextInt(3) : 0; i > 0; i--) {
      trees.add(randomTree(depth + 1));
    }
    if (tests.isEmpty() && trees.isEmpty()) {
      tests.add(randomTest());
    }
    return new Tree(random.nextBoolean(), tests, trees);
  }

  private Test randomTest() {
    while (true) {
      String field = pick(FIELDS);
      String operator = pick(OPERATORS);
      int arity =
          operator.endsWith("Exists")
              ? 0
              : operator.endsWith("Between")
                  ? 2
                  : operator.endsWith("InList") ? random.nextInt(4) + 1 : 1;
      boolean ordered = arity == 2 || operator.contains("Than");
      boolean match = operator.startsWith("Match");
      boolean text = isText(field);
      boolean number = field.endsWith("Type") || field.equals("amount") || field.equals("rate");
      boolean time = field.equals("time") || field.equals("due");
      boolean flag = field.equals("paid");
      boolean like = operator.equals("Like");
      if ((text && ordered)
          || (number && like)
          || (time && (like || match))
          || (flag && (like || match || ordered))) {
        continue;
      }
      List<Object> values = new ArrayList<>();
      for (int i = 0; i < arity; i++) {
        Object value =
            number
                ? pick(NUMBERS)
                : time ? new BigDecimal(start + random.nextInt(30)) : randomValue(field, text);
        boolean odd =
            (like && !(value instanceof String))
                || (value instanceof Boolean && (ordered || match));
        values.add(
            like && !odd
                ? pick(List.of("%", "a%", "%_", "%o%i%", "a\\_b", "_%d", "%\n%"))
                : odd ? "a" : value);
      }
      return new Test(field, operator, values);
    }
  }

  private static boolean isText(String field) {
    return field.equals("content") || field.equals("message") || field.equals("note");
  }

  private Object randomValue(String field, boolean text) {
    if (field.equals("paid")) {
      return pick(List.<Object>of(true, false, "true", "false"));
    }
    if (field.equals("id")) {
      return Integer.toString(random.nextInt(250));
    }
    if (text) {
      return phrase(random.nextInt(3));
    }
    return field.startsWith("ext")
        ? pick(List.of(BigDecimal.ONE, new BigDecimal("1.5"), new BigDecimal("2"), "a", "12", true))
        : pick(KEYS);
  }

  private static boolean holds(Tree tree, AuditRecord record, Splitting splitting) {
    boolean tests = tree.tests.stream().allMatch(test -> holds(test, record, splitting));
    return tests
        && (tree.trees.isEmpty()
            || (tree.or
                ? tree.trees.stream().anyMatch(sub -> holds(sub, record, splitting))
                : tree.trees.stream().allMatch(sub -> holds(sub, record, splitting))));
  }

  private static boolean holds(Test test, AuditRecord record, Splitting splitting) {
    boolean negative = test.operator.startsWith("Not");
    String operator = negative ? test.operator.substring(3) : test.operator;
    Splitting words = isText(test.field) ? splitting : null;
    List<Object> sought =
        test.field.equals("paid")
            ? test.values.stream().<Object>map(value -> Boolean.valueOf("" + value)).toList()
            : test.values;
    return negative
        != values(test.field, record).stream().anyMatch(x -> holds(operator, x, sought, words));
  }

  /** By the splitting of a text, which others have none of. */
  private static boolean holds(
      String operator, Object x, List<Object> values, @Nullable Splitting text) {
    List<Integer> signs = values.stream().map(value -> compare(x, value)).toList();
    return switch (operator) {
      case "Exists" -> true;
      case "Equal", "InList" -> signs.contains(0);
      case "GreaterThan" -> signs.get(0) == 1;
      case "GreaterThanOrEqual" -> signs.get(0) == 1 || signs.get(0) == 0;
      case "LessThan" -> signs.get(0) == -1;
      case "LessThanOrEqual" -> signs.get(0) == -1 || signs.get(0) == 0;
      case "Between" ->
          List.of(0, 1).contains(signs.get(0)) && List.of(0, -1).contains(signs.get(1));
      case "Like" -> x instanceof String s && like((String) values.get(0)).matcher(s).matches();
      case "Match" ->
          text != null
              ? Arrays.stream(text.spaced(values.get(0)).trim().split(" +"))
                  .anyMatch(word -> !word.isEmpty() && text.spaced(x).contains(" " + word + " "))
              : signs.contains(0);
      case "MatchPhrase" ->
          text != null
              ? !text.spaced(values.get(0)).isBlank()
                  && text.spaced(x).contains(text.spaced(values.get(0)))
              : signs.contains(0);
      default -> throw new IllegalArgumentException(operator);
    };
  }

  /** -1, 0, 1, or 9 for two of different kinds. */
  private static int compare(Object x, Object y) {
    if (x instanceof BigDecimal a && y instanceof BigDecimal b) {
      return a.compareTo(b);
    }
    if (x instanceof String a && y instanceof String b) {
      return Integer.signum(Arrays.compare(a.codePoints().toArray(), b.codePoints().toArray()));
    }
    return x.equals(y) ? 0 : 9;
  }

  private static Pattern like(String pattern) {
    StringBuilder regex = new StringBuilder();
    for (int i = 0; i < pattern.length(); i++) {
      char c = pattern.charAt(i);
      regex.append(
          c == '%'
              ? ".*"
              : c == '_' ? "." : Pattern.quote("" + (c == '\\' ? pattern.charAt(++i) : c)));
    }
    return Pattern.compile(regex.toString(), Pattern.DOTALL);
  }

  private static List<Object> values(String field, AuditRecord record) {
    Map<String, Function<AuditRecord, Object>> texts =
        Map.of(
            "id", r -> Long.toString(r.id()),
            "content", AuditRecord::content,
            "message", AuditRecord::content,
            "sourceNode", AuditRecord::sourceNode,
            "namespace", AuditRecord::namespace,
            "severity", AuditRecord::severity,
            "time", r -> BigDecimal.valueOf(r.time().orElseThrow().toEpochMilli()),
            "optType", r -> BigDecimal.valueOf(r.operationType()),
            "resultType", r -> BigDecimal.valueOf(r.resultType()));
    return switch (field) {
      case "user" -> List.copyOf(record.user().stream().toList());
      case "requestId" -> List.copyOf(record.requestId().stream().toList());
      case "service" -> List.copyOf(record.service().stream().toList());
      case "ext.a" -> record.ext().map(ext -> ext(ext.substring(5))).orElse(List.of());
      case "ext.b.c" ->
          record
              .ext()
              .map(ext -> ext(ext.substring(ext.indexOf("\"b\":{\"c\":") + 9)))
              .orElse(List.of());
      case "code" -> List.copyOf(record.value(CODE).stream().toList());
      case "note" -> List.copyOf(record.value(NOTE).stream().toList());
      case "amount" -> List.copyOf(record.value(AMOUNT).map(BigDecimal::valueOf).stream().toList());
      case "rate" -> List.copyOf(record.value(RATE).map(BigDecimal::valueOf).stream().toList());
      case "due" ->
          List.copyOf(
              record.value(DUE).map(due -> BigDecimal.valueOf(due.toEpochMilli())).stream()
                  .toList());
      case "paid" -> List.copyOf(record.value(PAID).stream().toList());
      default -> List.of(requireNonNull(texts.get(field), field).apply(record));
    };
  }

  /** The values of the one of {@link #EXTS} with which the text begins. */
  private static List<Object> ext(String json) {
    String value =
        EXTS.stream()
            .filter(json::startsWith)
            .max(Comparator.comparing(String::length))
            .orElseThrow();
    return switch (value) {
      case "[]", "null" -> List.of();
      case "true" -> List.of(true);
      case "[1,\"a\",[2.0]]" -> List.of(BigDecimal.ONE, "a", new BigDecimal(2));
      case "{\"c\":1}" -> List.of(new Object());
      default ->
          value.startsWith("\"")
              ? List.of(value.replace("\"", ""))
              : List.of(new BigDecimal(value));
    };
  }

  private static String text(Tree tree) {
    String tests = tree.tests.stream().map(AuditModel::text).collect(Collectors.joining(","));
    String trees = tree.trees.stream().map(AuditModel::text).collect(Collectors.joining(","));
    return "{\"op\":\""
        + (tree.or ? "or" : "AND")
        + "\",\"expr\":["
        + tests
        + "],\"subFilter\":["
        + trees
        + "]}";
  }

  private static String text(Test test) {
    String values =
        test.values.stream()
            .map(value -> value instanceof String s ? quoted(s) : value.toString())
            .collect(Collectors.joining(","));
    return "{\"field\":\""
        + test.field
        + "\",\"operator\":\""
        + test.operator
        + "\",\"value\":["
        + values
        + "]}";
  }

  private static String quoted(String text) {
    return "\"" + text.replace("\\", "\\\\").replace("\n", "\\n") + "\"";
  }
}
