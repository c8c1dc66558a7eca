package dev.gatehouse.hook;

import static java.util.Objects.requireNonNull;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.gatehouse.error.LimitException;
import dev.gatehouse.error.NotFoundException;
import dev.gatehouse.json.Json;
import dev.gatehouse.registry.Endpoint;
import dev.gatehouse.registry.Registry;
import dev.gatehouse.registry.Server;
import dev.gatehouse.registry.ServiceCall;
import dev.gatehouse.transport.Request;
import dev.gatehouse.transport.Response;
import dev.gatehouse.transport.Transport;
import java.time.Duration;
import java.util.concurrent.CancellationException;

/**
 * Asks the hooks of one server, which the host itself registered, each once, as the registry calls
 * any service: by the registered method, with a JSON body, as far as the transport takes one; the
 * registered params and headers are not used. Of the answers only those of status 200 count. Safe
 * for use by multiple threads.
 */
final class HookClient {
  /** Longest answer in bytes, whatever the transport keeps. */
  private static final int MAX_ANSWER = (64 << 10) - 1;

  private static final int OK = 200;

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
   * @throws HookException if it is not registered by the host, is asked too often at a time, does
   *     not answer in time, or answers with another status than 200, 64 KiB or more, or what is no
   *     JSON object; or if the request would be too large
   */
  HookAnswer ask(Hook hook, ObjectNode body) {
    Response response = send(hook, body);
    if (response.status() != OK) {
      throw new HookException(hook.failed("status code " + response.status()));
    }
    return new HookAnswer(object(hook, response));
  }

  boolean isRegistered(Hook hook) {
    return registry.findService(server, hook.service()).isPresent();
  }

  private static Request request(Hook hook, Endpoint endpoint, ObjectNode body) {
    ObjectNode sent = body;
    if (hook.mergesData()) {
      sent = (ObjectNode) Json.parse(endpoint.data(), "data");
      sent.setAll(body);
    }
    return Request.of(endpoint.method(), endpoint.uri())
        .header("Content-Type", "application/json")
        .body(Json.bytes(sent));
  }

  /**
   * Whatever the transport or the host's balancer throws refuses, too. The cause tells addresses,
   * which the message, of which whoever is refused may hear, does not.
   */
  private Response send(Hook hook, ObjectNode body) {
    ServiceCall call =
        ServiceCall.by(endpoint -> request(hook, endpoint, body))
            .once()
            .within(timeout)
            .over(transport)
            .ofHost();
    try {
      return registry.call(server, hook.service(), call);
    } catch (NotFoundException e) {
      throw new HookException(hook.notFound(server));
    } catch (LimitException e) {
      throw new HookException(hook.failed("too many requests are under way"));
    } catch (CancellationException e) {
      throw new HookException(hook.failed("interrupted"));
    } catch (IllegalArgumentException e) {
      throw new HookException(hook.failed("the request cannot be made"), e);
    } catch (RuntimeException e) {
      throw new HookException(hook.failed("no answer"), e);
    }
  }

  private static JsonNode object(Hook hook, Response response) {
    byte[] body = response.body();
    if (body.length > MAX_ANSWER || isCut(response, body.length)) {
      throw new HookException(hook.failed("the answer is too long"));
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

  /** Whether the end is missing, be it that the transport does not say so. */
  private static boolean isCut(Response response, int length) {
    return response.isTruncated()
        || response
            .headers()
            .first("Content-Length")
            .filter(said -> !said.equals(Integer.toString(length)))
            .isPresent();
  }
}
