package dev.gatehouse.scheduler;

import static java.util.Objects.requireNonNull;

import dev.gatehouse.registry.Application;
import dev.gatehouse.registry.Registry;
import dev.gatehouse.signing.Signer;
import dev.gatehouse.transaction.Transactions;
import dev.gatehouse.transport.Transport;
import java.util.Optional;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * What it takes to call applications back. Immutable.
 *
 * @param registry tells, afresh for each attempt, whether an application may act and where its
 *     callback is
 * @param signers signs in the application's name; asked for each attempt, so that a new key counts
 *     at once
 * @param transport posts; null if callbacks cannot be made here: then they fail for good
 */
public record Callbacks(
    Registry registry, Function<Application, Signer> signers, @Nullable Transport transport) {
  /** Checks that nothing else is missing. */
  public Callbacks {
    requireNonNull(registry, "registry");
    requireNonNull(signers, "signers");
  }

  /** As the storage knows it, if the registry's memory does not: it may be new on another node. */
  Optional<Application> application(long id, Transactions transactions) {
    return registry
        .findApplication(id)
        .or(
            () ->
                transactions.call(
                    transaction -> registry.joining(transaction).findApplication(id)));
  }
}
