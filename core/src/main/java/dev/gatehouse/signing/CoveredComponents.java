package dev.gatehouse.signing;

import dev.gatehouse.check.Form;
import dev.gatehouse.signing.StructuredField.InnerList;
import dev.gatehouse.signing.StructuredField.Item;
import dev.gatehouse.signing.StructuredField.Member;
import dev.gatehouse.transport.Headers;
import dev.gatehouse.transport.Request;
import java.net.URI;
import java.net.URLEncoder;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * The signature base of RFC 9421, section 2.5: the covered components of a request, line by line,
 * and the parameters of the signature. Components are the derived ones of section 2.2 but {@code
 * "@status"}, and fields, whole or with {@code bs} or {@code key}. Those of responses and trailers
 * are refused, and {@code sf}, which would need to know the type of every field. Not safe: confine
 * to one thread.
 */
final class CoveredComponents {
  private static final int MAX_COMPONENTS = 64;

  /** Of so many fields at most members may be covered, of which each is read whole. */
  private static final int MAX_DICTIONARIES = 8;

  /** Longest value of a field of which members are covered, in characters. */
  private static final int MAX_DICTIONARY = 16_384;

  private static final Set<String> DERIVED =
      Set.of(
          "@method", "@target-uri", "@authority", "@scheme", "@request-target", "@path", "@query");

  private static final Form FIELD = Form.of("[!#$%&'*+.^_`|~0-9a-z-]", 1, 256);
  private static final Form PRINTABLE = Form.of("[\\t -~]", 0, Integer.MAX_VALUE);

  /** A name, an IPv4 address or an IPv6 address in brackets, and perhaps a port. */
  private static final Pattern AUTHORITY =
      Pattern.compile("([a-z0-9._~!$&'()*+,;=%-]+|\\[[0-9a-f:.]+\\])(?::([0-9]{0,5}))?");

  private static final Map<String, String> DEFAULT_PORTS = Map.of("http", "80", "https", "443");

  private final Request request;
  private final URI uri;
  private final String scheme;
  private final Map<String, Map<String, Member>> dictionaries = new HashMap<>();
  private @Nullable Map<String, List<String>> queryParameters;

  private CoveredComponents(Request request, String scheme) {
    this.request = request;
    this.uri = request.uri();
    @Nullable String own = uri.getScheme();
    this.scheme = own == null ? scheme : own.toLowerCase(Locale.ROOT);
  }

  /**
   * The bytes to sign.
   *
   * @param covered the components with the parameters of the signature
   * @param scheme of the request's URL where the request has a path only
   * @throws dev.gatehouse.error.AuthenticationException with reason {@code MALFORMED} if a
   *     component is unknown, occurs twice, or has no value in this request
   */
  static byte[] of(Request request, InnerList covered, String scheme) {
    if (covered.items().size() > MAX_COMPONENTS) {
      throw HeaderReader.malformed("more than " + MAX_COMPONENTS + " components are covered");
    }
    CoveredComponents base = new CoveredComponents(request, scheme);
    StringBuilder text = new StringBuilder();
    Set<String> identifiers = new HashSet<>();
    for (Item component : covered.items()) {
      String identifier = StructuredField.text(component);
      if (!identifiers.add(identifier)) {
        throw HeaderReader.malformed("a component is covered twice");
      }
      text.append(identifier).append(": ").append(base.value(component)).append('\n');
    }
    text.append("\"@signature-params\": ").append(StructuredField.text(covered));
    return text.toString().getBytes(StandardCharsets.US_ASCII);
  }

  /** Whether a request can have such a component. */
  static boolean knows(Item component) {
    Map<String, Object> parameters = component.parameters();
    if (!(component.value() instanceof String name)) {
      return false;
    }
    if (name.equals("@query-param")) {
      return parameters.size() == 1 && parameters.get("name") instanceof String;
    }
    if (parameters.isEmpty()) {
      return DERIVED.contains(name) || FIELD.matches(name);
    }
    boolean oneKnown =
        Boolean.TRUE.equals(parameters.get("bs")) || parameters.get("key") instanceof String;
    return FIELD.matches(name) && parameters.size() == 1 && oneKnown;
  }

  private String value(Item component) {
    if (!knows(component) || !(component.value() instanceof String name)) {
      throw HeaderReader.malformed("a component is covered that is not known");
    }
    String value = derived(name, component.parameters());
    if (!PRINTABLE.matches(value)) {
      throw HeaderReader.malformed("a covered component is not in printable ASCII");
    }
    return value;
  }

  private String derived(String name, Map<String, Object> parameters) {
    return switch (name) {
      case "@method" -> request.method();
      case "@target-uri" -> scheme + "://" + authority() + RequestTarget.originForm(uri);
      case "@authority" -> authority();
      case "@scheme" -> scheme;
      case "@request-target" -> RequestTarget.originForm(uri);
      case "@path" -> RequestTarget.path(uri);
      case "@query" -> "?" + query();
      case "@query-param" -> queryParameter(String.valueOf(parameters.get("name")));
      default -> field(name, parameters);
    };
  }

  private String query() {
    RequestTarget.path(uri);
    @Nullable String query = uri.getRawQuery();
    return query == null ? "" : query;
  }

