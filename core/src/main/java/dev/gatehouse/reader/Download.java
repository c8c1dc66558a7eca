package dev.gatehouse.reader;

import dev.gatehouse.check.Check;
import dev.gatehouse.transport.Headers;
import dev.gatehouse.transport.StreamedResponse;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Base64;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * One attempt to download: judges the head of the answer, hands row after row to the feed, and says
 * that they are complete only where all that the third party told of them holds. Not safe: confine
 * to one thread.
 */
final class Download {
  /** What a download came to. */
  record Outcome(long rows, long bytes) {}

  private static final int OK = 200;
  private static final int PARTIAL = 206;
  private static final int NOT_SATISFIABLE = 416;
  private static final int TOLD_EVERY = 1_024;
  private static final Pattern NUMBER = Pattern.compile("\\d{1,18}");
  private static final Pattern RANGE =
      Pattern.compile("bytes (\\d{1,18})-\\d{1,18}/(\\d{1,18}|\\*)");

  /** RFC 9530; of several digests the one that is looked for. */
  private static final Pattern SHA256 =
      Pattern.compile("(?:^|[,\\s])sha-256=:([A-Za-z0-9+/]{43}=):");

  private final Step step;
  private final FeatureFeed feed;
  private final ReaderOptions options;
  private final Teller teller;
  private final Headers headers;
  private final StreamedResponse answer;

  /** Hears how far it is, every thousand rows or so; may throw to end it. */
  @FunctionalInterface
  interface Teller {
    void tell(long bytes, OptionalLong total, long rows);
  }

  Download(
      Step step, FeatureFeed feed, ReaderOptions options, StreamedResponse answer, Teller teller) {
    this.step = step;
    this.feed = feed;
    this.options = options;
    this.answer = answer;
    this.teller = teller;
    headers = answer.headers();
  }

  /**
   * Takes all of it.
   *
   * @param asked from where it was asked for
   * @param fence the attempt's
   */
  Outcome take(Position asked, long fence) {
    boolean nothingLeft = isAtItsEnd(asked);
    Position from = nothingLeft ? asked : judged(asked);
    FeatureSink sink = feed.open(step.reading(), from, fence);
    boolean complete = false;
    try {
      Outcome outcome = nothingLeft ? new Outcome(from.rows(), from.bytes()) : rows(sink, from);
      requireAsTold(outcome.rows());
      sink.complete(outcome.rows());
      complete = true;
      return outcome;
    } catch (IOException e) {
      throw ReadingFailedException.forNow("download error: " + e.getMessage(), e);
    } finally {
      if (!complete) {
        sink.broken();
      }
    }
  }

  /** Whether the third party refuses to go on because all of it was taken, but for the word. */
  private boolean isAtItsEnd(Position asked) {
    return answer.status() == NOT_SATISFIABLE
        && asked.isResumable()
        && headers.first("Content-Range").filter(("bytes */" + asked.bytes())::equals).isPresent();
  }

  /** Whether it has less than was held of it, so that it is another download. */
  boolean isShorterThan(Position asked) {
    return answer.status() == NOT_SATISFIABLE && asked.isResumable() && !isAtItsEnd(asked);
  }

  /** From where the answer really is. */
  private Position judged(Position asked) {
    int status = answer.status();
    boolean partial = status == PARTIAL && asked.isResumable();
    if (status != OK && !partial) {
      throw ReadingFailedException.status("download", status, text());
    }
    String type = headers.first("Content-Type").orElse("").toLowerCase(Locale.ROOT);
    if (type.startsWith("application/json")) {
      throw ReadingFailedException.forGood("download return: " + Check.shown(text().strip()));
    }
    String encoding = headers.first("Content-Encoding").orElse("identity");
    if (!encoding.equalsIgnoreCase("identity")) {
      throw ReadingFailedException.forGood(
          "download must not be encoded, was as " + Check.shown(encoding));
    }
    if (options.framing() == ReaderOptions.Framing.DELIMITED && !isDelimited()) {
      throw ReadingFailedException.forGood(
          "download must tell its length or come in chunks, so that its end can be told");
    }
    if (!partial) {
      return Position.START;
    }
    Matcher range = RANGE.matcher(headers.first("Content-Range").orElse(""));
    if (!range.matches() || Long.parseLong(range.group(1)) != asked.bytes()) {
      throw ReadingFailedException.forNow(
          "download must go on at byte "
              + asked.bytes()
              + " as asked, had Content-Range '"
              + Check.shown(headers.first("Content-Range").orElse(""))
              + "'",
          null);
    }
    return asked;
  }

