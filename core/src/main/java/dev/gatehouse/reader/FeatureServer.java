package dev.gatehouse.reader;

import static java.util.Objects.requireNonNull;

import dev.gatehouse.check.Check;
import dev.gatehouse.error.LimitException;
import dev.gatehouse.error.NotFoundException;
import dev.gatehouse.error.TransportException;
import dev.gatehouse.registry.Endpoint;
import dev.gatehouse.registry.Registry;
import dev.gatehouse.registry.ServiceCall;
import dev.gatehouse.transport.BodySource;
import dev.gatehouse.transport.Deadline;
import dev.gatehouse.transport.Request;
import dev.gatehouse.transport.Response;
import dev.gatehouse.transport.StreamedResponse;
import dev.gatehouse.transport.Transport;
import java.io.IOException;
import java.net.URI;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * The third party's three services, called through the registry, so that health, breaker and limits
 * hold for them as for all others. They are called once each, on a server that the host itself
 * registered: ids go to nobody else's. Safe for use by multiple threads.
 */
final class FeatureServer {
  /** Of an answer to an upload, or of one that tells why there is no download. */
  private static final int MAX_ANSWER = 64 << 10;

  private final Registry registry;
  private final @Nullable Transport transport;
  private final ReaderOptions options;

  FeatureServer(Registry registry, @Nullable Transport transport, ReaderOptions options) {
    this.registry = registry;
    this.transport = transport;
    this.options = options;
  }

  /**
   * Throws {@link NotFoundException} unless all three services are registered, and {@link
   * IllegalArgumentException} if one is by a method that carries no body the way it has to.
   */
  void requireServices(String server) {
    for (String service : List.of("upload", "query", "download")) {
      requireMethod(service, registry.service(server, service).method());
    }
  }

  private static void requireMethod(String service, String method) {
    boolean hasBodies = !method.equals("HEAD") && !method.equals("GET");
    Check.that(
        hasBodies || (service.equals("download") && method.equals("GET")),
        () -> service + " must be registered with a method that has a body, was with " + method);
  }

  /** What was answered to an upload, and the address of the instance that did; empty if any may. */
  record Uploaded(Response answer, String instance) {}

  /** Blocks until the ids are sent and answered. */
  Uploaded upload(Step step, IdsBody body) {
    AtomicReference<String> instance = new AtomicReference<>("");
    try (StreamedResponse answer =
        stream(
            step,
            "upload",
            endpoint -> {
              if (options.jobs() == ReaderOptions.Jobs.OF_ONE_INSTANCE) {
                instance.set(endpoint.uri().getRawAuthority().toLowerCase(Locale.ROOT));
              }
              return request("upload", endpoint, RequestBody.ofUpload(endpoint, step.reading()))
                  .onlyHeader("Content-Type", body.contentType());
            },
            options.transferTimeout(),
            body)) {
      return new Uploaded(whole(answer), requireNonNull(instance.get()));
    }
  }

  Response query(Step step) {
    return call(
        step,
        "query",
        endpoint ->
            request("query", endpoint, endpoint.uri())
                .onlyHeader("Content-Type", "application/json")
                .body(RequestBody.ofQuery(step.jobId())),
        options.queryTimeout(),
        sending());
  }

  /** The answer, which is to be closed; from a position on, if that can be gone on from. */
  StreamedResponse download(Step step, Position from) {
    return stream(
        step,
        "download",
        endpoint -> {
          Request request =
              request("download", endpoint, RequestBody.ofDownload(endpoint, step.jobId()));
          return from.isResumable()
              ? request
                  .header("Range", "bytes=" + from.bytes() + "-")
                  .header("If-Range", from.validator())
              : request;
        },
        options.queryTimeout(),
        BodySource.of(new byte[0]));
  }

  /** As much of a body as an answer other than a download has. */
  static byte[] beginning(StreamedResponse answer, String stage) {
    return beginning(answer, stage, MAX_ANSWER);
  }

