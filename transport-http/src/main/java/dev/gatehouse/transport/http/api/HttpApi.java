package dev.gatehouse.transport.http.api;

import static java.util.Objects.requireNonNull;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.gatehouse.Gatehouse;
import dev.gatehouse.audit.AuditRecord.Operation;
import dev.gatehouse.check.Check;
import dev.gatehouse.error.ClosedException;
import dev.gatehouse.error.StorageException;
import dev.gatehouse.json.Json;
import dev.gatehouse.refusal.RefusalLog;
import dev.gatehouse.transport.Headers;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The HTTP API: a function from a request to an answer, made of {@link WireAdapter}s, which a host
 * mounts into whatever server it has ({@link JdkHttpMount}, {@link ServletMount}, or one of its
 * own).
 *
 * <p>Every request gets an answer in the shape that its path's adapter has; a path that is no
 * adapter's, in the shape of the first. What fails within is logged and answered without a word of
 * why. A request is judged in this order: its head, its path, its route, whether an administrator
 * is needed, the length and time of its body, and then what the route does. Whatever is refused is
 * recorded in the audit log, at a bounded rate: of each reason the first five in ten seconds one by
 * one, the rest as a count. Where part of a body was left unread, the answer says {@code
 * Connection: close}.
 *
 * <p>{@code GET /openapi/NAME.json} describes each adapter in OpenAPI 3.1. Safe for use by multiple
 * threads.
 */
public final class HttpApi {
  private static final Logger LOG = LoggerFactory.getLogger(HttpApi.class);
  private static final RefusalLog.Kind REQUESTS =
      new RefusalLog.Kind("http", Operation.EXECUTE, "HTTP requests");
  private static final int SHOWN_PATH = 120;

  private final List<WireAdapter> adapters;
  private final Map<String, Routes> routes;
  private final ApiLimits limits;
  private final AdminAuthenticator administrators;
  private final LongSupplier nanoTime;
  private final RefusalLog<Refusal> refusals;

  private HttpApi(Builder builder) {
    adapters = List.copyOf(builder.adapters);
    limits = builder.limits;
    administrators = builder.administrators;
    nanoTime = builder.nanoTime;
    refusals = new RefusalLog<>(Refusal.class, REQUESTS, builder.gatehouse.audit(), builder.clock);
    routes = Descriptions.withTheirRoutes(adapters);
  }

  /** A builder of an API over a Gatehouse, which stays the host's to close. */
  public static Builder builder(Gatehouse gatehouse) {
    return new Builder(gatehouse);
  }

  /** What it takes at most. */
  public ApiLimits limits() {
    return limits;
  }

  /**
   * Answers a request. Blocks while the body comes and the storage works. What fails within is
   * answered; what is thrown is what the audit log throws beside its own kinds of failure.
   */
  public ApiResponse handle(ApiRequest request) {
    requireNonNull(request, "request");
    Judgement judgement = new Judgement(request);
    ApiResponse response;
    try {
      response = judgement.answer();
    } catch (RefusedException e) {
      response = judgement.refuse(e);
      judgement.leaveBody(e.refusal());
    } catch (StorageException | ClosedException e) {
      LOG.warn("A request failed: the storage cannot be used", e);
      response = judgement.refuse(new RefusedException(Refusal.UNAVAILABLE, "no storage"));
    } catch (RuntimeException e) {
      LOG.error("A request failed", e);
      response = judgement.refuse(new RefusedException(Refusal.FAILED, "failed"));
    }
    return judgement.body.isWhole() ? response : response.header("Connection", "close");
  }

  /**
   * The answer to a request whose body does not come, for mounts that notice that before {@link
   * #handle} does.
   */
  public ApiResponse tooSlow(ApiRequest request) {
    requireNonNull(request, "request");
    return new Judgement(request)
        .refuse(new RefusedException(Refusal.TOO_SLOW, "the body did not come in time"))
        .header("Connection", "close");
  }

  /** The answer to a request that comes while the host is closing, for mounts. */
  public ApiResponse closing(ApiRequest request) {
    requireNonNull(request, "request");
    return new Judgement(request)
        .refuse(new RefusedException(Refusal.UNAVAILABLE, "closing"))
        .header("Connection", "close");
  }

  private WireAdapter adapterOf(String path) {
    for (WireAdapter adapter : adapters) {
      if (adapter.owns(path)) {
        return adapter;
      }
    }
    return adapters.get(0);
  }

  /** One request on its way. Not safe: confine to one thread. */
  private final class Judgement {
    private final ApiRequest request;
    private final WireAdapter adapter;
    private @Nullable Route route;
    private BodyReader body;
    private String administrator = "";

    Judgement(ApiRequest request) {
      this.request = request;
      adapter = adapterOf(request.target());
      body = new BodyReader(request.body(), BodyReader.UNKNOWN, nanoTime);
    }

