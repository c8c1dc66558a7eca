package dev.gatehouse.transport.http.api;

import static java.util.Objects.requireNonNull;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import dev.gatehouse.Gatehouse;
import dev.gatehouse.check.Check;
import dev.gatehouse.error.AuthenticationException;
import dev.gatehouse.json.Json;
import dev.gatehouse.registry.Application;
import dev.gatehouse.scheduler.Workflow;
import dev.gatehouse.signing.SerendipityScheme;
import dev.gatehouse.signing.Verifier;
import dev.gatehouse.transport.Headers;
import dev.gatehouse.transport.http.HttpTransport;
import java.net.URI;
import java.time.InstantSource;
import java.time.ZoneId;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.BiFunction;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * The interface of Serendipity-job: applications are created and get their signed headers anew,
 * tasks are created, looked at, cancelled and published again, workflows started.
 *
 * <p>Answers are {@code {"code":0,"msg":"ok!","data":{}}}, with code 1 and empty data for whatever
 * could not be done. Beyond upstream, a request that is not proven is 401, an unknown path 404, a
 * wrong method 405, and one beyond the application's quota of nonces 429, all in that form; an
 * application sees its own tasks only; creating an application needs an administrator; and names of
 * applications are unique, so that creating one that there is already is refused. An application's
 * tasks are posted to its {@code linkUrl}.
 *
 * <p>A task's id is a number of up to 19 digits. Safe for use by multiple threads.
 */
public final class SerendipityApi extends WireAdapter {
  /** Where upstream's clocks are. */
  public static final ZoneId DEFAULT_ZONE = ZoneId.of("Asia/Shanghai");

  private static final Headers JSON = Headers.of("Content-Type", "application/json; charset=utf-8");

  private final Verifier verifier;
  private final Routes routes;

  private SerendipityApi(Builder builder) {
    verifier = builder.gatehouse.verifier(builder.scheme);
    SerendipityApplications applications =
        new SerendipityApplications(
            builder.gatehouse, builder.clock, builder.zone, builder.callable, builder.issued);
    SerendipityTasks tasks =
        new SerendipityTasks(
            builder.gatehouse, builder.clock, builder.zone, Map.copyOf(builder.workflows));
    routes =
        new Routes(
            List.of(
                new Route(
                    "POST",
                    "/application/create",
                    Route.Access.ADMINISTRATOR,
                    applications::create),
                new Route(
                    "POST",
                    "/application/refresh-signature",
                    Route.Access.ANYONE,
                    applications::refresh),
                signed("POST", "/task/create", tasks::create),
                signed("GET", "/task/detail", tasks::detail),
                signed("POST", "/task/detail", tasks::detail),
                signed("POST", "/task/cancel", tasks::cancel),
                signed("POST", "/nsq/publish", tasks::publish),
                signed("POST", "/task/dag", tasks::startWorkflow)));
  }

  /** A builder of the interface over a Gatehouse. */
  public static Builder builder(Gatehouse gatehouse) {
    return new Builder(gatehouse);
  }

  private Route signed(
      String method, String path, BiFunction<Application, Call, ApiResponse> handler) {
    return new Route(
        method,
        path,
        Route.Access.ANYONE,
        call -> {
          Application signer = signer(call);
          try {
            return handler.apply(signer, call);
          } catch (RefusedException e) {
            throw e.of("application " + signer.name());
          }
        });
  }

  private Application signer(Call call) {
    try {
      return verifier.verify(call.request()).application();
    } catch (AuthenticationException e) {
      Refusal refusal =
          e.reason() == AuthenticationException.Reason.QUOTA
              ? Refusal.TOO_MANY_REQUESTS
              : Refusal.UNAUTHENTICATED;
      throw new RefusedException(refusal, e.reason().name());
    }
  }

  @Override
  String name() {
    return "serendipity";
  }

  @Override
  boolean owns(String path) {
    return path.startsWith("/application/")
        || path.startsWith("/task/")
        || path.startsWith("/nsq/");
  }

  @Override
  boolean allowsSlashAtEnd() {
    return false;
  }

