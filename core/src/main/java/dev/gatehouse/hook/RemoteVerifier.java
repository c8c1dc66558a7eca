package dev.gatehouse.hook;

import static java.util.Objects.requireNonNull;

import dev.gatehouse.registry.Application;
import dev.gatehouse.registry.Registry;
import dev.gatehouse.signing.Verified;
import dev.gatehouse.signing.Verifier;
import dev.gatehouse.transport.Request;
import java.util.function.Function;

/** Verifies by asking a hook. Safe for use by multiple threads. */
final class RemoteVerifier implements Verifier {
  private final Registry registry;

  /** Asks the hook, and tells the name of the application. */
  private final Function<Request, String> hook;

  RemoteVerifier(Registry registry, Function<Request, String> hook) {
    this.registry = registry;
    this.hook = hook;
  }

  @Override
  public Verified verify(Request request) {
    String name = hook.apply(requireNonNull(request, "request"));
    Application application =
        registry
            .findApplication(name)
            .filter(one -> one.status() == Application.Status.ENABLED)
            .orElseThrow(() -> refused("the party is no application here that is enabled"));
    return new Verified(application, request);
  }

  @Override
  public Verifier from(Application application) {
    requireNonNull(application, "application");
    return new RemoteVerifier(
        registry,
        request -> {
          String name = hook.apply(request);
          boolean same =
              registry
                  .findApplication(name)
                  .filter(found -> found.id() == application.id())
                  .isPresent();
          if (!same) {
            throw refused("the request is another application's");
          }
          return name;
        });
  }

  private static HookRefusedException refused(String message) {
    return HookRefusedException.stranger(message);
  }
}
