package dev.gatehouse.transport.http.api;

import static java.util.Objects.requireNonNull;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.gatehouse.Gatehouse;
import dev.gatehouse.audit.InvalidQueryException;
import dev.gatehouse.check.Check;
import dev.gatehouse.json.Json;
import dev.gatehouse.transport.Headers;
import dev.gatehouse.transport.Request;
import java.time.InstantSource;
import java.util.List;
import java.util.Locale;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * The interface of the XMagital middleware, as far as logs go: events are written and found in the
 * Gatehouse's event log, audit records in its audit log, and the server says how it is.
 *
 * <p>The HTTP status is the outcome, and the body repeats it as the interface has it: {@code code}
 * a number for finding audit records, {@code status} a number for the other logs, {@code code} a
 * text elsewhere. What is wrong comes with a {@code type} for programs and a {@code message} for
 * people. Both logs need an administrator. Safe for use by multiple threads.
 */
public final class XmagitalApi extends WireAdapter {
  static final Headers JSON = Headers.of("Content-Type", "application/json; charset=utf-8");

  private static final String HEALTH = "/mw/server/health";
  private static final String FIND_AUDIT = "/mw/v1/audit/find";

  private final InstantSource clock;
  private final int bodyBytes;
  private final Routes routes;

  private XmagitalApi(Builder builder) {
    clock = builder.clock;
    bodyBytes = builder.bodyBytes;
    Gatehouse gatehouse = builder.gatehouse;
    XmagitalLogs logs = new XmagitalLogs(gatehouse.audit(), gatehouse.eventLog(), clock);
    routes =
        new Routes(
            List.of(
                new Route("GET", HEALTH, Route.Access.ANYONE, call -> health(gatehouse)),
                log("/mw/v1/event/write", logs::writeEvent),
                log("/mw/v1/event/find", logs::findEvents),
                log("/mw/v1/audit/write", logs::writeAudit),
                log(FIND_AUDIT, logs::findAudit)));
  }

  /** A builder of the interface over a Gatehouse. */
  public static Builder builder(Gatehouse gatehouse) {
    return new Builder(gatehouse);
  }

  private static Route log(String template, Function<Call, ApiResponse> handler) {
    return new Route(
        "POST",
        template,
        Route.Access.ADMINISTRATOR,
        call -> {
          try {
            return handler.apply(call);
          } catch (InvalidQueryException e) {
            throw new RefusedException(
                Refusal.INVALID, e.reason().name() + " " + String.valueOf(e.getMessage()));
          } catch (IllegalArgumentException e) {
            throw Fields.invalid(String.valueOf(e.getMessage()));
          }
        });
  }

  /** Well if the storage answers: that some id is looked up tells so, whatever is there. */
  private static ApiResponse health(Gatehouse gatehouse) {
    requireNonNull(gatehouse.audit().find(1));
    ObjectNode node = Json.object().put("code", "200").put("message", "success");
    return ApiResponse.of(200, JSON, Json.bytes(node));
  }

  @Override
  String name() {
    return "xmagital";
  }

  @Override
  boolean owns(String path) {
    return path.startsWith("/mw/");
  }

  @Override
  boolean allowsSlashAtEnd() {
    return false;
  }

  @Override
  int bodyBytes(int most) {
    return Math.min(most, bodyBytes);
  }

  @Override
  Routes routes() {
    return routes;
  }

  @Override
  ApiResponse refused(RefusedException refused, @Nullable Route route) {
    Refusal refusal = refused.refusal();
    int status = refusal.status();
    String type = refusal.name();
    String message = refusal.phrase();
    if (refusal == Refusal.INVALID) {
      message = refused.why();
      int blank = message.indexOf(' ');
      boolean typed = blank > 0 && message.substring(0, blank).matches("[A-Z]+(?:_[A-Z]+)?");
      type = typed ? message.substring(0, blank) : "BAD_VALUE";
      message = typed ? message.substring(blank + 1) : message;
    }
    ObjectNode node = Json.object();
    String template = route == null ? "" : route.template();
    if (template.equals(FIND_AUDIT)) {
      node.put("code", status);
    } else if (template.startsWith("/mw/v1/")) {
      node.put("status", status).put("timestamp", clock.millis());
    } else {
      node.put("code", Integer.toString(status));
    }
    node.put("message", message).put("type", type.toUpperCase(Locale.ROOT));
    return ApiResponse.of(status, JSON, Json.bytes(node));
  }

  /** Makes the interface. Not safe: confine to one thread. */
  public static final class Builder {
    private final Gatehouse gatehouse;
    private InstantSource clock = InstantSource.system();
    private int bodyBytes = Request.MAX_BODY;

    private Builder(Gatehouse gatehouse) {
      this.gatehouse = requireNonNull(gatehouse, "gatehouse");
    }

    /** The wall clock. Default the system's. */
    public Builder clock(InstantSource value) {
      clock = requireNonNull(value, "clock");
      return this;
    }

    /**
     * The longest body, as the middleware's configuration spells it, such as {@code 1M}, {@code
     * 512KB} or {@code 1048576}: 1 byte to 1 MiB. A unit is a power of 1,024 whether or not it says
     * so. Default 1 MiB.
     */
    public Builder bodyLimit(String size) {
      bodyBytes = (int) Check.range(SizeText.bytes(size), 1, Request.MAX_BODY, "body limit");
      return this;
    }

    /** The interface. Does no I/O. */
    public XmagitalApi build() {
      return new XmagitalApi(this);
    }
  }
}
