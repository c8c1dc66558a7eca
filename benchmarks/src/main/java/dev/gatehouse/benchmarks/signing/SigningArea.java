package dev.gatehouse.benchmarks.signing;

import dev.gatehouse.benchmarks.Area;
import dev.gatehouse.benchmarks.Case;
import dev.gatehouse.benchmarks.Plan;
import dev.gatehouse.benchmarks.Subject;
import dev.gatehouse.benchmarks.database.Databases;
import dev.gatehouse.benchmarks.database.Servers;
import dev.gatehouse.signing.Key;
import dev.gatehouse.signing.MessageSignatureScheme;
import dev.gatehouse.signing.Scheme;
import dev.gatehouse.signing.SerendipityScheme;
import dev.gatehouse.signing.WechatPayScheme;
import java.security.GeneralSecurityException;
import java.security.KeyPairGenerator;
import java.security.spec.ECGenParameterSpec;
import java.security.spec.MGF1ParameterSpec;
import java.security.spec.PSSParameterSpec;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * Keys of every algorithm beside the bare primitive, and nonces. Not safe: confine to one thread.
 */
public final class SigningArea implements Area {
  private static final String GATEHOUSE = "gatehouse";
  private static final String JCA = "bare jca";
  private static final String BOUNCY_CASTLE = "bouncycastle";
  private static final int SHORT = 256;
  private static final int LONG = 16 << 10;

  private final Plan plan;
  private final Servers servers = new Servers();

  /** An area that measures as much as the plan says. */
  public SigningArea(Plan plan) {
    this.plan = plan;
  }

  @Override
  public List<Case> cases() {
    return List.of(
        hmac("1KiB", 1 << 10),
        hmac("256B", SHORT),
        hmac("16KiB", LONG),
        nonces(),
        nonces("postgresql", servers::postgres),
        nonces("mariadb", servers::mariaDb),
        refusals(),
        verifications(
            "hmac-sha256 serendipity 256B",
            SHORT,
            Key.Algorithm.HMAC_SHA256,
            SerendipityScheme.strict(),
            SerendipityScheme.strict(),
            () -> SignatureSide.bareMac("HmacSHA256")),
        ed25519("256B", SHORT),
        ed25519("16KiB", LONG),
        ecdsa("256B", SHORT),
        ecdsa("16KiB", LONG).atLength(),
        pkcs1("256B", SHORT),
        pkcs1("16KiB", LONG).atLength(),
        pss("256B", SHORT),
        pss("16KiB", LONG).atLength(),
        sm2("256B", SHORT),
        sm2("16KiB", LONG).atLength(),
        of(
                "rsa-pss-sha512 256B",
                SHORT,
                Key.Algorithm.RSA_PSS_SHA512,
                List.of(new Peer(JCA, () -> barePss("SHA-512", MGF1ParameterSpec.SHA512, 64))))
            .atLength(),
        of(
                "hmac-sha1 256B",
                SHORT,
                Key.Algorithm.HMAC_SHA1,
                List.of(new Peer(JCA, () -> SignatureSide.bareMac("HmacSHA1"))))
            .atLength(),
        of(
                "hmac-sm3 256B",
                SHORT,
                Key.Algorithm.HMAC_SM3,
                List.of(new Peer(BOUNCY_CASTLE, SignatureSide::bouncyCastleSm3)))
            .atLength(),
        hmacMessages("256B", SHORT),
        hmacMessages("16KiB", LONG),
        ed25519Messages("256B", SHORT),
        ed25519Messages("16KiB", LONG),
        rsaMessages("256B", SHORT),
        rsaMessages("16KiB", LONG),
        sm2Messages("256B", SHORT),
        sm2Messages("16KiB", LONG));
  }

  /** Someone with an implementation. */
  private record Peer(String name, SignatureSide.Opener opener) {}

  private Case of(String name, int length, Key.Algorithm algorithm, List<Peer> peers) {
    SignatureRates rates = new SignatureRates(plan, name, length);
    List<Subject> subjects = new ArrayList<>();
    subjects.add(rates.subject(GATEHOUSE, () -> SignatureSide.gatehouse(algorithm)));
    peers.forEach(peer -> subjects.add(rates.subject(peer.name(), peer.opener())));
    return Case.of(name, rates.metrics(), subjects).inTurns(SignatureRates.TURNS);
  }

  private Case hmac(String length, int bytes) {
    return of(
        "hmac-sha256 " + length,
        bytes,
        Key.Algorithm.HMAC_SHA256,
        List.of(new Peer(JCA, () -> SignatureSide.bareMac("HmacSHA256"))));
  }

  private Case ed25519(String length, int bytes) {
    return of(
        "ed25519 " + length,
        bytes,
        Key.Algorithm.ED25519,
        List.of(
            new Peer(BOUNCY_CASTLE, SignatureSide::bouncyCastleEd25519),
            new Peer(JCA, SigningArea::bareEd25519)));
  }

  private Case ecdsa(String length, int bytes) {
    return of(
        "ecdsa-p256 " + length,
        bytes,
        Key.Algorithm.ECDSA_P256_SHA256,
        List.of(
            new Peer(BOUNCY_CASTLE, SignatureSide::bouncyCastleEcdsa),
            new Peer(JCA, SigningArea::bareEcdsa)));
  }