  /** Section 2.2.3; a host that a URL and a header name differently is refused. */
  private String authority() {
    @Nullable String own = uri.getRawAuthority();
    RequestTarget.path(uri);
    if (own == null) {
      return normalized(HeaderReader.single(request.headers(), "Host"));
    }
    String authority = normalized(own);
    if (HeaderReader.atMostOne(request.headers(), "Host")
        .filter(host -> !normalized(host).equals(authority))
        .isPresent()) {
      throw HeaderReader.malformed("header Host is not the host of the target");
    }
    return authority;
  }

  private String normalized(String authority) {
    Matcher matcher = AUTHORITY.matcher(authority.toLowerCase(Locale.ROOT));
    if (!matcher.matches() || !RequestTarget.ASCII.matches(authority)) {
      throw HeaderReader.malformed("the host is not one in ASCII, perhaps with a port");
    }
    String host = matcher.group(1);
    @Nullable String port = matcher.group(2);
    boolean without = port == null || port.isEmpty() || port.equals(DEFAULT_PORTS.get(scheme));
    return without ? host : host + ":" + port;
  }

  /** Section 2.2.8: of a name that occurs twice no value can be told. */
  private String queryParameter(String name) {
    Map<String, List<String>> parameters = queryParameters;
    if (parameters == null) {
      parameters = queryParameters();
      queryParameters = parameters;
    }
    List<String> values = parameters.getOrDefault(name, List.of());
    if (values.size() != 1) {
      throw HeaderReader.malformed("a covered query parameter does not occur exactly once");
    }
    return values.get(0);
  }

  private Map<String, List<String>> queryParameters() {
    Map<String, List<String>> parameters = new HashMap<>();
    for (String pair : query().split("&", -1)) {
      int equals = pair.indexOf('=');
      String key = equals < 0 ? pair : pair.substring(0, equals);
      if (!pair.isEmpty()) {
        String value = equals < 0 ? "" : encoded(decoded(pair.substring(equals + 1)));
        parameters.computeIfAbsent(encoded(decoded(key)), each -> new ArrayList<>(1)).add(value);
      }
    }
    return parameters;
  }

  private static String encoded(String value) {
    return URLEncoder.encode(value, StandardCharsets.UTF_8).replace("+", "%20");
  }

  /** Refuses what is no UTF-8, or many values would be as one. */
  private static String decoded(String value) {
    ByteBuffer bytes = ByteBuffer.allocate(value.length());
    for (int i = 0; i < value.length(); i++) {
      char c = value.charAt(i);
      if (c == '%') {
        // A URI holds no % but with two digits after it.
        bytes.put((byte) Integer.parseInt(value, i + 1, i + 3, 16));
        i += 2;
      } else {
        bytes.put((byte) (c == '+' ? ' ' : c));
      }
    }
    try {
      return StandardCharsets.UTF_8.newDecoder().decode(bytes.flip()).toString();
    } catch (CharacterCodingException e) {
      throw HeaderReader.malformed("the query is not in UTF-8");
    }
  }

  private String field(String name, Map<String, Object> parameters) {
    List<String> lines = lines(name);
    if (parameters.containsKey("bs")) {
      return lines.stream().map(CoveredComponents::bytes).collect(Collectors.joining(", "));
    }
    String value = String.join(", ", lines);
    if (!(parameters.get("key") instanceof String key)) {
      return value;
    }
    Map<String, Member> members = dictionaries.get(name);
    if (members == null) {
      members = dictionary(name, value);
      dictionaries.put(name, members);
    }
    @Nullable Member member = members.get(key);
    if (member == null) {
      throw HeaderReader.malformed("a covered member of field " + name + " is missing");
    }
    return StructuredField.text(member);
  }

  /** Anybody may ask for this, before it is known whose request it is: no more of it than that. */
  private Map<String, Member> dictionary(String name, String value) {
    if (dictionaries.size() == MAX_DICTIONARIES) {
      throw HeaderReader.malformed(
          "members of more than " + MAX_DICTIONARIES + " fields are covered");
    }
    if (value.length() > MAX_DICTIONARY) {
      throw HeaderReader.malformed(
          "field " + name + ", of which a member is covered, is longer than " + MAX_DICTIONARY);
    }
    return StructuredFieldParser.dictionary(value, name);
  }

  /** The values of all fields of that name, without the blanks around them. */
  private List<String> lines(String name) {
    Headers headers = request.headers();
    List<String> lines = headers.all(name).stream().map(CoveredComponents::trimmed).toList();
    if (lines.isEmpty()) {
      throw HeaderReader.malformed("covered field " + name + " is missing");
    }
    return lines;
  }

  private static String trimmed(String value) {
    int start = 0;
    int end = value.length();
    while (start < end && isBlank(value.charAt(start))) {
      start++;
    }
    while (end > start && isBlank(value.charAt(end - 1))) {
      end--;
    }
    return value.substring(start, end);
  }

  private static boolean isBlank(char c) {
    return c == ' ' || c == '\t';
  }

  private static String bytes(String value) {
    if (!value.chars().allMatch(c -> c <= 0xff)) {
      throw HeaderReader.malformed("a covered field holds what is no byte");
    }
    byte[] bytes = value.getBytes(StandardCharsets.ISO_8859_1);
    return StructuredField.text(new Item(bytes, Map.of()));
  }
}
