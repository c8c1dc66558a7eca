package dev.gatehouse.transport.http.api;

import dev.gatehouse.check.Form;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;

/**
 * The path of a request in segments, and its query as it came. A path that a proxy, a server and a
 * router could read in different ways is refused, not mended: empty and dot segments however they
 * are encoded, parameters ({@code ;x}), encoded slashes, backslashes, percent signs and controls.
 *
 * @param segments decoded, none empty
 * @param slashed whether a slash follows the last segment
 * @param query what stands behind the question mark; empty text if nothing or no mark does
 */
record RequestPath(List<String> segments, boolean slashed, String query) {
  private static final int MAX_SEGMENTS = 16;
  private static final Form VISIBLE = Form.of("[!-~]", 1, Integer.MAX_VALUE);

  RequestPath {
    segments = List.copyOf(segments);
  }

  /** The path of a target. */
  static RequestPath of(String target) {
    int mark = target.indexOf('?');
    String path = mark < 0 ? target : target.substring(0, mark);
    String query = mark < 0 ? "" : target.substring(mark + 1);
    require(path.startsWith("/"), "the target does not begin with a slash");
    require(target.indexOf('#') < 0, "the target holds a fragment");
    require(VISIBLE.matches(target), "the target is not visible ASCII");
    boolean slashed = path.length() > 1 && path.endsWith("/");
    String inner = path.substring(1, path.length() - (slashed ? 1 : 0));
    List<String> segments = new ArrayList<>();
    if (!inner.isEmpty() || slashed) {
      for (String segment : inner.split("/", -1)) {
        segments.add(segment(segment));
      }
    }
    require(
        segments.size() <= MAX_SEGMENTS, "the path has more than " + MAX_SEGMENTS + " segments");
    return new RequestPath(segments, slashed, query);
  }

  private static String segment(String raw) {
    require(!raw.isEmpty(), "the path has an empty segment");
    String segment = raw.indexOf('%') < 0 ? raw : decoded(raw, "the path");
    require(!isDots(segment), "the path has a dot segment");
    require(isPlain(segment), "the path holds a character that may not stand in it");
    return segment;
  }

  /** Whether a text can be a segment of a path that is taken here. */
  static boolean isSegment(String text) {
    return !text.isEmpty() && !isDots(text) && isPlain(text);
  }

  private static boolean isDots(String segment) {
    return segment.equals(".") || segment.equals("..");
  }

  private static boolean isPlain(String segment) {
    for (int i = 0; i < segment.length(); i++) {
      char c = segment.charAt(i);
      if (c == '/' || c == '\\' || c == ';' || c == '%' || Character.isISOControl(c)) {
        return false;
      }
    }
    return true;
  }

  /** Undoes percent-encoding of UTF-8, strictly. */
  static String decoded(String raw, String what) {
    ByteBuffer bytes = ByteBuffer.allocate(raw.length());
    for (int i = 0; i < raw.length(); i++) {
      char c = raw.charAt(i);
      if (c != '%') {
        bytes.put((byte) c);
        continue;
      }
      require(
          i + 2 < raw.length()
              && HexFormat.isHexDigit(raw.charAt(i + 1))
              && HexFormat.isHexDigit(raw.charAt(i + 2)),
          what + " has a percent sign without two hexadecimal digits");
      bytes.put((byte) HexFormat.fromHexDigits(raw, i + 1, i + 3));
      i += 2;
    }
    try {
      return StandardCharsets.UTF_8.newDecoder().decode(bytes.flip()).toString();
    } catch (CharacterCodingException e) {
      throw new RefusedException(Refusal.MALFORMED_PATH, what + " is not UTF-8");
    }
  }

  /** The decoded path, without a slash at its end. */
  String plain() {
    return "/" + String.join("/", segments);
  }

  private static void require(boolean holds, String otherwise) {
    if (!holds) {
      throw new RefusedException(Refusal.MALFORMED_PATH, otherwise);
    }
  }
}
