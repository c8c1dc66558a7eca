package dev.gatehouse.transport.http.api;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.gatehouse.Gatehouse;
import dev.gatehouse.error.NotFoundException;
import dev.gatehouse.error.TransportException;
import dev.gatehouse.registry.Endpoint;
import dev.gatehouse.transport.Deadline;
import dev.gatehouse.transport.Request;
import dev.gatehouse.transport.Response;
import dev.gatehouse.transport.Transport;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.concurrent.CompletionException;

/**
 * Calls the third-party hooks of FATE Flow: services of one server, by their names. What is not
 * registered, does not answer, or says anything but a whole number 0 as its code, fails. Safe for
 * use by multiple threads.
 */
final class FateHooks {
  /** Section 2.2 of FATE Flow: what is called, and what it is called in errors. */
  enum Hook {
    SIGNATURE("signature", "signature error", "signature"),
    SITE_AUTHENTICATION("site_authentication", "site authentication error", "site_authentication"),
    CLIENT_AUTHENTICATION("client_authentication", "client authentication error", "authentication"),
    PERMISSION("permission", "permission check error", "permission");

    private final String service;
    private final String error;
    private final String url;

    Hook(String service, String error, String url) {
      this.service = service;
      this.error = error;
      this.url = url;
    }
  }

  private static final Duration TIME = Duration.ofSeconds(10);

  private final Gatehouse gatehouse;
  private final Transport transport;
  private final String server;

  FateHooks(Gatehouse gatehouse, Transport transport, String server) {
    this.gatehouse = gatehouse;
    this.transport = transport;
    this.server = server;
  }

  /**
   * What the hook answers, an object.
   *
   * @param body what it is told; of the two hooks between sites, with the data that the service was
   *     registered with under it
   * @throws RefusedException if it does not answer so: retcode 100
   */
  JsonNode call(Hook hook, ObjectNode body) {
    Endpoint endpoint;
    try {
      endpoint = gatehouse.registry().resolve(server, hook.service);
    } catch (NotFoundException e) {
      throw failed(hook, "no found server " + server + " service " + hook.service);
    }
    boolean merged = hook == Hook.SIGNATURE || hook == Hook.SITE_AUTHENTICATION;
    ObjectNode sent = merged ? (ObjectNode) FateJson.read(bytes(endpoint.data())) : body;
    if (merged) {
      sent.setAll(body);
    }
    Response response = send(hook, endpoint, sent);
    if (response.status() != 200) {
      throw failed(hook, "request " + hook.url + " url failed, status code " + response.status());
    }
    JsonNode answer = FateJson.read(response.body());
    if (!answer.isObject()) {
      throw failed(hook, "request " + hook.url + " url failed, the answer is no JSON object");
    }
    return answer;
  }

  /** Whether there is such a hook. */
  boolean isRegistered(Hook hook) {
    return gatehouse.registry().findService(server, hook.service).isPresent();
  }

  private Response send(Hook hook, Endpoint endpoint, ObjectNode body) {
    Request request =
        Request.of(endpoint.method(), endpoint.uri())
            .header("Content-Type", "application/json")
            .body(bytes(FateJson.unsorted(body)));
    try {
      return transport.send(request, Deadline.in(TIME)).toCompletableFuture().join();
    } catch (CompletionException e) {
      if (e.getCause() instanceof TransportException) {
        throw failed(hook, "request " + hook.url + " url failed, no answer");
      }
      throw e;
    }
  }

  private static RefusedException failed(Hook hook, String why) {
    return FateJson.refused("Exception", hook.error + ": " + why);
  }

  /** Whether the answer lets pass: its code is the whole number 0, not false, nor a text. */
  static boolean passes(JsonNode answer) {
    JsonNode code = answer.path("code");
    return code.isIntegralNumber() && code.canConvertToInt() && code.intValue() == 0;
  }

  /** The code of an answer that does not let pass; 109 if it tells none. */
  static int code(JsonNode answer) {
    JsonNode code = answer.path("code");
    return code.isIntegralNumber() && code.canConvertToInt() && code.intValue() != 0
        ? code.intValue()
        : 109;
  }

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }
}
