package dev.gatehouse.transport.http.api;

import com.fasterxml.jackson.databind.JsonNode;
import dev.gatehouse.Gatehouse;
import dev.gatehouse.Joined;
import dev.gatehouse.error.AuthenticationException;
import dev.gatehouse.error.ConflictException;
import dev.gatehouse.json.Json;
import dev.gatehouse.registry.Application;
import dev.gatehouse.registry.RetryPolicy;
import dev.gatehouse.registry.Secret;
import dev.gatehouse.signing.Key;
import dev.gatehouse.signing.KeyMaterial;
import dev.gatehouse.signing.SerendipityScheme;
import dev.gatehouse.signing.SignedHeaders;
import dev.gatehouse.signing.Signer;
import dev.gatehouse.signing.Verifier;
import dev.gatehouse.transport.Headers;
import dev.gatehouse.transport.Request;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.InstantSource;
import java.time.ZoneId;
import java.util.Optional;
import java.util.function.Predicate;
import java.util.regex.Pattern;

/** Routes 1 and 2 of Serendipity-job: its applications. Safe for use by multiple threads. */
final class SerendipityApplications {
  /** Which keys an application gets, of the one secret. */
  enum Issued {
    OWN_KEY,
    FATE_KEY_TOO
  }

  static final String NOT_CREATED = "创建应用失败!";
  private static final String CREATED = "Ok!";
  static final String UNKNOWN = "Unknown Application Key#";
  private static final Pattern APP_KEY = Pattern.compile("[A-Za-z0-9]{16}");
  private static final Pattern SECRET = Pattern.compile("[!-~]{16,256}");
  private static final URI ANY = URI.create("/");
  private static final int DEFAULT_STEP = 5;
  private static final int DEFAULT_RETRIES = 5;

  private final Gatehouse gatehouse;
  private final InstantSource clock;
  private final ZoneId zone;
  private final Predicate<URI> callable;
  private final Issued issued;
  private final SerendipityScheme scheme = SerendipityScheme.compat();
  private final Verifier verifier;

  SerendipityApplications(
      Gatehouse gatehouse,
      InstantSource clock,
      ZoneId zone,
      Predicate<URI> callable,
      Issued issued) {
    this.gatehouse = gatehouse;
    this.clock = clock;
    this.zone = zone;
    this.callable = callable;
    this.issued = issued;
    verifier = gatehouse.verifier(scheme);
  }

  ApiResponse create(Call call) {
    Application.Draft draft = draft(new Fields(call.object()));
    Application created;
    try {
      created = gatehouse.inTransaction(joined -> register(joined, draft));
    } catch (ConflictException e) {
      throw Fields.invalid("an application of that name is registered");
    }
    Secret secret = created.secret().orElseThrow();
    return SerendipityApi.success(CREATED, bundle(created, secret.reveal()));
  }

  /** Without a secret, an application of the name was there before: nothing of it may change. */
  private Application register(Joined joined, Application.Draft draft) {
    if (joined.registry().findApplication(draft.name()).isPresent()) {
      throw new ConflictException("taken");
    }
    Application created = joined.registry().register(draft);
    if (created.secret().isEmpty()) {
      throw new ConflictException("taken meanwhile");
    }
    if (issued == Issued.FATE_KEY_TOO) {
      KeyMaterial material =
          material(Key.Algorithm.HMAC_SHA1, created.secret().orElseThrow().reveal());
      joined.keys().importKey(created.id(), Key.Purpose.REQUEST, material);
    }
    return created;
  }

  private Application.Draft draft(Fields fields) {
    int step = fields.findInt("step", 0, 3_600).orElse(DEFAULT_STEP);
    int retries = fields.findInt("retryTotal", 0, 10).orElse(DEFAULT_RETRIES);
    String link = fields.text("linkUrl");
    String remark =
        fields
            .findText("remark")
            .orElseGet(() -> clock.instant().atZone(zone).format(DueTime.LOCAL));
    Application.Draft draft;
    try {
      draft =
          Application.named(fields.text("appName"))
              .callback(link)
              .retryPolicy(RetryPolicy.linear(Duration.ofSeconds(step), retries))
              .remark(remark);
    } catch (IllegalArgumentException e) {
      throw Fields.invalid(String.valueOf(e.getMessage()));
    }
    Fields.require(callable.test(URI.create(link)), "linkUrl may not be called from here");
    return draft;
  }

  ApiResponse refresh(Call call) {
    Fields fields = new Fields(call.object());
    String appKey = fields.text("app_key");
    String secret = fields.text("secret_key");
    if (!APP_KEY.matcher(appKey).matches() || !SECRET.matcher(secret).matches()) {
      throw new RefusedException(
          Refusal.UNAUTHENTICATED,
          "the key or secret of an application is malformed",
          SerendipityApi.failure(UNKNOWN));
    }
    Optional<Application> application = gatehouse.registry().findApplicationByKey(appKey);
    String name = application.map(Application::name).orElse("");
    SignedHeaders signed = sign(appKey, secret, name);
    try {
      // Whether the secret is right shows in what is signed with it: nothing stored is read out.
      Application owner = verifier.verify(signed.addTo(request(name))).application();
      return SerendipityApi.success(CREATED, bundle(owner.appKey(), secret, signed));
    } catch (AuthenticationException e) {
      return SerendipityApi.failure(UNKNOWN);
    }
  }

  private JsonNode bundle(Application application, String secret) {
    SignedHeaders signed = sign(application.appKey(), secret, application.name());
    return bundle(application.appKey(), secret, signed);
  }

  private static JsonNode bundle(String appKey, String secret, SignedHeaders signed) {
    Headers headers = signed.headers();
    return Json.object()
        .put("nonce", headers.first("nonce").orElseThrow())
        .put("timestamps", headers.first("timestamps").orElseThrow())
        .put("signature", headers.first("signature").orElseThrow())
        .put("appKey", appKey)
        .put("payload", headers.first("payload").orElseThrow())
        .put("secretKey", secret);
  }

  /** The payload that is issued is the digest of the application's name. */
  private SignedHeaders sign(String appKey, String secret, String name) {
    KeyMaterial material =
        KeyMaterial.secret(Key.Algorithm.HMAC_SHA256, secret.getBytes(StandardCharsets.US_ASCII));
    return Signer.of(appKey, material, scheme, clock).sign(request(name));
  }

  private static KeyMaterial material(Key.Algorithm algorithm, String secret) {
    return KeyMaterial.secret(algorithm, secret.getBytes(StandardCharsets.US_ASCII));
  }

  private static Request request(String name) {
    return Request.post(ANY, name);
  }
}
