package dev.gatehouse.hook;

import static java.util.Objects.requireNonNull;

import dev.gatehouse.check.Check;
import dev.gatehouse.registry.Application;
import dev.gatehouse.registry.Registry;
import dev.gatehouse.signing.IssuedKey;
import dev.gatehouse.signing.Key;
import dev.gatehouse.signing.KeyMaterial;
import dev.gatehouse.signing.KeyRing;
import dev.gatehouse.transaction.Transaction;
import dev.gatehouse.transaction.Transactions;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * The public keys that FATE sites exchange, so that each can verify what the other signs. A site is
 * an application whose name is its party id, this one too. Private halves never leave the key ring.
 *
 * <pre>{@code
 * String pem = keys.own().toPem();                     // hand this to the partner
 * keys.save("10000", KeyMaterial.ofPem(Key.Algorithm.RSA_PKCS1_SHA256, partnersPem));
 * }</pre>
 *
 * Safe for use by multiple threads.
 */
public final class SiteKeys {
  private static final int PAGE = 100;

  /** A public half alone only verifies. */
  private static final Set<Key.State> IN_USE = Set.of(Key.State.ENABLED, Key.State.VERIFY_ONLY);

  private final Transactions transactions;
  private final Registry registry;
  private final KeyRing keys;
  private final String ownParty;

  private SiteKeys(Transactions transactions, Registry registry, KeyRing keys, String ownParty) {
    this.transactions = requireNonNull(transactions, "transactions");
    this.registry = requireNonNull(registry, "registry");
    this.keys = requireNonNull(keys, "keys");
    this.ownParty = Check.name(ownParty, Application.MAX_NAME, "ownParty");
  }

  /**
   * The keys of sites.
   *
   * @param transactions of the storage that registry and keys are in
   * @param ownParty this site's party id
   */
  public static SiteKeys create(
      Transactions transactions, Registry registry, KeyRing keys, String ownParty) {
    return new SiteKeys(transactions, registry, keys, ownParty);
  }

  /** This site's public key, for its partners. Makes the pair, and the application, at first. */
  public KeyMaterial own() {
    return transactions.call(
        transaction -> {
          KeyRing joined = keys.joining(transaction);
          Application site = site(transaction, ownParty);
          Optional<Key> own = inUse(joined, site).stream().findFirst();
          return own.isPresent()
              ? joined.publicPart(site.id(), own.get().id())
              : generated(joined, site);
        });
  }

  /** Making a key keeps other changes out: only then is it sure that there is no other. */
  private static KeyMaterial generated(KeyRing ring, Application site) {
    IssuedKey fresh = ring.generate(site.id(), Key.Purpose.SITE, Key.Algorithm.RSA_PKCS1_SHA256);
    Optional<Key> earlier = others(ring, site, fresh.key()).stream().findFirst();
    earlier.ifPresent(own -> ring.destroy(site.id(), fresh.key().id()));
    return earlier.map(own -> ring.publicPart(site.id(), own.id())).orElseGet(fresh::material);
  }

  /**
   * Makes that the one key by which the party is proven from now on; those that it had before are
   * destroyed. Registers the application at first.
   *
   * @param key a public RSA key
   * @return whether the party had one before
   * @throws IllegalArgumentException if the party is this site, or the key can sign or is of
   *     another algorithm
   */
  public boolean save(String party, KeyMaterial key) {
    requireOther(party);
    Check.that(!key.canSign(), "key must be a public key, was a private one");
    Check.that(
        key.algorithm() == Key.Algorithm.RSA_PKCS1_SHA256,
        "key must be for RSA_PKCS1_SHA256, was for " + key.algorithm());
    return transactions.call(
        transaction -> {
          KeyRing joined = keys.joining(transaction);
          Application site = site(transaction, party);
          Key saved = joined.importKey(site.id(), Key.Purpose.SITE, key);
          List<Key> before = others(joined, site, saved);
          before.forEach(old -> joined.destroy(site.id(), old.id()));
          return !before.isEmpty();
        });
  }

  /** Whether there is a key by which the party, or this site, is proven; reads no key. */
  public boolean isKnown(String party) {
    return registry
        .findApplication(requireNonNull(party, "party"))
        .filter(site -> !inUse(keys, site).isEmpty())
        .isPresent();
  }

  /** The public key by which the party, or this site, is proven; empty if there is none. */
  public Optional<KeyMaterial> find(String party) {
    return registry
        .findApplication(requireNonNull(party, "party"))
        .flatMap(
            site ->
                inUse(keys, site).stream()
                    .findFirst()
                    .map(key -> keys.publicPart(site.id(), key.id())));
  }

  /**
   * Destroys the keys by which the party is proven; does nothing if there are none.
   *
   * @throws IllegalArgumentException if the party is this site
   */
  public void delete(String party) {
    requireOther(party);
    transactions.run(
        transaction -> {
          KeyRing joined = keys.joining(transaction);
          registry
              .joining(transaction)
              .findApplication(party)
              .ifPresent(
                  site -> inUse(joined, site).forEach(key -> joined.destroy(site.id(), key.id())));
        });
  }

  private void requireOther(String party) {
    Check.that(
        !requireNonNull(party, "party").equalsIgnoreCase(ownParty),
        "party_id must not be this site's own");
  }

  private Application site(Transaction transaction, String party) {
    Registry joined = registry.joining(transaction);
    return joined.findApplication(party).orElseGet(() -> joined.register(Application.named(party)));
  }

  private static List<Key> others(KeyRing ring, Application site, Key own) {
    return inUse(ring, site).stream().filter(key -> key.id() != own.id()).toList();
  }

  private static List<Key> inUse(KeyRing ring, Application site) {
    List<Key> found = new ArrayList<>();
    List<Key> page = ring.keys(site.id(), Long.MAX_VALUE, PAGE);
    while (!page.isEmpty()) {
      page.stream()
          .filter(key -> key.purpose() == Key.Purpose.SITE)
          .filter(key -> IN_USE.contains(key.state()))
          .forEach(found::add);
      page = ring.keys(site.id(), page.get(page.size() - 1).id(), PAGE);
    }
    return found;
  }
}
