package dev.gatehouse.transport.http.api;

import static java.util.Objects.requireNonNull;

import dev.gatehouse.Gatehouse;
import dev.gatehouse.check.Check;
import dev.gatehouse.hook.FateSite;
import dev.gatehouse.hook.Hooks;
import dev.gatehouse.hook.SiteKeys;
import dev.gatehouse.json.Json;
import dev.gatehouse.permission.FatePermissions;
import dev.gatehouse.signing.FateClientScheme;
import dev.gatehouse.signing.FateSiteScheme;
import dev.gatehouse.transport.Transport;
import java.time.ZoneId;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * The interface of FATE Flow 1.11, as far as third parties go: servers, services, keys and
 * permissions are kept, jobs that other sites send are let in or not, requests are passed on. Of
 * version 2 it has the removals.
 *
 * <p>Answers are status 200 with {@code {"retcode":0,"retmsg":"success"}}, whatever happened, an
 * unknown path included; but 401 where an administrator is needed, which upstream knows nothing of.
 * Registering and removing, keys and permissions need one. All else can be closed by gates: one for
 * clients, one for sites, one for what jobs use; each is off by default, and what is asked is the
 * third party's hook if {@link Builder#hookServer} names its server. A gate that is on and whose
 * hook is missing lets nobody pass. To a client an administrator whom the authenticator names is as
 * good as a proof, so that hooks can be registered while the gate is closed; where everybody is an
 * administrator, the gate for clients stands before those routes too, once its hook is registered.
 * Safe for use by multiple threads.
 */
public final class FateFlowApi extends WireAdapter {
  /** The version that this interface is of. */
  static final String VERSION = FateSite.VERSION;

  private static final int AUTHENTICATION_ERROR = 109;
  private static final int EXCEPTION_ERROR = 100;

  private final FateGates gates;
  private final SiteKeys keys;
  private final FateJobs jobs;
  private final Routes routes;

  /**
   * Whether something takes connections at an address, asked before many are registered. Must be
   * safe for use by multiple threads.
   */
  @FunctionalInterface
  public interface Reachability {
    /** Whether it does; may block for some seconds, throws nothing. */
    boolean connects(String host, int port);
  }

  /**
   * A job that another site asks this one to create, after all gates let it pass. Immutable.
   *
   * @param id of the job
   * @param role that this party is to play
   * @param party this party's id, as the path tells it
   * @param body the job, a JSON object as it was judged: of a repeated name the last value
   */
  public record Job(String id, String role, String party, String body) {
    /** Checks that nothing is missing. */
    public Job {
      requireNonNull(id, "id");
      requireNonNull(role, "role");
      requireNonNull(party, "party");
      requireNonNull(body, "body");
    }

    /** The id only: the body may be secret. */
    @Override
    public String toString() {
      return "Job " + id;
    }
  }

  private FateFlowApi(Builder builder) {
    Gatehouse gatehouse = builder.gatehouse;
    Hooks hooks = builder.hooks();
    keys = gatehouse.siteKeys(builder.partyId);
    gates =
        new FateGates(
            new FateGates.Parts(
                gatehouse,
                builder.partyId,
                keys,
                builder.client == null ? null : gatehouse.verifier(builder.client),
                builder.site == null ? null : gatehouse.verifier(builder.site),
                builder.permissions,
                hooks));
    jobs = new FateJobs(gates, builder.jobs);
    routes = new Routes(routes(builder, hooks));
  }

  /** A builder of the interface over a Gatehouse. */
  public static Builder builder(Gatehouse gatehouse) {
    return new Builder(gatehouse);
  }

