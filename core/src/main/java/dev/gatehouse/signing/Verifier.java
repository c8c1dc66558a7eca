package dev.gatehouse.signing;

import static java.util.Objects.requireNonNull;

import dev.gatehouse.audit.AuditLog;
import dev.gatehouse.check.Check;
import dev.gatehouse.observe.GatehouseListener;
import dev.gatehouse.registry.Application;
import dev.gatehouse.registry.Registry;
import dev.gatehouse.transport.Request;
import java.time.InstantSource;

/**
 * Verifies that requests come from whom they claim, unaltered and fresh.
 *
 * <p>In this order: the form of the headers, the key, the time, the signature, the content, and
 * last the nonce, so that nobody without a key can use up room for nonces. Whether a key is
 * unknown, its application not enabled or the signature wrong, the answer and its cost are the
 * same. The claim of the nonce is the only I/O for a request that is accepted, but for a look twice
 * a second for keys and applications that changed. All keys are read into memory first: 1 to 5 KiB
 * each, private keys of RSA 7 KiB.
 *
 * <p>Refusals are audited, those where the storage fails among them as far as it takes records
 * ({@code UNVERIFIABLE}), but no flood of them floods the log: of each reason the first five in ten
 * seconds are recorded one by one, the others counted, and the count is recorded when the next
 * request comes in after those ten seconds. A count that is open when the process ends is lost; the
 * listener hears of every refusal. A failure to audit is logged and changes no refusal.
 *
 * <p>A store of nonces that forgets with the process cannot tell a replay of what was signed
 * before; where the scheme needs nonces, timestamps before the second in which the store was made
 * are refused then. What was signed by a clock that runs ahead can still be replayed just after a
 * restart: keep nonces in a database where that matters. Wherever they are kept, a nonce is
 * remembered for a minute longer than its request could be accepted by this verifier: a clock that
 * is set back by more lets it be replayed, and so does another verifier over the same store that
 * judges the application's requests with a wider tolerance. Let them have the same.
 *
 * <p>Safe for use by multiple threads.
 */
public interface Verifier {
  /** A verifier. Does no I/O. */
  static Verifier create(Configuration configuration) {
    return new KeyRingVerifier(requireNonNull(configuration, "configuration"));
  }

  /**
   * Returns only if the request is proven; its nonce is then used up.
   *
   * @param request with the exact bytes of the body as received
   * @return whose request it is, and its body, parsed if asked
   * @throws dev.gatehouse.error.AuthenticationException if it is not proven, with the reason
   * @throws dev.gatehouse.error.StorageException if that could not be found out
   */
  Verified verify(Request request);

  /**
   * This verifier for what that application signs, and nobody else: whomever a request names, only
   * that application's keys prove it. Schemes that do not tell who signed need it. How long a
   * refusal takes tells how many keys the application has.
   */
  Verifier from(Application application);

  /**
   * What a verifier is made of.
   *
   * @param registry knows the applications
   * @param keys knows their keys
   * @param nonces remembers what was used
   * @param scheme by which requests are signed
   * @param clock judges timestamps
   * @param audit records refusals
   * @param listener hears of refusals
   * @param nonceQuota most nonces of one application remembered at a time, 1 or more; beyond it the
   *     application's requests are refused until some expire
   */
  record Configuration(
      Registry registry,
      KeyRing keys,
      NonceStore nonces,
      Scheme scheme,
      InstantSource clock,
      AuditLog audit,
      GatehouseListener listener,
      int nonceQuota) {
    /**
     * A quota for 1,600 requests a second by one application, if each is remembered for 600 s; in
     * memory, up to 150 MiB when used up.
     */
    public static final int DEFAULT_NONCE_QUOTA = 1_000_000;

    /** Checks that nothing is missing. */
    public Configuration {
      requireNonNull(registry, "registry");
      requireNonNull(keys, "keys");
      requireNonNull(nonces, "nonces");
      requireNonNull(scheme, "scheme");
      requireNonNull(clock, "clock");
      requireNonNull(audit, "audit");
      requireNonNull(listener, "listener");
      Check.range(nonceQuota, 1, Integer.MAX_VALUE, "nonceQuota");
    }
  }
}
