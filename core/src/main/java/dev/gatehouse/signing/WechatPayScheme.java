package dev.gatehouse.signing;

import static java.util.Objects.requireNonNull;

import dev.gatehouse.check.Check;
import dev.gatehouse.check.Form;
import dev.gatehouse.error.AuthenticationException;
import dev.gatehouse.registry.Application;
import dev.gatehouse.registry.Registry;
import dev.gatehouse.transport.Headers;
import dev.gatehouse.transport.Request;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * WeChat Pay v3, with RSA and SHA-256 or with SM2 and SM3 as the key is. It has two sides that sign
 * differently.
 *
 * <p>A merchant signs requests in {@code Authorization}: {@code WECHATPAY2-SHA256-RSA2048} or
 * {@code WECHATPAY2-SM2-WITH-SM3} with {@code mchid}, {@code nonce_str}, {@code timestamp}, {@code
 * serial_no} and {@code signature}, where method, path with query, timestamp, nonce and body are
 * signed, each with a line feed after it. The platform signs its notifications and its answers in
 * {@code Wechatpay-Timestamp}, {@code -Nonce}, {@code -Serial}, {@code -Signature} and {@code
 * -Signature-Type}, where timestamp, nonce and body are signed in the same way.
 *
 * <p>Timestamps may be off by 5 minutes either way, and a nonce is accepted once. Serial numbers
 * are not signed: they must be there and of the form of one, but which key proves a message is
 * found by trying those that the application has. Where {@code Wechatpay-Signature-Type} is absent
 * either algorithm may prove it, again as the key is.
 *
 * <p>An SM2 signature is in DER, as WeChat Pay has it ({@code RS_ASN1}), unless {@link
 * #signatureForm} says otherwise; the user id of SM2 is a matter of the key. Immutable.
 *
 * @see <a href="https://pay.weixin.qq.com/doc/v3/partner/4012082629">With SM2 and SM3</a>
 */
public final class WechatPayScheme extends Scheme {
  /** In what form SM2 signatures are sent. */
  public enum SignatureForm {
    /** An ASN.1 sequence of the two numbers; the form of WeChat Pay. */
    DER,
    /** The two numbers, 32 bytes each. */
    RAW
  }

  private static final String AUTHORIZATION = "Authorization";
  private static final String TIMESTAMP = "Wechatpay-Timestamp";
  private static final String NONCE = "Wechatpay-Nonce";
  private static final String SERIAL = "Wechatpay-Serial";
  private static final String SIGNATURE = "Wechatpay-Signature";
  private static final String TYPE = "Wechatpay-Signature-Type";

  private static final Map<String, Key.Algorithm> TYPES =
      Map.of(
          "WECHATPAY2-SHA256-RSA2048", Key.Algorithm.RSA_PKCS1_SHA256,
          "WECHATPAY2-SM2-WITH-SM3", Key.Algorithm.SM2_SM3);

  private static final Set<Key.Algorithm> ALGORITHMS = Set.copyOf(TYPES.values());
  private static final Form MCHID = Form.of("[0-9A-Za-z_-]", 1, 32);
  private static final Form SERIAL_NUMBER = Form.of("[0-9A-Za-z_]", 1, 64);
  private static final Form NONCE_FORM = Form.of("[0-9A-Za-z_+/=-]", 1, 128);
  private static final Pattern PARAMETER = Pattern.compile("([a-z_]{1,16})=\"([^\"\\\\]*)\"(,|$)");
  private static final Set<String> PARAMETERS =
      Set.of("mchid", "nonce_str", "timestamp", "serial_no", "signature");

  /**
   * On which side of the two it stands, as which merchant if as one.
   *
   * @param serialNumber of the certificate of every key that has none of its own
   * @param ofKeys serial numbers by the ids of keys
   */
  private record Side(Optional<String> mchid, String serialNumber, Map<Long, String> ofKeys) {}

  private final Side side;
  private final SignatureForm form;
  private final Set<Key.Algorithm> algorithms;

  private WechatPayScheme(Side side, SignatureForm form, Set<Key.Algorithm> algorithms) {
    super(TimeWindow.DEFAULT);
    this.side = side;
    this.form = form;
    this.algorithms = algorithms;
  }

  /**
   * For a merchant: signs requests to the platform, and verifies what comes from there. That does
   * not say who signed, since everything comes from one: see {@link Verifier#from}. An answer is
   * verified as a request with the answer's headers and body, whatever its method and path.
   *
   * @param mchid the merchant's number: 1..32 letters, digits, {@code _} and {@code -}
   * @param serialNumber of the certificate of the key that signs: 1..64 letters, digits and {@code
   *     _}; see {@link #serialNumber} for the next one
   */
  public static WechatPayScheme merchant(String mchid, String serialNumber) {
    return new WechatPayScheme(
        new Side(
            Optional.of(Check.matches(mchid, MCHID, "mchid")),
            Check.matches(serialNumber, SERIAL_NUMBER, "serialNumber"),
            Map.of()),
        SignatureForm.DER,
        ALGORITHMS);
  }

  /**
   * For a platform whose merchants sign in this style: verifies their requests, and signs what is
   * sent to them. A merchant is the application whose name is the {@code mchid}.
   *
   * @param serialNumber of the certificate of the key that signs, as above
   */
  public static WechatPayScheme platform(String serialNumber) {
    return new WechatPayScheme(
        new Side(
            Optional.empty(), Check.matches(serialNumber, SERIAL_NUMBER, "serialNumber"), Map.of()),
        SignatureForm.DER,
        ALGORITHMS);
  }

  /**
   * This scheme with a serial number for what one key signs, in place of the common one: {@link
   * KeyRing#prepare} the key of the next certificate, give its number to every node, and then
   * {@link KeyRing#promote} it.
   *
   * @param keyId 1 or more
   * @param serialNumber of that key's certificate, as above
   */
  public WechatPayScheme serialNumber(long keyId, String serialNumber) {
    Map<Long, String> ofKeys = new HashMap<>(side.ofKeys());
    ofKeys.put(
        Check.range(keyId, 1, Long.MAX_VALUE, "keyId"),
        Check.matches(serialNumber, SERIAL_NUMBER, "serialNumber"));
    return new WechatPayScheme(
        new Side(side.mchid(), side.serialNumber(), Map.copyOf(ofKeys)), form, algorithms);
  }

  /** This scheme with RSA or SM2 alone, when signing and when verifying. */
  public WechatPayScheme only(Key.Algorithm algorithm) {
    return new WechatPayScheme(side, form, one(algorithm, ALGORITHMS));
  }

  /** This scheme with SM2 signatures in that form, both when signing and when verifying. */
  public WechatPayScheme signatureForm(SignatureForm newForm) {
    return new WechatPayScheme(side, requireNonNull(newForm, "newForm"), algorithms);
  }

  @Override
  Claim read(Request request) {
    return side.mchid().isPresent() ? readOfPlatform(request) : readOfMerchant(request);
  }

  private Claim readOfPlatform(Request request) {
    Headers headers = request.headers();
    String timestamp = HeaderReader.single(headers, TIMESTAMP);
    Instant signedAt = HeaderReader.seconds(timestamp, TIMESTAMP);
    String nonce = HeaderReader.matching(HeaderReader.single(headers, NONCE), NONCE_FORM, NONCE);
    HeaderReader.matching(HeaderReader.single(headers, SERIAL), SERIAL_NUMBER, SERIAL);
    byte[] signature = HeaderReader.base64(HeaderReader.single(headers, SIGNATURE), SIGNATURE);
    Set<Key.Algorithm> allowed =
        HeaderReader.atMostOne(headers, TYPE)
            .map(type -> Set.of(algorithm(type)))
            .orElse(algorithms());
    byte[] message = ofPlatform(timestamp, nonce, request.body());
    return new Claim("", signedAt, nonce, "", proofs(message, signature, allowed));
  }

  private Claim readOfMerchant(Request request) {
    String authorization = HeaderReader.single(request.headers(), AUTHORIZATION);
    int blank = Math.max(0, authorization.indexOf(' '));
    Key.Algorithm algorithm = algorithm(authorization.substring(0, blank));
    Map<String, String> parameters = parameters(authorization.substring(blank + 1));
    String mchid = HeaderReader.matching(parameters.getOrDefault("mchid", ""), MCHID, "mchid");
    String nonce =
        HeaderReader.matching(parameters.getOrDefault("nonce_str", ""), NONCE_FORM, "nonce_str");
    HeaderReader.matching(parameters.getOrDefault("serial_no", ""), SERIAL_NUMBER, "serial_no");
    String timestamp = parameters.getOrDefault("timestamp", "");
    Instant signedAt = HeaderReader.seconds(timestamp, "timestamp");
    byte[] signature = HeaderReader.base64(parameters.getOrDefault("signature", ""), "signature");
    byte[] message = ofMerchant(request, timestamp, nonce);
    return new Claim(mchid, signedAt, nonce, "", proofs(message, signature, Set.of(algorithm)));
  }

  private Key.Algorithm algorithm(String type) {
    Key.Algorithm algorithm = TYPES.get(type);
    if (algorithm == null || !algorithms.contains(algorithm)) {
      throw HeaderReader.malformed("the type of signature is none that is taken");
    }
    return algorithm;
  }

  /** The five parameters, each once, in any order, with nothing between them but a comma. */
  private static Map<String, String> parameters(String text) {
    Map<String, String> parameters = new HashMap<>();
    Matcher matcher = PARAMETER.matcher(text);
    int end = 0;
    while (end < text.length()) {
      boolean next = matcher.find() && matcher.start() == end;
      if (!next || parameters.put(matcher.group(1), matcher.group(2)) != null) {
        throw HeaderReader.malformed("header " + AUTHORIZATION + " is not of the scheme's form");
      }
      end = matcher.end();
    }
    if (text.endsWith(",") || !parameters.keySet().equals(PARAMETERS)) {
      throw HeaderReader.malformed("header " + AUTHORIZATION + " lacks a parameter, or has others");
    }
    return parameters;
  }

  private List<Proof> proofs(byte[] message, byte[] signature, Set<Key.Algorithm> allowed) {
    List<Proof> proofs = new ArrayList<>(2);
    if (allowed.contains(Key.Algorithm.RSA_PKCS1_SHA256)) {
      proofs.add(new Proof(message, signature, Set.of(Key.Algorithm.RSA_PKCS1_SHA256)));
    }
    if (allowed.contains(Key.Algorithm.SM2_SM3)) {
      raw(signature)
          .ifPresent(
              numbers -> proofs.add(new Proof(message, numbers, Set.of(Key.Algorithm.SM2_SM3))));
    }
    if (proofs.isEmpty()) {
      throw HeaderReader.malformed("the signature is not of the form " + form);
    }
    return proofs;
  }

  private Optional<byte[]> raw(byte[] signature) {
    return switch (form) {
      case DER -> EcSignatures.raw(signature);
      case RAW ->
          signature.length == EcSignatures.LENGTH ? Optional.of(signature) : Optional.empty();
    };
  }

  private static byte[] ofPlatform(String timestamp, String nonce, byte[] body) {
    return SignedBytes.of(timestamp + "\n" + nonce + "\n", body, "\n");
  }

  private static byte[] ofMerchant(Request request, String timestamp, String nonce) {
    String target = RequestTarget.originForm(request.uri());
    String head = request.method() + "\n" + target + "\n" + timestamp + "\n" + nonce + "\n";
    return SignedBytes.of(head, request.body(), "\n");
  }

  /**
   * {@inheritDoc}
   *
   * @throws IllegalArgumentException if the request has no target, or is signed already
   */
  @Override
  SignedHeaders sign(Request request, Signing signing) {
    String timestamp = Long.toString(signing.now().getEpochSecond());
    String type =
        signing.key().algorithm() == Key.Algorithm.SM2_SM3
            ? "WECHATPAY2-SM2-WITH-SM3"
            : "WECHATPAY2-SHA256-RSA2048";
    Headers headers =
        side.mchid()
            .map(mchid -> asMerchant(mchid, type, timestamp, request, signing))
            .orElseGet(() -> asPlatform(type, timestamp, request, signing));
    return new SignedHeaders(headers);
  }

  private Headers asMerchant(
      String mchid, String type, String timestamp, Request request, Signing signing) {
    SignedBytes.unsigned(request.headers(), AUTHORIZATION);
    byte[] message;
    try {
      message = ofMerchant(request, timestamp, signing.nonce());
    } catch (AuthenticationException e) {
      throw new IllegalArgumentException("the request cannot be signed: " + e.getMessage(), e);
    }
    return Headers.of(
        AUTHORIZATION,
        type
            + (" mchid=\"" + mchid)
            + ("\",nonce_str=\"" + signing.nonce())
            + ("\",timestamp=\"" + timestamp)
            + ("\",serial_no=\"" + serialNumber(signing))
            + ("\",signature=\"" + signature(signing, message) + "\""));
  }

  private Headers asPlatform(String type, String timestamp, Request request, Signing signing) {
    SignedBytes.unsigned(request.headers(), TIMESTAMP, NONCE, SERIAL, SIGNATURE, TYPE);
    byte[] message = ofPlatform(timestamp, signing.nonce(), request.body());
    return Headers.of(
        TIMESTAMP, timestamp,
        NONCE, signing.nonce(),
        SERIAL, serialNumber(signing),
        SIGNATURE, signature(signing, message),
        TYPE, type);
  }

  private String serialNumber(Signing signing) {
    return side.ofKeys().getOrDefault(signing.keyId(), side.serialNumber());
  }

  private String signature(Signing signing, byte[] message) {
    byte[] signature = signing.key().sign(message);
    boolean inDer = signing.key().algorithm() == Key.Algorithm.SM2_SM3 && form == SignatureForm.DER;
    return Base64.getEncoder().encodeToString(inDer ? EcSignatures.der(signature) : signature);
  }

  @Override
  Set<Key.Algorithm> algorithms() {
    return algorithms;
  }

  @Override
  boolean namesParty() {
    return side.mchid().isEmpty();
  }

  @Override
  Optional<Application> application(Claim claim, Registry registry) {
    return registry.findApplication(claim.party());
  }

  @Override
  public String toString() {
    return side.mchid().isPresent()
        ? "WechatPayScheme of merchant " + side.mchid().get()
        : "WechatPayScheme of the platform";
  }
}
