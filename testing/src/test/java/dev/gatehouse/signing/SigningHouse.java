package dev.gatehouse.signing;

import dev.gatehouse.audit.AuditLog;
import dev.gatehouse.audit.AuditRecord;
import dev.gatehouse.observe.GatehouseListener;
import dev.gatehouse.registry.Application;
import dev.gatehouse.registry.Registry;
import dev.gatehouse.registry.Secret;
import dev.gatehouse.storage.Storage;
import dev.gatehouse.storage.memory.MemoryStorage;
import dev.gatehouse.testing.fixture.ManualClock;
import java.lang.reflect.InvocationHandler;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/** What signing stands on, with the one application of the published vectors. */
final class SigningHouse {
  static final long ID = 7;
  static final String APP_KEY = "Kp7vQ2mXc9RtZ4aB";
  static final Secret SECRET = Secret.of("nE3wS8hYdL5uJ1fGk6oT0pCiVbMxWqRz");

  final ManualClock clock = new ManualClock(Instant.ofEpochSecond(1_700_000_000));
  final Storage storage = MemoryStorage.create(clock);
  final List<AuditRecord> audited = new CopyOnWriteArrayList<>();
  final List<String> refused = new CopyOnWriteArrayList<>();
  final List<String> keyQueries = new CopyOnWriteArrayList<>();
  final List<String> nonceClaims = new CopyOnWriteArrayList<>();
  final AtomicLong ids = new AtomicLong();
  final KeyStore keyStore = spy(KeyStore.class, storage.keys(), keyQueries);
  final NonceStore nonceStore = spy(NonceStore.class, storage.nonces(), nonceClaims);
  final KeyRing keys = keyRing(null);
  private final Map<String, Application> applications = new ConcurrentHashMap<>();

  /** How far ahead retries are said to reach. */
  volatile Duration pending = Duration.ZERO;

  volatile @Nullable RuntimeException auditFailure;

  SigningHouse() {
    status(Application.Status.ENABLED);
    clock.set(Instant.ofEpochSecond(1_700_000_100));
  }

  /** The house of the published vectors: the application has their key. */
  static SigningHouse withPublishedKey() {
    SigningHouse house = new SigningHouse();
    house.keys.importKey(ID, SECRET);
    return house;
  }

  /** A key ring of its own over the same storage, as on another node. */
  KeyRing keyRing(@Nullable MasterKey masterKey) {
    return KeyRing.create(keys(masterKey));
  }

  /** As on another node, for which only the house's clock goes on. */
  KeyRing node() {
    return StoredKeyRing.create(keys(null), () -> 0);
  }

  private KeyRing.Configuration keys(@Nullable MasterKey masterKey) {
    return new KeyRing.Configuration(
        keyStore,
        storage,
        ids::incrementAndGet,
        clock,
        audit(),
        masterKey,
        (transaction, applicationId, now) -> applicationId == ID ? pending : Duration.ZERO);
  }

  Application application() {
    return applications.get(APP_KEY);
  }

  void status(Application.Status status) {
    register(
        Application.named("billing-worker")
            .status(status)
            .registered(ID, APP_KEY, Instant.EPOCH, null));
  }

  void register(Application application) {
    applications.put(application.appKey(), application);
  }

  Signer signer() {
    return Signer.create(application(), keys, SerendipityScheme.strict(), clock);
  }

  Verifier verifier() {
    return verifier(SerendipityScheme.strict());
  }

  Verifier verifier(Scheme scheme) {
    return verifier(scheme, keys, Verifier.Configuration.DEFAULT_NONCE_QUOTA);
  }

  Verifier verifier(Scheme scheme, KeyRing keyRing, int nonceQuota) {
    return Verifier.create(configuration(scheme, keyRing, nonceQuota));
  }

  Verifier.Configuration configuration() {
    return configuration(
        SerendipityScheme.strict(), keys, Verifier.Configuration.DEFAULT_NONCE_QUOTA);
  }

  private Verifier.Configuration configuration(Scheme scheme, KeyRing keyRing, int nonceQuota) {
    GatehouseListener listener =
        new GatehouseListener() {
          @Override
          public void signatureRefused(String reason) {
            refused.add(reason);
          }
        };
    return new Verifier.Configuration(
        registry(), keyRing, nonceStore, scheme, clock, audit(), listener, nonceQuota);
  }

  /** A registry of which only the look-ups by app key and by id are used. */
  private Registry registry() {
    return stub(
        Registry.class,
        (proxy, method, arguments) -> {
          if (method.getName().equals("findApplicationByKey")) {
            return Optional.ofNullable(applications.get((String) arguments[0]));
          }
          if (method.getName().equals("findApplication") && arguments[0] instanceof Long id) {
            return applications.values().stream().filter(found -> found.id() == id).findFirst();
          }
          throw new UnsupportedOperationException(method.toString());
        });
  }

  /** A log that keeps what is written, also what is then rolled back. */
  AuditLog audit() {
    return stub(
        AuditLog.class,
        (proxy, method, arguments) -> {
          if (method.getName().equals("joining")) {
            return proxy;
          }
          if (!method.getName().equals("write")) {
            throw new UnsupportedOperationException(method.toString());
          }
          RuntimeException failure = auditFailure;
          if (failure != null) {
            throw failure;
          }
          audited.add((AuditRecord) arguments[0]);
          return arguments[0];
        });
  }

  List<String> auditContents() {
    return audited.stream().map(AuditRecord::content).toList();
  }

  private static <T> T stub(Class<T> type, InvocationHandler handler) {
    return type.cast(Proxy.newProxyInstance(type.getClassLoader(), new Class<?>[] {type}, handler));
  }

  /** The target, which notes down the names of the methods called, also within transactions. */
  static <T> T spy(Class<T> type, T target, List<String> calls) {
    return stub(
        type,
        (proxy, method, arguments) -> {
          calls.add(method.getName());
          try {
            Object result = method.invoke(target, arguments);
            return type.isInstance(result) ? spy(type, type.cast(result), calls) : result;
          } catch (InvocationTargetException e) {
            throw e.getCause();
          }
        });
  }
}