  @Override
  Routes routes() {
    return routes;
  }

  @Override
  ApiResponse refused(RefusedException refused, @Nullable Route route) {
    Refusal refusal = refused.refusal();
    if (refusal == Refusal.INVALID && route != null) {
      // As clients know them; what was wrong stands in the audit log.
      return switch (route.template()) {
        case "/application/create" -> failure(SerendipityApplications.NOT_CREATED);
        case "/application/refresh-signature" -> failure(SerendipityApplications.UNKNOWN);
        default -> failure("参数错误!");
      };
    }
    return answer(
        refusal.status(), 1, refusal.phrase().toUpperCase(Locale.ROOT).replace(' ', '_'), empty());
  }

  static ApiResponse success(String msg, JsonNode data) {
    return answer(200, 0, msg, data);
  }

  static ApiResponse failure(String msg) {
    return answer(200, 1, msg, empty());
  }

  static ArrayNode empty() {
    return Json.object().putArray("data");
  }

  private static ApiResponse answer(int status, int code, String msg, JsonNode data) {
    JsonNode envelope = Json.object().put("code", code).put("msg", msg).set("data", data);
    return ApiResponse.of(status, JSON, Json.bytes(envelope));
  }

  /** A workflow that clients may start. */
  record Startable(String application, Workflow workflow) {}

  /** Makes the interface. Not safe: confine to one thread. */
  public static final class Builder {
    private static final int MAX_WORKFLOWS = 10_000;

    private final Gatehouse gatehouse;
    private final Map<Long, Startable> workflows = new HashMap<>();
    private SerendipityScheme scheme = SerendipityScheme.strict();
    private ZoneId zone = DEFAULT_ZONE;
    private InstantSource clock = InstantSource.system();
    private Predicate<URI> callable = target -> true;
    private SerendipityApplications.Issued issued = SerendipityApplications.Issued.OWN_KEY;

    private Builder(Gatehouse gatehouse) {
      this.gatehouse = requireNonNull(gatehouse, "gatehouse");
    }

    /** How requests must be signed. Default {@link SerendipityScheme#strict()}. */
    public Builder scheme(SerendipityScheme value) {
      scheme = requireNonNull(value, "scheme");
      return this;
    }

    /** Where times without a zone are. Default {@link #DEFAULT_ZONE}. */
    public Builder zone(ZoneId value) {
      zone = requireNonNull(value, "zone");
      return this;
    }

    /** The wall clock. Default the system's. */
    public Builder clock(InstantSource value) {
      clock = requireNonNull(value, "clock");
      return this;
    }

    /**
     * Which {@code linkUrl} may be registered: {@link HttpTransport#permits} of the transport by
     * which they will be called. Default all, so that what may not be called shows only then.
     */
    public Builder callable(Predicate<URI> value) {
      callable = requireNonNull(value, "callable");
      return this;
    }

    /**
     * Lets applications that are created here sign as clients of FATE Flow too ({@link
     * dev.gatehouse.signing.FateClientScheme}), with the same app key and secret. Default: they
     * cannot.
     */
    public Builder issueFateKeys() {
      issued = SerendipityApplications.Issued.FATE_KEY_TOO;
      return this;
    }

    /**
     * A workflow that {@code /task/dag} starts by its number, each time anew, for that application
     * alone.
     *
     * @param number 1 or more
     * @param application its name
     * @throws IllegalArgumentException if the number was given before, or 10,000 were
     */
    public Builder workflow(long number, String application, Workflow workflow) {
      Check.range(number, 1, Long.MAX_VALUE, "number");
      Check.range(workflows.size() + 1, 1, MAX_WORKFLOWS, "number of workflows");
      Startable startable =
          new Startable(
              requireNonNull(application, "application"), requireNonNull(workflow, "workflow"));
      Check.that(
          workflows.put(number, startable) == null,
          "number must be given once, was given again: " + number);
      return this;
    }

    /** The interface. */
    public SerendipityApi build() {
      return new SerendipityApi(this);
    }
  }
}
