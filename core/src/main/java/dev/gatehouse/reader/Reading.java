package dev.gatehouse.reader;

import static java.util.Objects.requireNonNull;

import dev.gatehouse.check.Check;
import dev.gatehouse.json.Json;
import dev.gatehouse.registry.Server;
import java.util.function.UnaryOperator;
import java.util.regex.Pattern;

/**
 * What is to be read from whom: FATE Flow's ApiReader by its parameters. Immutable: each method
 * returns a new one.
 *
 * <pre>{@code
 * Reading.of("202201010000000000010").from("features").by("scores")
 *     .parameters("{\"stat_month\": \"202201\"}")
 * }</pre>
 */
public final class Reading {
  /** Most times that the third party is asked whether it is done. */
  public static final int MAX_POLLS = 100_000;

  /** Longest parameters and longest argument, in chars. */
  public static final int MAX_TEXT = 4_096;

  static final Pattern FEED = Pattern.compile("[A-Za-z0-9._-]{1,40}");

  /** Whether the first line of a download names the columns. */
  public enum Head {
    /** It does. */
    FIRST_LINE,
    /** It is a row as the others. */
    NONE
  }

  /** What a row's key is. */
  public enum Key {
    /** Its first value. */
    FIRST_VALUE,
    /**
     * One that is made for it, the same whenever the download is repeated; the line, whole, is its
     * one value. FATE's {@code extend_sid}.
     */
    MADE
  }

  /** How many values a row has. */
  public enum Width {
    /** As many as the first line, or the reading fails: so a row that was cut off is noticed. */
    AS_HEADER,
    /** Any number. */
    ANY
  }

  /**
   * How the file is made up.
   *
   * @param idColumn the first line of what is uploaded
   */
  record Format(String idColumn, String idDelimiter, Head head, Key key, Width width) {
    static final Format DEFAULT =
        new Format("sid", ",", Head.FIRST_LINE, Key.FIRST_VALUE, Width.AS_HEADER);

    /** Whether a row's values can be counted and compared with the first line's. */
    boolean isWidthKnown() {
      return head == Head.FIRST_LINE
          && key == Key.FIRST_VALUE
          && width == Width.AS_HEADER
          && idDelimiter.equals(",");
    }
  }

  /** Who reads what. */
  record Request(
      String number, String server, String feed, String argument, String parameters, int polls) {}

  private final Request request;
  private final Format format;

  Reading(Request request, Format format) {
    this.request = request;
    this.format = format;
  }

  /**
   * A reading with that number, which the third party is told as {@code job_id}: 1..64 characters,
   * unique among the tasks of the host's own, of which it is one.
   */
  public static Numbered of(String number) {
    return new Numbered(Check.text(number, 1, 64, "number"));
  }

  /** A reading of which the server is still to be said. Immutable. */
  public static final class Numbered {
    private final String number;

    private Numbered(String number) {
      this.number = number;
    }

    /** From the services {@code upload}, {@code query} and {@code download} of that server. */
    public Located from(String server) {
      return new Located(number, Check.name(server, Server.MAX_NAME, "server name"));
    }
  }

  /** A reading of which the feed is still to be said. Immutable. */
  public static final class Located {
    private final String number;
    private final String server;

    private Located(String number, String server) {
      this.number = number;
      this.server = server;
    }

    /** With ids from, and rows to, the feed of that name in {@link ReaderOptions}. */
    public Reading by(String feed) {
      Check.matches(feed, FEED, "feed");
      return new Reading(new Request(number, server, feed, "", "{}", 720), Format.DEFAULT);
    }
  }

  /** What the feed is told beside, 0..4,096 characters. Default empty. */
  public Reading argument(String value) {
    Check.text(value, 0, MAX_TEXT, "argument");
    return with(
        old -> new Request(old.number, old.server, old.feed, value, old.parameters, old.polls));
  }

  /** The third party's parameters: the text of a JSON object, at most 4,096. Default {@code {}}. */
  public Reading parameters(String json) {
    Check.range(requireNonNull(json, "parameters").length(), 2, MAX_TEXT, "length of parameters");
    Json.validObject(json, "parameters");
    return with(
        old -> new Request(old.number, old.server, old.feed, old.argument, json, old.polls));
  }

  /** How often the third party is asked at most, 1..100,000: FATE's timeout. Default 720. */
  public Reading polls(int value) {
    Check.range(value, 1, MAX_POLLS, "polls");
    return with(
        old -> new Request(old.number, old.server, old.feed, old.argument, old.parameters, value));
  }

  private Reading with(UnaryOperator<Request> change) {
    return new Reading(change.apply(request), format);
  }

  /** The first line of what is uploaded, 1..256 characters. Default {@code sid}. */
  public Reading idColumn(String value) {
    Check.text(value, 1, 256, "idColumn");
    return formatted(old -> new Format(value, old.idDelimiter, old.head, old.key, old.width));
  }

  /**
   * What stands between the names of the first line, 1..8 characters, and between the values of
   * {@link FeatureRow#joined}. Between the values of a row there are always commas, as FATE has it.
   * Default a comma.
   */
  public Reading idDelimiter(String value) {
    Check.text(value, 1, 8, "idDelimiter");
    return formatted(old -> new Format(old.idColumn, value, old.head, old.key, old.width));
  }

  /** Whether the first line names the columns. Default that it does. */
  public Reading head(Head value) {
    requireNonNull(value, "head");
    return formatted(old -> new Format(old.idColumn, old.idDelimiter, value, old.key, old.width));
  }

  /** What a row's key is. Default its first value. */
  public Reading key(Key value) {
    requireNonNull(value, "key");
    return formatted(old -> new Format(old.idColumn, old.idDelimiter, old.head, value, old.width));
  }

  /**
   * How many values a row has. Default as many as the first line; that is judged only where there
   * is one with commas, and keys are first values.
   */
  public Reading width(Width value) {
    requireNonNull(value, "width");
    return formatted(old -> new Format(old.idColumn, old.idDelimiter, old.head, old.key, value));
  }

  private Reading formatted(UnaryOperator<Format> change) {
    return new Reading(request, change.apply(format));
  }

  /** Its number. */
  public String number() {
    return request.number;
  }

  /** The server that it reads from. */
  public String server() {
    return request.server;
  }

  /** The name of its feed. */
  public String feed() {
    return request.feed;
  }

  /** What the feed is told beside. */
  public String argument() {
    return request.argument;
  }

  /** The third party's parameters: the text of a JSON object. */
  public String parameters() {
    return request.parameters;
  }

  /** How often the third party is asked at most. */
  public int polls() {
    return request.polls;
  }

  Request request() {
    return request;
  }

  Format format() {
    return format;
  }

  /** Its number, and nothing of parameters and argument, which may be secret. */
  @Override
  public String toString() {
    return "Reading " + request.number;
  }
}
