package dev.gatehouse.transport.http.api;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.TextNode;
import dev.gatehouse.Gatehouse;
import dev.gatehouse.error.ConflictException;
import dev.gatehouse.error.LimitException;
import dev.gatehouse.registry.Application;
import dev.gatehouse.signing.Key;
import dev.gatehouse.signing.KeyMaterial;
import dev.gatehouse.signing.KeyRing;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * The key routes of FATE Flow: public halves of sites' keys. A site is an application whose name is
 * its party id. Safe for use by multiple threads.
 */
final class FateKeys {
  private static final int PAGE = 100;

  /** A public half alone only verifies. */
  private static final Set<Key.State> IN_USE = Set.of(Key.State.ENABLED, Key.State.VERIFY_ONLY);

  private final Gatehouse gatehouse;
  private final String ownParty;

  FateKeys(Gatehouse gatehouse, String ownParty) {
    this.gatehouse = gatehouse;
    this.ownParty = ownParty;
  }

  /** Makes this site's own pair if it has none. */
  void prepare() {
    gatehouse.inTransaction(
        joined -> {
          Application own = site(joined, ownParty);
          if (inUse(joined.keys(), own).isEmpty()) {
            joined.keys().generate(own.id(), Key.Purpose.SITE, Key.Algorithm.RSA_PKCS1_SHA256);
          }
          return own;
        });
  }

  private static Application site(Gatehouse.Joined joined, String party) {
    return joined
        .registry()
        .findApplication(party)
        .orElseGet(() -> joined.registry().register(Application.named(party)));
  }

  private static List<Key> inUse(KeyRing keys, Application site) {
    return keys.keys(site.id(), Long.MAX_VALUE, PAGE).stream()
        .filter(key -> key.purpose() == Key.Purpose.SITE)
        .filter(key -> IN_USE.contains(key.state()))
        .toList();
  }

  ApiResponse save(Call call) {
    JsonNode body = FateJson.body(call);
    FateJson.require(body, "party_id", "key");
    String party = party(body);
    if (party.equals(ownParty)) {
      throw FateJson.refused("ValueError", "party_id must not be this site's own");
    }
    try {
      KeyMaterial key =
          KeyMaterial.ofPem(Key.Algorithm.RSA_PKCS1_SHA256, FateJson.text(body, "key"));
      if (key.canSign()) {
        throw FateJson.refused("ValueError", "key must be a public key, was a private one");
      }
      String done = gatehouse.inTransaction(joined -> save(joined, party, key));
      return FateJson.success(TextNode.valueOf(done));
    } catch (ConflictException | LimitException e) {
      throw FateJson.refused("Exception", String.valueOf(e.getMessage()));
    } catch (IllegalArgumentException e) {
      throw FateJson.refused(e);
    }
  }

  /** As in FATE, what was there before is overwritten: the old key proves nothing any more. */
  private static String save(Gatehouse.Joined joined, String party, KeyMaterial key) {
    Application site = site(joined, party);
    List<Key> before = inUse(joined.keys(), site);
    before.forEach(old -> joined.keys().destroy(site.id(), old.id()));
    joined.keys().importKey(site.id(), Key.Purpose.SITE, key);
    return before.isEmpty() ? "save success" : "update success";
  }

  ApiResponse query(Call call) {
    JsonNode body = FateJson.body(call);
    FateJson.require(body, "party_id");
    String name = body.hasNonNull("key_name") ? FateJson.text(body, "key_name") : "public";
    if (!name.equals("public")) {
      throw FateJson.refused("ValueError", "key_name must be public");
    }
    KeyRing keys = gatehouse.keys();
    return find(party(body))
        .map(key -> keys.publicPart(key.applicationId(), key.id()).toPem())
        .map(pem -> FateJson.success(TextNode.valueOf(pem)))
        .orElseGet(FateJson::success);
  }

  /** The newest key of a site, if it has any. */
  Optional<Key> find(String party) {
    return gatehouse.registry().findApplication(party).stream()
        .flatMap(site -> inUse(gatehouse.keys(), site).stream())
        .findFirst();
  }

  ApiResponse delete(Call call) {
    JsonNode body = FateJson.body(call);
    FateJson.require(body, "party_id");
    String party = party(body);
    if (party.equals(ownParty)) {
      throw FateJson.refused("ValueError", "party_id must not be this site's own");
    }
    gatehouse.inTransaction(
        joined -> {
          Optional<Application> site = joined.registry().findApplication(party);
          site.ifPresent(
              found ->
                  inUse(joined.keys(), found)
                      .forEach(key -> joined.keys().destroy(found.id(), key.id())));
          return site;
        });
    return FateJson.success();
  }

  private static String party(JsonNode body) {
    return FateJson.scalar(body, "party_id");
  }
}