  private Case pkcs1(String length, int bytes) {
    return of(
        "rsa-pkcs1 " + length,
        bytes,
        Key.Algorithm.RSA_PKCS1_SHA256,
        List.of(new Peer(JCA, SigningArea::barePkcs1)));
  }

  private Case pss(String length, int bytes) {
    return of(
        "rsa-pss " + length,
        bytes,
        Key.Algorithm.RSA_PSS_SHA256,
        List.of(new Peer(JCA, () -> barePss("SHA-256", MGF1ParameterSpec.SHA256, 32))));
  }

  private Case sm2(String length, int bytes) {
    return of(
        "sm2 " + length,
        bytes,
        Key.Algorithm.SM2_SM3,
        List.of(new Peer(BOUNCY_CASTLE, SignatureSide::bouncyCastleSm2)));
  }

  private static SignatureSide bareEd25519() throws GeneralSecurityException {
    return SignatureSide.bareSignature("Ed25519", null, KeyPairGenerator.getInstance("Ed25519"));
  }

  private static SignatureSide bareEcdsa() throws GeneralSecurityException {
    KeyPairGenerator generator = KeyPairGenerator.getInstance("EC");
    generator.initialize(new ECGenParameterSpec("secp256r1"));
    return SignatureSide.bareSignature("SHA256withECDSAinP1363Format", null, generator);
  }

  private static SignatureSide barePkcs1() throws GeneralSecurityException {
    return SignatureSide.bareSignature("SHA256withRSA", null, rsa());
  }

  private static SignatureSide barePss(String digest, MGF1ParameterSpec mask, int salt)
      throws GeneralSecurityException {
    PSSParameterSpec parameters = new PSSParameterSpec(digest, "MGF1", mask, salt, 1);
    return SignatureSide.bareSignature("RSASSA-PSS", parameters, rsa());
  }

  private static KeyPairGenerator rsa() throws GeneralSecurityException {
    KeyPairGenerator generator = KeyPairGenerator.getInstance("RSA");
    generator.initialize(2048);
    return generator;
  }

  private Case nonces() {
    NonceClaims claims = new NonceClaims(plan);
    return Case.of(
        "nonce claims memory",
        claims.metrics(),
        List.of(
            new Subject(GATEHOUSE, claims::gatehouse),
            new Subject("concurrent hash map", claims::rawMap)));
  }

  private Case nonces(String product, Databases databases) {
    StoredNonceClaims claims = new StoredNonceClaims(plan, product, databases);
    return Case.of(
        "nonce claims " + product,
        claims.metrics(),
        List.of(new Subject(GATEHOUSE, claims::gatehouse), new Subject("raw jdbc", claims::raw)));
  }

  private Case refusals() {
    Refusals refusals = new Refusals(plan);
    return Case.of(
        "refusals h2",
        refusals.metrics(),
        List.of(
            new Subject(GATEHOUSE, refusals::known),
            new Subject("of strangers", refusals::strangers)));
  }

  private Case hmacMessages(String length, int bytes) {
    return messages(
        "hmac-sha256",
        length,
        bytes,
        Key.Algorithm.HMAC_SHA256,
        () -> SignatureSide.bareMac("HmacSHA256"));
  }

  private Case ed25519Messages(String length, int bytes) {
    return messages(
            "ed25519", length, bytes, Key.Algorithm.ED25519, SignatureSide::bouncyCastleEd25519)
        .atLength();
  }

  private Case rsaMessages(String length, int bytes) {
    return messages(
            "rsa-pkcs1", length, bytes, Key.Algorithm.RSA_PKCS1_SHA256, SigningArea::barePkcs1)
        .atLength();
  }

  private Case messages(
      String name,
      String length,
      int bytes,
      Key.Algorithm algorithm,
      SignatureSide.Opener primitive) {
    MessageSignatureScheme scheme = MessageSignatureScheme.create();
    return verifications(name + " rfc9421 " + length, bytes, algorithm, scheme, scheme, primitive);
  }

  private Case sm2Messages(String length, int bytes) {
    return verifications(
            "sm2 wechatpay " + length,
            bytes,
            Key.Algorithm.SM2_SM3,
            WechatPayScheme.platform("1").only(Key.Algorithm.SM2_SM3),
            WechatPayScheme.merchant("1", "1").only(Key.Algorithm.SM2_SM3),
            SignatureSide::bouncyCastleSm2)
        .atLength();
  }

  private Case verifications(
      String name,
      int length,
      Key.Algorithm algorithm,
      Scheme signing,
      Scheme verifying,
      SignatureSide.Opener primitive) {
    WholeVerifications whole =
        new WholeVerifications(plan, name, length, algorithm, signing, verifying, primitive);
    return Case.of(
        "whole " + name,
        whole.metrics(),
        List.of(new Subject(GATEHOUSE, whole::gatehouse), new Subject("primitive", whole::bare)));
  }

  @Override
  public Map<String, String> versions() {
    return servers.versions();
  }

  @Override
  public void close() {
    servers.close();
  }
}
