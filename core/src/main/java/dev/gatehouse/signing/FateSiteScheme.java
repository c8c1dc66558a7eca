package dev.gatehouse.signing;

import dev.gatehouse.check.Check;
import dev.gatehouse.check.Form;
import dev.gatehouse.registry.Application;
import dev.gatehouse.registry.Registry;
import dev.gatehouse.transport.Headers;
import dev.gatehouse.transport.Request;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.slf4j.LoggerFactory;

/**
 * The scheme by which one FATE site signs what it sends to another, as of FATE Flow 1.11: header
 * {@code SITE-SIGNATURE} holds the Base64 of an RSA signature, PKCS#1 v1.5 with SHA-256, and {@code
 * SRC-PARTY-ID} says whose it is.
 *
 * <p>Signed is the body's JSON in the form that Python gives it: members in the order in which they
 * came, none sorted, {@code ", "} and {@code ": "} between them, all in ASCII. So a body may be
 * spaced and escaped anew on its way. An empty body is signed as {@code null}. Upstream signs the
 * same for any body that Python cannot read, so that one such signature, or one of a request
 * without a body, would prove whatever else is sent: those bodies are refused here. A member that
 * is repeated counts with its last value. Documents deeper than 500, with numbers of more than
 * 4,300 digits, in UTF-16 or UTF-32, or with surrogates encoded in UTF-8 are refused too.
 *
 * <p>Path, method, headers and time are not signed, and there is no nonce: a request can be
 * replayed for ever, and sent to another path or party. That is how the scheme is made. Use it over
 * TLS with a client certificate, and let nothing depend on it that must happen once.
 *
 * <p>A site is an application whose name is its party id, our own one too; its keys are for {@link
 * Key.Purpose#SITE}. Without a party id, or with an empty one or {@code 0}, a request counts as
 * sent by the site that receives it. Signing adds {@code SITE-SIGNATURE}, and {@code SRC-PARTY-ID}
 * unless the request has it; all other headers between sites, such as {@code DEST-PARTY-ID} and
 * {@code SRC-ROLE}, are the caller's, and are not signed. Header names are alike whatever their
 * case and with {@code _} in place of {@code -}; one of the two that occurs twice is refused.
 * Immutable.
 */
public final class FateSiteScheme extends Scheme {
  private static final Set<Key.Algorithm> ALGORITHMS = Set.of(Key.Algorithm.RSA_PKCS1_SHA256);
  private static final String NOTHING = "null";
  private static final String SRC_PARTY_ID = "src_party_id";
  private static final Form PARTY = Form.of("[\\x21-\\x7e]", 1, Application.MAX_NAME);

  /** Of a key of 8,192 bits. */
  private static final int MAX_SIGNATURE = 1024;

  private final String ownParty;
  private final boolean acceptsMd5;

  private FateSiteScheme(String ownParty, boolean acceptsMd5) {
    Check.matches(ownParty, PARTY, "ownParty");
    Check.that(!ownParty.equals("0"), "ownParty must not be 0, which stands for every site itself");
    this.ownParty = ownParty;
    this.acceptsMd5 = acceptsMd5;
  }

  /**
   * The scheme as of FATE Flow 1.11.
   *
   * @param ownParty the party id of this site, 1..100 visible ASCII characters, not {@code 0}
   */
  public static FateSiteScheme create(String ownParty) {
    return new FateSiteScheme(ownParty, false);
  }

  /**
   * As {@link #create}, and accepts what sites of FATE Flow 1.9.0 to 1.10.1 sign, which is the same
   * with MD5 in place of SHA-256. Signs with SHA-256 all the same, so those sites do not accept
   * what this one signs. Two bodies of one MD5 can be made at will: whoever gets a site to sign the
   * one has its signature for the other. Logs a warning; meant for a migration only.
   */
  public static FateSiteScheme acceptingMd5(String ownParty) {
    FateSiteScheme scheme = new FateSiteScheme(ownParty, true);
    LoggerFactory.getLogger(FateSiteScheme.class)
        .warn("Signatures with MD5 are accepted from FATE sites: meant for a migration only");
    return scheme;
  }

  @Override
  Key.Purpose signingPurpose() {
    return Key.Purpose.SITE;
  }

  @Override
  Set<Key.Algorithm> algorithms() {
    return ALGORITHMS;
  }

  @Override
  Optional<Application> application(Claim claim, Registry registry) {
    return registry.findApplication(claim.party());
  }

  @Override
  Claim read(Request request) {
    Headers headers = request.headers();
    String stated = LooseHeaders.atMostOne(headers, SRC_PARTY_ID).orElse("");
    String party =
        stated.isEmpty() || stated.equals("0")
            ? ownParty
            : HeaderReader.matching(stated, PARTY, "header src_party_id");
    byte[] signature = LooseHeaders.base64(headers, "site_signature", 1, MAX_SIGNATURE);
    byte[] message;
    try {
      message = message(request.body());
    } catch (IllegalArgumentException e) {
      throw HeaderReader.malformed(String.valueOf(e.getMessage()));
    }
    Proof proof = new Proof(message, signature, ALGORITHMS);
    return new Claim(
        party,
        null,
        "",
        "",
        acceptsMd5 ? List.of(proof, Proof.withMd5(message, signature)) : List.of(proof));
  }

  /**
   * Signs as this site.
   *
   * @throws IllegalArgumentException if the request names another site as its sender, or its body
   *     is neither empty nor JSON, and so would not be signed
   */
  @Override
  SignedHeaders sign(Request request, Signing signing) {
    LooseHeaders.unsigned(request.headers(), "site_signature");
    List<String> stated = request.headers().allAlike(SRC_PARTY_ID);
    Check.that(
        stated.isEmpty() || stated.equals(List.of(ownParty)),
        "src_party_id must be absent or " + ownParty + " to sign as that party");
    byte[] signature = signing.key().sign(message(request.body()));
    Headers signed = Headers.of("SITE-SIGNATURE", Base64.getEncoder().encodeToString(signature));
    return new SignedHeaders(
        stated.isEmpty() ? Headers.of("SRC-PARTY-ID", ownParty).and(signed) : signed);
  }

  /**
   * What is signed for a body.
   *
   * @throws IllegalArgumentException if the body is neither empty nor JSON
   */
  private static byte[] message(byte[] body) {
    String text =
        body.length == 0
            ? NOTHING
            : PythonJson.rewrite(body)
                .orElseThrow(() -> new IllegalArgumentException("body must be JSON, or empty"));
    return text.getBytes(StandardCharsets.US_ASCII);
  }

  /**
   * The text that is signed for a body: its JSON in the form that Python gives it.
   *
   * @throws IllegalArgumentException if it is not JSON
   */
  public static String signedText(String json) {
    byte[] text = message(json.getBytes(StandardCharsets.UTF_8));
    return new String(text, StandardCharsets.US_ASCII);
  }

  @Override
  public String toString() {
    return "FateSiteScheme of party " + ownParty + (acceptsMd5 ? ", accepting MD5" : "");
  }
}