  private List<Route> routes(Builder builder, @Nullable Hooks hooks) {
    List<Route> all = new ArrayList<>();
    FateServers servers = new FateServers(builder.gatehouse, builder.jobDefaults);
    for (String path : List.of("/v1/server", "/v1/server/service")) {
      all.add(admin(path + "/{name}/register", servers::register));
      all.add(client(path + "/{name}/get", servers::get));
      all.add(client(path + "/get", servers::all));
    }
    all.add(admin("/v1/server/reload", servers::reload));
    all.add(client("/v1/server/fateflow/info", servers::instances));
    all.add(client("/v1/server/version/get", servers::version));
    all.add(client("/v1/server/config/job/default", servers::jobDefaults));
    all.add(admin("/v2/server/delete", servers::delete));
    FateServices services = new FateServices(builder.gatehouse, builder.zone, builder.bulk);
    all.add(admin("/v1/service/registry", services::register));
    all.add(client("/v1/service/query", services::query));
    all.add(admin("/v2/server/service/delete", services::delete));
    FateGrants grants = new FateGrants(builder.permissions);
    all.add(admin("/v1/permission/grant", grants::grant));
    all.add(admin("/v1/permission/delete", grants::delete));
    all.add(admin("/v1/permission/query", grants::query));
    FateKeys exchanged = new FateKeys(keys);
    all.add(admin("/v1/key/public/save", exchanged::save));
    all.add(admin("/v1/key/query", exchanged::query));
    all.add(admin("/v1/key/public/delete", exchanged::delete));
    all.add(site("/v1/party/{job_id}/{role}/{party_id}/create", jobs::create));
    FateForward forward =
        new FateForward(
            new FateForward.Parts(
                builder.gatehouse,
                builder.transport,
                builder.forwarded,
                builder.partyId,
                builder.site == null ? FateForward.Signing.OFF : FateForward.Signing.ON,
                hooks));
    all.add(forward(builder, "/v1/forward/{role}", forward::pass));
    all.add(forward(builder, "/v1/forward/{role}/do", forward::pass));
    return all;
  }

  private Route admin(String template, Route.Handler handler) {
    return gated(template, Route.Access.ADMINISTRATOR, gates::administrator, handler);
  }

  private Route client(String template, Route.Handler handler) {
    Route.Access access =
        gates.areClientsProven() ? Route.Access.ANYONE_TOLD_APART : Route.Access.ANYONE;
    return gated(template, access, gates::client, handler);
  }

  private Route site(String template, Route.Handler handler) {
    return gated(template, Route.Access.ANYONE, gates::site, handler);
  }

  /** What is passed on is signed as this site's: not for whoever comes along. */
  private Route forward(Builder builder, String template, Route.Handler handler) {
    return builder.site != null && builder.client == null
        ? admin(template, handler)
        : client(template, handler);
  }

  /** The gate tells who came through, as far as it knows. */
  private static Route gated(
      String template, Route.Access access, Function<Call, String> gate, Route.Handler handler) {
    return new Route(
        "POST",
        template,
        access,
        call -> {
          String sender = gate.apply(call);
          try {
            return handler.handle(call);
          } catch (RefusedException e) {
            throw e.of(sender);
          }
        });
  }

  /**
   * Makes this site's own pair of keys if it has none; needed before other sites can verify what
   * this one signs with its own key. Asks the storage.
   */
  public void prepare() {
    keys.own();
  }

  @Override
  String name() {
    return "fateflow";
  }

  @Override
  boolean owns(String path) {
    return path.startsWith("/v1/") || path.startsWith("/v2/");
  }

  @Override
  boolean allowsSlashAtEnd() {
    return true;
  }

  @Override
  Routes routes() {
    return routes;
  }

  @Override
  ApiResponse refused(RefusedException refused, @Nullable Route route) {
    Refusal refusal = refused.refusal();
    String message =
        switch (refusal) {
          case INVALID -> refused.why();
          case NOT_ADMINISTRATOR -> "administrator required";
          case FAILED -> FateJson.shown("Exception", "internal error");
          case UNAVAILABLE -> FateJson.shown("Exception", "the service is not available");
          default ->
              "<"
                  + refusal.phrase().replace(" ", "")
                  + " '"
                  + refusal.status()
                  + ": "
                  + refusal.phrase()
                  + "'>";
        };
    boolean second = route != null && route.template().startsWith("/v2/");
    int status = refusal == Refusal.NOT_ADMINISTRATOR ? 401 : 200;
    int code = refusal == Refusal.NOT_ADMINISTRATOR ? AUTHENTICATION_ERROR : EXCEPTION_ERROR;
    return second
        ? FateJson.answer2(status, code == EXCEPTION_ERROR ? 6000 : code, message, null)
        : FateJson.answer(status, code, message, null);
  }