  private String text() {
    return new String(FeatureServer.beginning(answer, "download"), StandardCharsets.UTF_8);
  }

  private boolean isDelimited() {
    return length().isPresent()
        || headers
            .first("Transfer-Encoding")
            .filter(value -> value.toLowerCase(Locale.ROOT).strip().endsWith("chunked"))
            .isPresent();
  }

  private OptionalLong length() {
    return number(headers.first("Content-Length"));
  }

  private static OptionalLong number(Optional<String> text) {
    return text.map(String::strip).filter(one -> NUMBER.matcher(one).matches()).stream()
        .mapToLong(Long::parseLong)
        .findFirst();
  }

  private Outcome rows(FeatureSink sink, Position from) throws IOException {
    LineReader lines =
        new LineReader(answer.body(), options.maxLine(), options.maxBytes(), from.bytes());
    Optional<byte[]> told = from.bytes() == 0 ? digestTold() : Optional.empty();
    MessageDigest digest = sha256();
    if (told.isPresent()) {
      lines.digest(digest);
    }
    Rows rows = new Rows(step, from.columns());
    String validator = validator();
    OptionalLong total = total(from);
    if (from.bytes() == 0 && rows.hasHeader()) {
      sink.header(rows.header(header(lines)));
    }
    long count = from.rows();
    for (String line = lines.next(); line != null; line = lines.next()) {
      FeatureRow row = rows.row(line, lines.lines(), count);
      if (row == null) {
        continue;
      }
      count++;
      sink.row(row, new Position(lines.position(), count, rows.columns(), validator));
      if (count % TOLD_EVERY == 0) {
        teller.tell(lines.position(), total, count);
      }
    }
    if (told.isPresent() && !MessageDigest.isEqual(digest.digest(), told.get())) {
      throw ReadingFailedException.forNow(
          "download must have the SHA-256 digest that its head tells, had another", null);
    }
    return new Outcome(count, lines.position());
  }

  private static String header(LineReader lines) throws IOException {
    String line = lines.next();
    if (line == null) {
      throw ReadingFailedException.forGood("download must begin with its columns, was empty");
    }
    return line;
  }

  /** Where this answer ends, if that is told. */
  private OptionalLong total(Position from) {
    OptionalLong length = length();
    return length.isPresent() ? OptionalLong.of(from.bytes() + length.getAsLong()) : length;
  }

  /** By which to go on from a row; empty if the third party cannot. */
  private String validator() {
    String tag = headers.first("ETag").orElse("");
    boolean ranges =
        answer.status() == PARTIAL
            || headers.first("Accept-Ranges").filter("bytes"::equalsIgnoreCase).isPresent();
    return ranges && Position.isStrong(tag) ? tag : "";
  }

  private void requireAsTold(long rows) {
    OptionalLong told = number(options.rowCountHeader().flatMap(headers::first));
    if (told.isPresent() && told.getAsLong() != rows) {
      throw ReadingFailedException.forNow(
          "download must have " + told.getAsLong() + " rows as its head tells, had " + rows, null);
    }
  }

  /** Of the whole, whose digest it is where nothing is encoded and no part was asked for. */
  private Optional<byte[]> digestTold() {
    return headers
        .first("Repr-Digest")
        .or(() -> headers.first("Content-Digest"))
        .map(SHA256::matcher)
        .filter(Matcher::find)
        .map(found -> Base64.getDecoder().decode(found.group(1)));
  }

  private static MessageDigest sha256() {
    try {
      return MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
  }
}
