package dev.gatehouse.signing;

import dev.gatehouse.transport.Headers;
import dev.gatehouse.transport.Request;
import java.util.HexFormat;
import java.util.List;
import java.util.Set;

/**
 * Webhooks as GitHub signs them: one header {@code X-Hub-Signature-256: sha256=...} with the
 * lower-case hex HMAC-SHA256 of the exact bytes of the body. The older {@code X-Hub-Signature} with
 * SHA-1 proves nothing here, alone or besides.
 *
 * <p>Nothing but the body is signed, neither a time nor anything unique: whoever gets hold of a
 * message can send it again at any time, and this scheme cannot tell. {@code X-GitHub-Delivery} is
 * not signed either, so that remembering it helps against mistakes only. Let what such a webhook
 * sets off be harmless when it comes twice, or late.
 *
 * <p>The header does not tell who signed: see {@link Verifier#from}. A key must not serve another
 * style of webhooks besides: here any bytes can be signed, also those that would be a message of
 * the other style. Immutable.
 */
public final class GithubScheme extends WebhookScheme {
  private static final String HEADER = "X-Hub-Signature-256";
  private static final String PREFIX = "sha256=";
  private static final int HMAC_LENGTH = 32;
  private static final GithubScheme SCHEME = new GithubScheme();

  private GithubScheme() {}

  /** The scheme; it has no settings. */
  public static GithubScheme create() {
    return SCHEME;
  }

  @Override
  Claim read(Request request) {
    String value = HeaderReader.single(request.headers(), HEADER);
    if (!value.startsWith(PREFIX)) {
      throw HeaderReader.malformed("header " + HEADER + " does not begin with " + PREFIX);
    }
    byte[] signature = HeaderReader.lowerHex(value.substring(PREFIX.length()), HMAC_LENGTH, HEADER);
    Proof proof = new Proof(request.body(), signature, algorithms());
    return new Claim("", null, "", "", List.of(proof));
  }

  @Override
  SignedHeaders sign(Request request, Signing signing) {
    SignedBytes.unsigned(request.headers(), HEADER);
    byte[] signature = signing.key().sign(request.body());
    return new SignedHeaders(Headers.of(HEADER, PREFIX + HexFormat.of().formatHex(signature)));
  }

  @Override
  Set<Key.Algorithm> algorithms() {
    return Set.of(Key.Algorithm.HMAC_SHA256);
  }

  @Override
  public String toString() {
    return "GithubScheme";
  }
}