  /** Makes the interface. Not safe: confine to one thread. */
  public static final class Builder {
    private final Gatehouse gatehouse;
    private String partyId = "9999";
    private ZoneId zone = ZoneId.systemDefault();
    private String jobDefaults = "{}";
    private Set<String> forwarded = Set.of();
    private @Nullable Consumer<Job> jobs;
    private @Nullable Transport transport;
    private @Nullable String hookServer;
    private @Nullable Reachability bulk;
    private @Nullable FateClientScheme client;
    private @Nullable FateSiteScheme site;
    private @Nullable FatePermissions permissions;

    private Builder(Gatehouse gatehouse) {
      this.gatehouse = requireNonNull(gatehouse, "gatehouse");
    }

    /** The party id of this site: 1..100 visible ASCII characters, not 0. Default {@code 9999}. */
    public Builder partyId(String value) {
      FateSiteScheme.create(value);
      partyId = value;
      return this;
    }

    /** Where the dates of answers are. Default the system's zone. */
    public Builder zone(ZoneId value) {
      zone = requireNonNull(value, "zone");
      return this;
    }

    /** What is answered as the defaults of jobs: a JSON object. Default <code>{}</code>. */
    public Builder jobDefaults(String json) {
      jobDefaults = Json.validObject(json, "jobDefaults");
      return this;
    }

    /**
     * Takes the jobs that pass the gates, on the server's thread; what it throws is logged and
     * answered as an error. Default nobody: then such requests are refused.
     */
    public Builder jobs(Consumer<Job> value) {
      jobs = requireNonNull(value, "jobs");
      return this;
    }

    /** By which hooks are called and requests passed on. Default none: then neither is done. */
    public Builder transport(Transport value) {
      transport = requireNonNull(value, "transport");
      return this;
    }

    /**
     * The server whose services {@code client_authentication}, {@code site_authentication}, {@code
     * permission} and {@code signature} are asked where a gate is on, instead of this site's own
     * rules. Needs a transport. Default none.
     */
    public Builder hookServer(String name) {
      hookServer = Check.text(name, 1, 30, "hookServer");
      return this;
    }

    /** Closes the routes of clients to whom that scheme does not prove. Default open. */
    public Builder clientGate(FateClientScheme scheme) {
      client = requireNonNull(scheme, "scheme");
      return this;
    }

    /**
     * Closes the routes between sites to whom does not sign as FATE's sites do, and signs what is
     * passed on, for which an administrator is needed then unless there is a gate for clients.
     * Default open, and nothing is signed.
     */
    public Builder siteGate() {
      site = FateSiteScheme.create(partyId);
      return this;
    }

    /** Judges jobs by what they use. Default none: then permissions cannot be granted either. */
    public Builder permissions(FatePermissions value) {
      permissions = requireNonNull(value, "permissions");
      return this;
    }

    /** Lets many servers be registered at once, each of which must be reachable. Default not. */
    public Builder bulkRegistration(Reachability reachability) {
      bulk = requireNonNull(reachability, "reachability");
      return this;
    }

    /** The roles for which requests are passed on to the server of that name. Default none. */
    public Builder forward(Set<String> roles) {
      forwarded =
          requireNonNull(roles, "roles").stream()
              .map(role -> role.toLowerCase(Locale.ROOT))
              .collect(Collectors.toUnmodifiableSet());
      return this;
    }

    private @Nullable Hooks hooks() {
      if (hookServer == null) {
        return null;
      }
      if (transport == null) {
        throw new IllegalStateException("hooks need a transport");
      }
      return Hooks.create(gatehouse.registry(), transport, hookServer, partyId);
    }

    /**
     * The interface. Does no I/O.
     *
     * @throws IllegalStateException if a server of hooks was named, and no transport given
     */
    public FateFlowApi build() {
      if (site != null) {
        site = FateSiteScheme.create(partyId);
      }
      return new FateFlowApi(this);
    }
  }
}
