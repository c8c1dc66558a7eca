package dev.gatehouse.transport.http.api;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.TextNode;
import dev.gatehouse.error.ConflictException;
import dev.gatehouse.error.LimitException;
import dev.gatehouse.hook.SiteKeys;
import dev.gatehouse.signing.Key;
import dev.gatehouse.signing.KeyMaterial;

/** The key routes of FATE Flow, over the public keys of sites. Safe for use by multiple threads. */
final class FateKeys {
  private final SiteKeys keys;

  FateKeys(SiteKeys keys) {
    this.keys = keys;
  }

  ApiResponse save(Call call) {
    JsonNode body = FateJson.body(call);
    FateJson.require(body, "party_id", "key");
    String party = party(body);
    String pem = FateJson.text(body, "key");
    try {
      boolean updated = keys.save(party, KeyMaterial.ofPem(Key.Algorithm.RSA_PKCS1_SHA256, pem));
      return FateJson.success(TextNode.valueOf(updated ? "update success" : "save success"));
    } catch (ConflictException | LimitException e) {
      throw FateJson.refused("Exception", String.valueOf(e.getMessage()));
    } catch (IllegalArgumentException e) {
      throw FateJson.refused(e);
    }
  }

  ApiResponse query(Call call) {
    JsonNode body = FateJson.body(call);
    FateJson.require(body, "party_id");
    String name = body.hasNonNull("key_name") ? FateJson.text(body, "key_name") : "public";
    if (!name.equals("public")) {
      throw FateJson.refused("ValueError", "key_name must be public");
    }
    return keys.find(party(body))
        .map(key -> FateJson.success(TextNode.valueOf(key.toPem())))
        .orElseGet(FateJson::success);
  }

  ApiResponse delete(Call call) {
    JsonNode body = FateJson.body(call);
    FateJson.require(body, "party_id");
    try {
      keys.delete(party(body));
      return FateJson.success();
    } catch (IllegalArgumentException e) {
      throw FateJson.refused(e);
    }
  }

  private static String party(JsonNode body) {
    return FateJson.scalar(body, "party_id");
  }
}
