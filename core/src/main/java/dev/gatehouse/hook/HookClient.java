package dev.gatehouse.hook;

import static java.util.Objects.requireNonNull;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.gatehouse.error.NotFoundException;
import dev.gatehouse.error.TransportException;
import dev.gatehouse.json.Json;
import dev.gatehouse.registry.Endpoint;
import dev.gatehouse.registry.Registry;
import dev.gatehouse.registry.Server;
import dev.gatehouse.transport.Deadline;
import dev.gatehouse.transport.Request;
import dev.gatehouse.transport.Response;
import dev.gatehouse.transport.Transport;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;

/**
 * Asks the hooks of one server, each once: by the registered method, with a JSON body, as far as
 * the transport takes one; the registered params and headers are not used. Of the answers only
 * those of status 200 count. Safe for use by multiple threads.
 */
final class HookClient {
  private static final int MAX_ANSWER = 64 << 10;
  private static final int OK = 200;

  /** A request ends by its deadline; this is for a transport that breaks its own rule. */
  private static final Duration GRACE = Duration.ofSeconds(1);

  private final Registry registry;
  private final Transport transport;
  private final String server;
  private final Duration timeout;

  HookClient(Registry registry, Transport transport, String server, Duration timeout) {
    this.registry = requireNonNull(registry, "registry");
    this.transport = requireNonNull(transport, "transport");
    this.server = Server.named(server).at("h", 1).name();
    this.timeout = timeout;
  }

  /**
   * What the hook answers.
   *
   * @throws HookException if it is not registered, does not answer in time, or answers with another
   *     status than 200, more than 64 KiB, or what is no JSON object
   */
  HookAnswer ask(Hook hook, ObjectNode body) {
    Endpoint endpoint = endpoint(hook);
    ObjectNode sent = body;
    if (hook.mergesData()) {
      sent = (ObjectNode) Json.parse(endpoint.data(), "data");
      sent.setAll(body);
    }
    Request request =
        Request.of(endpoint.method(), endpoint.uri())
            .header("Content-Type", "application/json")
            .body(Json.bytes(sent));
    Response response = send(hook, request);
    if (response.status() != OK) {
      throw new HookException(hook.failed("status code " + response.status()));
    }
    return new HookAnswer(object(hook, response.body()));
  }

  boolean isRegistered(Hook hook) {
    return registry.findService(server, hook.service()).isPresent();
  }

  private Endpoint endpoint(Hook hook) {
    try {
      return registry.resolve(server, hook.service());
    } catch (NotFoundException e) {
      throw new HookException(hook.notFound(server));
    } catch (TransportException e) {
      throw unanswered(hook, e);
    }
  }

  private Response send(Hook hook, Request request) {
    CompletableFuture<Response> exchange;
    try {
      exchange = transport.send(request, Deadline.in(timeout)).toCompletableFuture();
      return exchange.get(timeout.plus(GRACE).toNanos(), TimeUnit.NANOSECONDS);
    } catch (ExecutionException e) {
      throw unanswered(hook, e.getCause());
    } catch (TimeoutException | TransportException e) {
      throw unanswered(hook, e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new HookException(hook.failed("interrupted"));
    }
  }

  /**
   * The cause tells addresses, which the message, of which whoever is refused may hear, does not.
   */
  private static HookException unanswered(Hook hook, @Nullable Throwable cause) {
    return new HookException(hook.failed("no answer"), cause);
  }

  private static JsonNode object(Hook hook, byte[] body) {
    if (body.length > MAX_ANSWER) {
      throw new HookException(hook.failed("the answer has more than " + MAX_ANSWER + " bytes"));
    }
    try {
      JsonNode answer = Json.parse(body, "answer");
      if (answer.isObject()) {
        return answer;
      }
    } catch (IllegalArgumentException e) {
      throw new HookException(hook.failed("the answer is not JSON"));
    }
    throw new HookException(hook.failed("the answer is no JSON object"));
  }
}
