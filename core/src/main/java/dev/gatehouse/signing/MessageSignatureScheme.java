package dev.gatehouse.signing;

import static java.util.Objects.requireNonNull;

import dev.gatehouse.check.Check;
import dev.gatehouse.check.Form;
import dev.gatehouse.error.AuthenticationException;
import dev.gatehouse.registry.Application;
import dev.gatehouse.registry.Registry;
import dev.gatehouse.signing.StructuredField.InnerList;
import dev.gatehouse.signing.StructuredField.Item;
import dev.gatehouse.signing.StructuredField.Member;
import dev.gatehouse.transport.Headers;
import dev.gatehouse.transport.Request;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * HTTP Message Signatures, RFC 9421, with the body's digest in {@code Content-Digest}, RFC 9530.
 * The host chooses what must be covered; a signature that covers more is accepted, one that covers
 * less is not. Unless chosen otherwise that is the method, the host, the path and the query. Where
 * there is a body its digest must be covered, whatever was chosen.
 *
 * <p>A signature says when it was made, in {@code created}, at most 5 minutes off either way unless
 * set otherwise; by whom, in {@code keyid}, which is the application's app key unless {@link
 * #keyId} says otherwise; and has a {@code nonce}, which is accepted once: messages without one, as
 * in the RFC's examples, are refused. {@code expires} is honoured where it is there, {@code alg}
 * must be that of the key, and {@code tag} must be the one that was set, or none. Of several
 * signatures the one with the label that was set counts, {@code sig1} by default. Fields {@code
 * Signature}, {@code Signature-Input} and {@code Content-Digest} that occur twice are refused.
 *
 * <p>Algorithms are {@code hmac-sha256}, {@code ed25519}, {@code ecdsa-p256-sha256}, {@code
 * rsa-v1_5-sha256} and {@code rsa-pss-sha512}; and HMAC with SM3, which has no registered name, so
 * that a signature by it has no {@code alg}.
 *
 * <p>Where the same key signs both ways, a message that was sent to somebody can come back as
 * theirs, if what it covers fits there as well: set a {@link #tag} for each direction.
 *
 * <p>A receiver that knows the path only takes the host from {@code Host}, and the URL's scheme
 * from its settings. What one signs must be what comes in there: a proxy that changes path, host or
 * a covered field breaks the signature. Immutable.
 */
public final class MessageSignatureScheme extends Scheme {
  private static final String SIGNATURE = "Signature";
  private static final String SIGNATURE_INPUT = "Signature-Input";
  private static final String DIGEST_COMPONENT = "\"content-digest\"";
  private static final int MAX_COMPONENTS = 32;
  private static final int MAX_SIGNATURES = 8;
  private static final Form TEXT = Form.of("[ -~]", 1, 256);
  private static final Pattern LABEL = Pattern.compile("[a-z*][a-z0-9_.*-]{0,63}");
  private static final Set<String> PARAMETERS =
      Set.of("created", "expires", "nonce", "keyid", "alg", "tag");
  private static final Map<String, Key.Algorithm> NAMED =
      Map.of(
          "hmac-sha256", Key.Algorithm.HMAC_SHA256,
          "ed25519", Key.Algorithm.ED25519,
          "ecdsa-p256-sha256", Key.Algorithm.ECDSA_P256_SHA256,
          "rsa-v1_5-sha256", Key.Algorithm.RSA_PKCS1_SHA256,
          "rsa-pss-sha512", Key.Algorithm.RSA_PSS_SHA512);
  private static final Set<Key.Algorithm> ALGORITHMS =
      Stream.concat(NAMED.values().stream(), Stream.of(Key.Algorithm.HMAC_SM3))
          .collect(Collectors.toUnmodifiableSet());

  private final Settings settings;

  private MessageSignatureScheme(Settings settings) {
    super(settings.window);
    this.settings = settings;
  }

  /** What a host chooses. */
  private static final class Settings {
    private List<Item> components =
        Stream.of("@method", "@authority", "@path", "@query")
            .map(MessageSignatureScheme::component)
            .toList();
    private TimeWindow window = TimeWindow.DEFAULT;
    private String label = "sig1";

    /** Empty if there must be none. */
    private String tag = "";

    private String urlScheme = "https";
    private Set<Key.Algorithm> algorithms = ALGORITHMS;
    private Aliases keyIds = Aliases.NONE;

    Settings() {}

    Settings(Settings from) {
      components = from.components;
      window = from.window;
      label = from.label;
      tag = from.tag;
      urlScheme = from.urlScheme;
      algorithms = from.algorithms;
      keyIds = from.keyIds;
    }
  }

  /** With the defaults. */
  public static MessageSignatureScheme create() {
    return new MessageSignatureScheme(new Settings());
  }

  /** This scheme with its settings changed. */
  private MessageSignatureScheme with(Consumer<Settings> change) {
    Settings changed = new Settings(settings);
    change.accept(changed);
    return new MessageSignatureScheme(changed);
  }

  /**
   * This scheme with other components in place of its own, in the order in which they are signed: 1
   * to 32 different ones. A component is a name of RFC 9421, section 2.2, but that of a status,
   * such as {@code "@target-uri"} or {@code "@query-param;name=\"id\""}; or a field's name in lower
   * case, perhaps with {@code ;bs} or {@code ;key="..."}. With {@code content-digest} also an empty
   * body needs its digest.
   */
  public MessageSignatureScheme components(String... components) {
    Check.range(components.length, 1, MAX_COMPONENTS, "number of components");
    List<Item> items = new ArrayList<>();
    Set<String> different = new HashSet<>();
    for (String component : components) {
      Item item = component(component);
      items.add(item);
      Check.that(
          different.add(StructuredField.text(item)), "component " + component + " is named twice");
    }
    return with(changed -> changed.components = List.copyOf(items));
  }

  private static Item component(String component) {
    int semicolon = component.indexOf(';');
    String name = semicolon < 0 ? component : component.substring(0, semicolon);
    String parameters = semicolon < 0 ? "" : component.substring(semicolon);
    try {
      Item item = StructuredFieldParser.item("\"" + name + "\"" + parameters, "component");
      Check.that(
          CoveredComponents.knows(item), "component " + Check.shown(component) + " is unknown");
      return item;
    } catch (AuthenticationException e) {
      throw new IllegalArgumentException("component " + Check.shown(component) + " is none", e);
    }
  }

  /**
   * This scheme with another tolerance.
   *
   * @param tolerance how far {@code created} may be off either way: whole seconds, 1 s to 1 hour
   */
  public MessageSignatureScheme tolerance(Duration tolerance) {
    TimeWindow window = new TimeWindow(tolerance);
    return with(changed -> changed.window = window);
  }

  /** This scheme with another label: 1..64 characters, as the key of a dictionary may have. */
  public MessageSignatureScheme label(String label) {
    Check.matches(label, LABEL, "label");
    return with(changed -> changed.label = label);
  }

  /** This scheme with a tag, which tells for what a signature is: 1..256 printable ASCII. */
  public MessageSignatureScheme tag(String tag) {
    Check.that(isText(requireNonNull(tag, "tag")), "tag must have 1..256 printable ASCII");
    return with(changed -> changed.tag = tag);
  }

  /** This scheme for a receiver whose requests come over {@code http} or {@code https}. */
  public MessageSignatureScheme urlScheme(String urlScheme) {
    Check.that(
        urlScheme.equals("http") || urlScheme.equals("https"),
        "urlScheme must be http or https, was '" + Check.shown(urlScheme) + "'");
    return with(changed -> changed.urlScheme = urlScheme);
  }

  /**
   * This scheme by that algorithm alone, when signing and when verifying: for applications that
   * have keys of several.
   */
  public MessageSignatureScheme only(Key.Algorithm algorithm) {
    Set<Key.Algorithm> only = one(algorithm, ALGORITHMS);
    return with(changed -> changed.algorithms = only);
  }

  /**
   * This scheme with an application that names its key otherwise than by its app key: requests with
   * that {@code keyid} are the application's, as those with its app key are, and what is signed for
   * it has that. It must not be the app key of another, whose requests would be refused then. A
   * verifier of one application alone takes any.
   *
   * @param name of the key, 1..256 printable ASCII
   * @throws IllegalArgumentException if the key id or the application was given before, or 1,000
   *     were
   */
  public MessageSignatureScheme keyId(String name, Application application) {
    Check.that(isText(requireNonNull(name, "name")), "name must have 1..256 printable ASCII");
    Aliases keyIds = settings.keyIds.and(name, application);
    return with(changed -> changed.keyIds = keyIds);
  }

  @Override
  Optional<Application> application(Claim claim, Registry registry) {
    return registry.findApplicationByKey(settings.keyIds.appKey(claim.party()));
  }

  @Override
  Claim read(Request request) {
    Member inputs = member(request.headers(), SIGNATURE_INPUT);
    Member signatures = member(request.headers(), SIGNATURE);
    if (!(inputs instanceof InnerList input)
        || !(signatures instanceof Item item && item.value() instanceof byte[] signature)) {
      throw HeaderReader.malformed(
          "the member " + settings.label + " is not a list in one field and bytes in the other");
    }
    String digest = demandCovered(input, request);
    Map<String, Object> parameters = input.parameters();
    demandKnown(parameters);
    Set<Key.Algorithm> algorithms =
        parameters.containsKey("alg")
            ? Set.of(requireNonNull(NAMED.get(text(parameters, "alg"))))
            : algorithms();
    byte[] base = CoveredComponents.of(request, input, settings.urlScheme);
    return new Claim(
        text(parameters, "keyid"),
        time(parameters, "created"),
        parameters.containsKey("expires") ? time(parameters, "expires") : null,
        SignedBytes.nonce(text(parameters, "nonce")),
        digest,
        List.of(new Proof(base, signature, algorithms)));
  }

  private Member member(Headers headers, String name) {
    Map<String, Member> members =
        StructuredFieldParser.dictionary(HeaderReader.single(headers, name), name);
    if (members.size() > MAX_SIGNATURES) {
      throw HeaderReader.malformed("field " + name + " has more than " + MAX_SIGNATURES);
    }
    @Nullable Member member = members.get(settings.label);
    if (member == null) {
      throw HeaderReader.malformed("field " + name + " has no member " + settings.label);
    }
    return member;
  }

  /** The digest field if it is covered, well-formed; else empty text, and then there is no body. */
  private String demandCovered(InnerList input, Request request) {
    Set<String> covered = new HashSet<>();
    input.items().forEach(item -> covered.add(StructuredField.text(item)));
    for (Item component : settings.components) {
      if (!covered.contains(StructuredField.text(component))) {
        throw HeaderReader.malformed(
            "the signature does not cover " + StructuredField.text(component));
      }
    }
    if (covered.contains(DIGEST_COMPONENT)) {
      String digest = HeaderReader.single(request.headers(), ContentDigest.FIELD);
      ContentDigest.parse(digest);
      return digest;
    }
    if (request.body().length > 0) {
      throw HeaderReader.malformed("the signature does not cover the digest of the body");
    }
    return "";
  }

  private void demandKnown(Map<String, Object> parameters) {
    if (!PARAMETERS.containsAll(parameters.keySet())) {
      throw HeaderReader.malformed("the signature has a parameter that is not known");
    }
    String tag = parameters.containsKey("tag") ? text(parameters, "tag") : "";
    if (!tag.equals(settings.tag)) {
      throw HeaderReader.malformed("tag is not the one that is demanded");
    }
    if (parameters.containsKey("alg") && !offers(text(parameters, "alg"))) {
      throw HeaderReader.malformed("alg is none of those that are offered");
    }
  }

  private boolean offers(String name) {
    Key.Algorithm algorithm = NAMED.get(name);
    return algorithm != null && algorithms().contains(algorithm);
  }

  private static String text(Map<String, Object> parameters, String name) {
    if (parameters.get(name) instanceof String text && isText(text)) {
      return text;
    }
    throw HeaderReader.malformed(name + " is not a string of 1..256 characters");
  }

  private static boolean isText(String text) {
    return TEXT.matches(text);
  }

  private static Instant time(Map<String, Object> parameters, String name) {
    if (parameters.get(name) instanceof Long seconds && seconds > 0) {
      return Instant.ofEpochSecond(seconds);
    }
    throw HeaderReader.malformed(name + " is not a number of seconds");
  }

  @Override
  boolean covers(Claim claim, Request request) {
    byte[] body = request.body();
    return claim.content().isEmpty()
        ? body.length == 0
        : ContentDigest.parse(claim.content()).matches(body);
  }

  /**
   * {@inheritDoc}
   *
   * @throws IllegalArgumentException if the request lacks a component, or is signed already
   */
  @Override
  SignedHeaders sign(Request request, Signing signing) {
    SignedBytes.unsigned(request.headers(), SIGNATURE, SIGNATURE_INPUT);
    try {
      return signed(request, signing);
    } catch (AuthenticationException e) {
      throw new IllegalArgumentException("the request cannot be signed: " + e.getMessage(), e);
    }
  }

  private SignedHeaders signed(Request request, Signing signing) {
    List<Item> components = new ArrayList<>(settings.components);
    Headers headers = Headers.NONE;
    boolean chosen =
        components.stream().anyMatch(item -> StructuredField.text(item).equals(DIGEST_COMPONENT));
    if (chosen || request.body().length > 0) {
      headers = digest(request);
      if (!chosen) {
        components.add(component("content-digest"));
      }
    }
    InnerList input = new InnerList(components, parameters(signing));
    byte[] base = CoveredComponents.of(request.headers(headers), input, settings.urlScheme);
    Item signature = new Item(signing.key().sign(base), Map.of());
    return new SignedHeaders(
        headers
            .and(SIGNATURE_INPUT, settings.label + "=" + StructuredField.text(input))
            .and(SIGNATURE, settings.label + "=" + StructuredField.text(signature)));
  }

  /** The field to add; none if the request has it, and it is right. */
  private static Headers digest(Request request) {
    Optional<String> own = HeaderReader.atMostOne(request.headers(), ContentDigest.FIELD);
    if (own.isEmpty()) {
      return Headers.of(ContentDigest.FIELD, ContentDigest.of(request.body()));
    }
    Check.that(
        ContentDigest.parse(own.get()).matches(request.body()),
        "header " + ContentDigest.FIELD + " must be of the request's body");
    return Headers.NONE;
  }

  private Map<String, Object> parameters(Signing signing) {
    long created = signing.now().getEpochSecond();
    Map<String, Object> parameters = new LinkedHashMap<>();
    parameters.put("created", created);
    parameters.put("expires", created + settings.window.width().toSeconds());
    parameters.put("nonce", signing.nonce());
    parameters.put("keyid", settings.keyIds.name(signing.party()));
    NAMED.forEach(
        (name, algorithm) -> {
          if (algorithm == signing.key().algorithm()) {
            parameters.put("alg", name);
          }
        });
    if (!settings.tag.isEmpty()) {
      parameters.put("tag", settings.tag);
    }
    return parameters;
  }

  @Override
  Set<Key.Algorithm> algorithms() {
    return settings.algorithms;
  }

  @Override
  public String toString() {
    return "MessageSignatureScheme " + settings.label;
  }
}
