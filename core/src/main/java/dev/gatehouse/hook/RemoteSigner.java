package dev.gatehouse.hook;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.gatehouse.check.Check;
import dev.gatehouse.json.Json;
import dev.gatehouse.signing.SignedHeaders;
import dev.gatehouse.signing.Signer;
import dev.gatehouse.transport.Headers;
import dev.gatehouse.transport.Request;

/** Signs by asking the signature hook. Safe for use by multiple threads. */
final class RemoteSigner implements Signer {
  private final HookClient client;
  private final String ownParty;

  RemoteSigner(HookClient client, String ownParty) {
    this.client = client;
    this.ownParty = ownParty;
  }

  @Override
  public SignedHeaders sign(Request request) {
    Check.that(
        FateRequest.header(request, "site_signature").isEmpty(),
        "request must not be signed already");
    String stated = FateRequest.header(request, "src_party_id").orElse(ownParty);
    Check.that(
        stated.equals(ownParty),
        "src_party_id must be absent or " + ownParty + " to sign as that party");
    ObjectNode body = Json.object().put("party_id", ownParty);
    body.set("body", FateRequest.json(request));
    HookAnswer answer = client.ask(Hook.SIGNATURE, body);
    if (!answer.passes()) {
      throw new HookException(Hook.SIGNATURE.failed("result: " + answer));
    }
    Headers signed = Headers.of("SITE-SIGNATURE", signature(answer));
    return new SignedHeaders(
        FateRequest.header(request, "src_party_id").isPresent()
            ? signed
            : Headers.of("SRC-PARTY-ID", ownParty).and(signed));
  }

  private static String signature(HookAnswer answer) {
    return answer
        .signature()
        .filter(text -> text.length() <= 8_192 && text.chars().allMatch(c -> c > ' ' && c < 0x7f))
        .orElseThrow(
            () ->
                new HookException(
                    Hook.SIGNATURE.failed("neither data nor site_signature is a signature")));
  }
}