  private static byte[] beginning(StreamedResponse answer, String stage, int length) {
    try {
      return answer.body().readNBytes(length);
    } catch (IOException e) {
      throw ReadingFailedException.forNow(stage + " error: " + e.getMessage(), e);
    }
  }

  private static Response whole(StreamedResponse answer) {
    byte[] body = beginning(answer, "upload", MAX_ANSWER + 1);
    return body.length > MAX_ANSWER
        ? Response.truncated(answer.status(), answer.headers(), Arrays.copyOf(body, MAX_ANSWER))
        : Response.of(answer.status(), answer.headers(), body);
  }

  private StreamedResponse stream(
      Step step,
      String service,
      Function<Endpoint, Request> maker,
      Duration timeout,
      BodySource body) {
    HeadsOnly heads = new HeadsOnly(sending(), body, Deadline.in(options.transferTimeout()));
    boolean done = false;
    try {
      call(step, service, maker, timeout, heads);
      done = true;
      return heads.open();
    } finally {
      if (!done) {
        heads.abandon();
      }
    }
  }

  /** A part of an answer is asked for only where it is known what part. */
  private static Request request(String service, Endpoint endpoint, URI uri) {
    requireMethod(service, endpoint.method());
    return Request.of(endpoint.method(), uri)
        .headers(endpoint.headers().without("Range").without("If-Range"));
  }

  private Response call(
      Step step,
      String service,
      Function<Endpoint, Request> maker,
      Duration timeout,
      Transport by) {
    ServiceCall call =
        ServiceCall.by(maker).once().within(timeout).ofHost().key(step.reading().number()).over(by);
    boolean isAnywhere = step.instance().isEmpty() || options.jobs() == ReaderOptions.Jobs.SHARED;
    try {
      return registry.call(
          step.reading().server(), service, isAnywhere ? call : call.at(step.instance()));
    } catch (LimitException e) {
      throw ReadingFailedException.noRoom(e);
    } catch (NotFoundException | TransportException e) {
      throw ReadingFailedException.forNow(service + " error: " + e.getMessage(), e);
    } catch (IllegalArgumentException e) {
      throw ReadingFailedException.forGood(service + " error: " + e.getMessage());
    }
  }

  private Transport sending() {
    if (transport == null) {
      throw ReadingFailedException.forGood("no transport: nothing can be read here");
    }
    return transport;
  }

  /**
   * Sends one request by streaming, and shows the head of the answer to a registry that knows of
   * whole answers only, and gives up when it does.
   */
  private static final class HeadsOnly implements Transport {
    private final Transport transport;
    private final BodySource body;
    private final Deadline whole;
    private volatile @Nullable StreamedResponse open;

    HeadsOnly(Transport transport, BodySource body, Deadline whole) {
      this.transport = transport;
      this.body = body;
      this.whole = whole;
    }

    StreamedResponse open() {
      return requireNonNull(open);
    }

    void abandon() {
      StreamedResponse late = open;
      if (late != null) {
        late.close();
      }
    }

    @Override
    public CompletionStage<Response> send(Request request, Deadline ofHead) {
      CompletableFuture<StreamedResponse> sent =
          transport.stream(request, body, whole).toCompletableFuture();
      CompletableFuture<Response> head = new CompletableFuture<>();
      CompletableFuture<StreamedResponse> unused =
          sent.whenComplete(
              (answer, failure) -> {
                if (answer == null) {
                  head.completeExceptionally(requireNonNull(failure));
                  return;
                }
                open = answer;
                if (!head.complete(Response.of(answer.status(), answer.headers(), new byte[0]))) {
                  answer.close();
                }
              });
      CompletableFuture<Response> unusedToo =
          head.whenComplete(
              (answer, failure) -> {
                if (failure != null) {
                  sent.cancel(true);
                }
              });
      return head;
    }
  }
}
