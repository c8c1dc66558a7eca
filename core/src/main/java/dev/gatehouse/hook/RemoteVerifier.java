package dev.gatehouse.hook;

import static java.util.Objects.requireNonNull;

import dev.gatehouse.registry.Application;
import dev.gatehouse.signing.Verified;
import dev.gatehouse.signing.Verifier;
import dev.gatehouse.transport.Request;
import java.util.Optional;
import java.util.function.Function;

/** Verifies by asking a hook. Safe for use by multiple threads. */
final class RemoteVerifier implements Verifier {
  /** Asks the hook, and finds the application. */
  private final Function<Request, Optional<Application>> hook;

  RemoteVerifier(Function<Request, Optional<Application>> hook) {
    this.hook = hook;
  }

  @Override
  public Verified verify(Request request) {
    Application application =
        hook.apply(requireNonNull(request, "request"))
            .filter(one -> one.status() == Application.Status.ENABLED)
            .orElseThrow(() -> refused("the party is no application here that is enabled"));
    return new Verified(application, request);
  }

  @Override
  public Verifier from(Application application) {
    long id = application.id();
    return new RemoteVerifier(
        request -> {
          Optional<Application> found = hook.apply(request);
          if (found.filter(one -> one.id() == id).isEmpty()) {
            throw refused("the request is another application's");
          }
          return found;
        });
  }

  private static HookRefusedException refused(String message) {
    return HookRefusedException.stranger(message);
  }
}
