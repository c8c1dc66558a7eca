package dev.gatehouse.reader;

import dev.gatehouse.check.Check;
import dev.gatehouse.transport.Headers;
import dev.gatehouse.transport.StreamedResponse;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Base64;
import java.util.List;
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
      Pattern.compile("bytes (\\d{1,18})-(\\d{1,18})/(\\d{1,18}|\\*)");

  /** What a third party says that has no rows to give, whatever status it says it with. */
  private static final Pattern NO_ROWS =
      Pattern.compile("(?:application|text)/(?:json|html)|[^;]*\\+json|application/xhtml\\+xml");

  /** RFC 9530; of several digests the one that is looked for. */
  private static final Pattern SHA256 =
      Pattern.compile("(?:^|[,\\s])sha-256=:([A-Za-z0-9+/]{43}=):");

  private final Step step;
  private final FeatureFeed feed;
  private final ReaderOptions options;
  private final Teller teller;
  private final Headers headers;
  private final StreamedResponse answer;
  private boolean contradicted;

  /** Hears how far it is, every thousand lines or so, and before the end; may throw to end it. */
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
      teller.tell(outcome.bytes(), OptionalLong.of(outcome.bytes()), outcome.rows());
      sink.complete(outcome.rows());
      complete = true;
      return outcome;
    } catch (IOException e) {
      throw ReadingFailedException.forNow("download error: " + e.getMessage(), e);
    } finally {
      if (!complete) {
        sink.broken();
        voidHeld(fence);
      }
    }
  }

  /** Else the next attempt would go on from what was contradicted. */
  private void voidHeld(long fence) {
    if (contradicted && feed.held(step.reading()).filter(Position::isResumable).isPresent()) {
      feed.open(step.reading(), Position.START, fence).broken();
    }
  }

  /** Whether the third party refuses to go on because all of it was taken, but for the word. */
  private boolean isAtItsEnd(Position asked) {
    return answer.status() == NOT_SATISFIABLE
        && asked.isResumable()
        && headers.first("Content-Range").filter(("bytes */" + asked.bytes())::equals).isPresent();
  }

  /**
   * Whether what was held of it cannot be gone on from by this answer: there is less than that, or
   * it is a part of another version, one that ends before the end or at nobody knows which, or one
   * whose digest is the whole's. Then only the whole will do.
   */
  boolean isNoRestOf(Position asked) {
    if (!asked.isResumable()) {
      return false;
    }
    if (answer.status() == NOT_SATISFIABLE) {
      return !isAtItsEnd(asked);
    }
    Matcher range = range();
    return answer.status() == PARTIAL
        && range.matches()
        && Long.parseLong(range.group(1)) == asked.bytes()
        && (digestTold().isPresent()
            || !headers.all("ETag").equals(List.of(asked.validator()))
            || !isToTheEnd(range));
  }

  private Matcher range() {
    return RANGE.matcher(headers.first("Content-Range").orElse(""));
  }

  private static boolean isToTheEnd(Matcher range) {
    String total = range.group(3);
    return !total.equals("*") && Long.parseLong(range.group(2)) + 1 == Long.parseLong(total);
  }

  /** From where the answer really is. */
  private Position judged(Position asked) {
    int status = answer.status();
    boolean partial = status == PARTIAL && asked.isResumable();
    if (status != OK && !partial) {
      throw ReadingFailedException.status("download", status, text());
    }
    String type = headers.first("Content-Type").orElse("").toLowerCase(Locale.ROOT);
    if (NO_ROWS.matcher(type).lookingAt()) {
      throw ReadingFailedException.forGood("download return: " + Check.shown(text().strip()));
    }
    String encoding = headers.first("Content-Encoding").orElse("identity");
    if (!encoding.equalsIgnoreCase("identity")) {
      throw ReadingFailedException.forGood(
          "download must not be encoded, was as " + Check.shown(encoding));
    }
    requireOneFraming();
    if (options.framing() == ReaderOptions.Framing.DELIMITED && !isDelimited()) {
      throw ReadingFailedException.forGood(
          "download must tell its length or come in chunks, so that its end can be told");
    }
    if (!partial) {
      return Position.START;
    }
    Matcher range = range();
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
    return length().isPresent() || headers.first("Transfer-Encoding").isPresent();
  }

  /** Whoever reads them otherwise than the transport takes a part for the whole. */
  private void requireOneFraming() {
    List<String> lengths = headers.all("Content-Length");
    List<String> encodings = headers.all("Transfer-Encoding");
    boolean clear =
        lengths.size() + encodings.size() <= 1
            && (lengths.isEmpty() || length().isPresent())
            && (encodings.isEmpty() || encodings.get(0).strip().equalsIgnoreCase("chunked"));
    if (!clear) {
      throw ReadingFailedException.forGood(
          "download must tell its length in digits, or come in chunks, once; had Content-Length '"
              + Check.shown(String.join("', '", lengths))
              + "' and Transfer-Encoding '"
              + Check.shown(String.join("', '", encodings))
              + "'");
    }
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
    Optional<byte[]> told = digestTold();
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
      if (row != null) {
        count++;
        sink.row(row, new Position(lines.position(), count, rows.columns(), validator));
      }
      if (lines.lines() % TOLD_EVERY == 0) {
        teller.tell(lines.position(), total, count);
      }
    }
    if (total.isPresent() && total.getAsLong() != lines.position()) {
      throw contradiction(
          "end at byte " + total.getAsLong() + " as its head tells, ended at " + lines.position());
    }
    if (told.isPresent() && !MessageDigest.isEqual(digest.digest(), told.get())) {
      throw contradiction("have the SHA-256 digest that its head tells, had another");
    }
    return new Outcome(count, lines.position());
  }

  private static String header(LineReader lines) throws IOException {
    String line = lines.next();
    if (line == null) {
      throw ReadingFailedException.forGood("download must begin with its columns, was empty");
    }
    String text = line.strip();
    if (text.startsWith("{") || text.startsWith("[")) {
      throw ReadingFailedException.forGood("download return: " + Check.shown(text));
    }
    return line;
  }

  /** Where this answer ends, if that is told. */
  private OptionalLong total(Position from) {
    Matcher range = range();
    if (from.bytes() > 0 && range.matches()) {
      return OptionalLong.of(Long.parseLong(range.group(3)));
    }
    return length();
  }

  /**
   * By which to go on from a row; empty if the third party cannot, or told a digest, against which
   * only the whole can be held.
   */
  private String validator() {
    if (digestTold().isPresent()) {
      return "";
    }
    String tag = headers.first("ETag").orElse("");
    boolean ranges =
        answer.status() == PARTIAL
            || headers.first("Accept-Ranges").filter("bytes"::equalsIgnoreCase).isPresent();
    return ranges && Position.isStrong(tag) ? tag : "";
  }

  private void requireAsTold(long rows) {
    OptionalLong told = number(options.rowCountHeader().flatMap(headers::first));
    if (told.isPresent() && told.getAsLong() != rows) {
      throw contradiction("have " + told.getAsLong() + " rows as its head tells, had " + rows);
    }
  }

  /** All of it came, and is not what was told: so nothing that is held of it counts. */
  private ReadingFailedException contradiction(String rule) {
    contradicted = true;
    return ReadingFailedException.forNow("download must " + rule, null);
  }

  /** Of the whole, whose digest it is where nothing is encoded and no part is asked for. */
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