    ApiResponse answer() {
      refusals.settle();
      Head head = Head.of(request, limits);
      body = new BodyReader(request.body(), head.declared(), nanoTime);
      if (head.path().slashed() && !adapter.allowsSlashAtEnd()) {
        throw new RefusedException(Refusal.UNKNOWN_PATH, "the path ends in a slash");
      }
      Routes own = requireNonNull(routes.get(adapter.name()));
      Routes.Match match = own.find(head.method(), head.path());
      route = match.route();
      administrator = administrator(match.route(), head.headers());
      byte[] bytes = body.read(adapter.bodyBytes(limits.bodyBytes()), limits.bodyTime());
      return match
          .route()
          .handler()
          .handle(
              new Call(
                  head,
                  request.target(),
                  match.variables(),
                  new Call.Payload(bytes),
                  administrator,
                  request.remote()));
    }

    private String administrator(Route wanted, Headers headers) {
      if (wanted.access() == Route.Access.ANYONE) {
        return "";
      }
      try {
        Optional<String> administrator = administrators.administrator(headers);
        if (wanted.access() == Route.Access.ANYONE_TOLD_APART) {
          return administrator.orElse("");
        }
        return administrator.orElseThrow(
            () -> notAdministrator("needs an administrator, and names none"));
      } catch (RefusedException e) {
        throw e;
      } catch (RuntimeException e) {
        LOG.warn("The authenticator of administrators failed", e);
        if (wanted.access() == Route.Access.ANYONE_TOLD_APART) {
          return "";
        }
        throw notAdministrator("needs an administrator, and who sent it could not be found out");
      }
    }

    private RefusedException notAdministrator(String why) {
      return new RefusedException(Refusal.NOT_ADMINISTRATOR, why);
    }

    /** Where a malformed head says that its body ends, another reader may see a next request. */
    void leaveBody(Refusal refusal) {
      if (refusal == Refusal.MALFORMED_REQUEST) {
        body.giveUp();
      } else {
        body.drain();
      }
    }

    ApiResponse refuse(RefusedException refused) {
      if (refused.refusal().isOfSender()) {
        record(refused);
      }
      ApiResponse response = refused.answer().orElseGet(() -> adapter.refused(refused, route));
      return refused.allowed().isEmpty() ? response : response.header("Allow", refused.allowed());
    }

    /** The query stays out: it may hold secrets. */
    private void record(RefusedException refused) {
      String path = request.target().split("[?#]", 2)[0];
      String shown =
          route == null
              ? Check.shown(path.substring(0, Math.min(path.length(), SHOWN_PATH)))
              : route.template();
      String method = request.method().substring(0, Math.min(request.method().length(), 16));
      ObjectNode ext =
          Json.object()
              .put("adapter", adapter.name())
              .put("method", Check.shown(method))
              .put("path", shown)
              .put("remote", Check.shown(request.remote()));
      String sender =
          refused.sender().isEmpty() && !administrator.isEmpty()
              ? "administrator " + administrator
              : refused.sender();
      if (!sender.isEmpty()) {
        ext.put("sender", sender);
      }
      refusals.add(refused.refusal(), "Request refused: " + Check.shown(refused.why()), ext);
    }
  }

  /** Makes an API. Not safe: confine to one thread. */
  public static final class Builder {
    private final Gatehouse gatehouse;
    private final List<WireAdapter> adapters = new ArrayList<>();
    private ApiLimits limits = ApiLimits.DEFAULT;
    private AdminAuthenticator administrators = AdminAuthenticator.NOBODY;
    private InstantSource clock = InstantSource.system();
    private LongSupplier nanoTime = System::nanoTime;

    private Builder(Gatehouse gatehouse) {
      this.gatehouse = requireNonNull(gatehouse, "gatehouse");
    }

    /**
     * Serves that adapter too. The first answers what is no adapter's.
     *
     * @throws IllegalArgumentException if one of its kind was given before
     */
    public Builder serve(WireAdapter adapter) {
      requireNonNull(adapter, "adapter");
      Check.that(
          adapters.stream().noneMatch(given -> given.name().equals(adapter.name())),
          "adapter must be given once, was given again: " + adapter.name());
      adapters.add(adapter);
      return this;
    }

    /** Who the administrators are. Default {@link AdminAuthenticator#NOBODY}. */
    public Builder administrators(AdminAuthenticator value) {
      administrators = requireNonNull(value, "administrators");
      return this;
    }

    /** What it takes at most. Default {@link ApiLimits#DEFAULT}. */
    public Builder limits(ApiLimits value) {
      limits = requireNonNull(value, "limits");
      return this;
    }

    /** The wall clock. Default the system's. */
    public Builder clock(InstantSource value) {
      clock = requireNonNull(value, "clock");
      return this;
    }

    /** The clock that measures elapsed time, in nanoseconds. Default {@link System#nanoTime}. */
    public Builder nanoTime(LongSupplier value) {
      nanoTime = requireNonNull(value, "nanoTime");
      return this;
    }

    /**
     * An API. Does no I/O and starts no thread.
     *
     * @throws IllegalStateException if no adapter was given
     */
    public HttpApi build() {
      if (adapters.isEmpty()) {
        throw new IllegalStateException("at least one adapter must be given");
      }
      return new HttpApi(this);
    }
  }
}
