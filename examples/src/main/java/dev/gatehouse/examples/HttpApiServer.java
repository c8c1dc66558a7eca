package dev.gatehouse.examples;

import com.sun.net.httpserver.HttpServer;
import com.zaxxer.hikari.HikariDataSource;
import dev.gatehouse.Gatehouse;
import dev.gatehouse.audit.AuditRecord;
import dev.gatehouse.permission.FatePermissions;
import dev.gatehouse.scheduler.SchedulerOptions;
import dev.gatehouse.signing.FateClientScheme;
import dev.gatehouse.signing.SerendipityScheme;
import dev.gatehouse.storage.Storage;
import dev.gatehouse.storage.jdbc.JdbcStorage;
import dev.gatehouse.storage.memory.MemoryStorage;
import dev.gatehouse.transport.http.HttpTransport;
import dev.gatehouse.transport.http.api.AdminAuthenticator;
import dev.gatehouse.transport.http.api.FateFlowApi;
import dev.gatehouse.transport.http.api.HttpApi;
import dev.gatehouse.transport.http.api.JdkHttpMount;
import dev.gatehouse.transport.http.api.SerendipityApi;
import dev.gatehouse.transport.http.api.XmagitalApi;
import java.io.IOException;
import java.io.PrintStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;

/**
 * The HTTP API on the JDK's server, at its root: for clients of Serendipity-job, of FATE Flow, and
 * of XMagital's logs. Prints where it listens as its first line, and logs to standard error. Ends
 * on SIGTERM, when what is under way is done: requests have 10 s for that, tasks another 10 s; who
 * comes meanwhile is told that the service is not available.
 *
 * <p>Exit code 0: told to end, and all that was under way is done. 1: some of it was cut off, or
 * the storage or the port cannot be used. 2: called in the wrong way.
 */
public final class HttpApiServer implements AutoCloseable {
  private static final byte[] LOOPBACK = {127, 0, 0, 1};
  private static final int THREADS = 256;
  private static final int CONNECTIONS = 32;
  private static final int WAITING = 1_024;
  private static final int UNUSABLE = 1;
  private static final int MISUSED = 2;
  private static final Duration CONNECT = Duration.ofSeconds(3);
  private static final Duration DRAIN = Duration.ofSeconds(10);

  /** For those whose connection was let in as the server closed its door. */
  private static final int LAST_SECONDS = 1;

  private final Gatehouse gatehouse;
  private final AutoCloseable pool;
  private final HttpServer server;
  private final JdkHttpMount mount;
  private final ThreadPoolExecutor threads =
      new ThreadPoolExecutor(
          THREADS, THREADS, 1, TimeUnit.MINUTES, new LinkedBlockingQueue<>(WAITING));

  private HttpApiServer(ServerOptions options) throws IOException {
    HikariDataSource hikari = null;
    if (options.storage().startsWith("jdbc:")) {
      hikari = new HikariDataSource();
      hikari.setJdbcUrl(options.storage());
      hikari.setMaximumPoolSize(CONNECTIONS);
    }
    pool = hikari == null ? () -> {} : hikari;
    Storage storage = hikari == null ? storage(options.storage()) : JdbcStorage.of(hikari);
    HttpTransport transport =
        HttpTransport.builder().allow(options.allowedCallbacks().toArray(String[]::new)).build();
    gatehouse =
        Gatehouse.builder()
            .storage(storage)
            .transport(transport)
            .scheduler(SchedulerOptions.builder().lease(options.lease()).build())
            .build();
    storage.check();
    FateFlowApi fateFlow = fateFlow(options, gatehouse, storage, transport);
    if (options.isSiteAuthOn() && options.hookServer().isEmpty()) {
      fateFlow.prepare();
    }
    mount = JdkHttpMount.of(api(options, gatehouse, transport, fateFlow));
    server =
        JdkHttpMount.server(
            new InetSocketAddress(InetAddress.getByAddress(LOOPBACK), options.port()));
    threads.allowCoreThreadTimeOut(true);
    server.setExecutor(mount.executor(threads));
    server.createContext("/", mount);
  }

  private static Storage storage(String option) throws IOException {
    if (option.equals("memory")) {
      return MemoryStorage.create();
    }
    Path directory = Files.createDirectories(Path.of(option.substring("h2:".length())));
    return JdbcStorage.h2(directory.resolve("gatehouse"));
  }

  private static HttpApi api(
      ServerOptions options, Gatehouse gatehouse, HttpTransport transport, FateFlowApi fateFlow) {
    return HttpApi.builder(gatehouse)
        .serve(
            SerendipityApi.builder(gatehouse)
                .scheme(scheme(options))
                .callable(transport::permits)
                .issueFateKeys()
                .build())
        .serve(fateFlow)
        .serve(XmagitalApi.builder(gatehouse).build())
        .administrators(administrators(options))
        .build();
  }

  private static FateFlowApi fateFlow(
      ServerOptions options, Gatehouse gatehouse, Storage storage, HttpTransport transport) {
    FateFlowApi.Builder fateFlow =
        FateFlowApi.builder(gatehouse)
            .partyId(options.partyId())
            .transport(transport)
            .forward(options.forwarded())
            .jobs(job -> gatehouse.audit().write(record(job)));
    options.hookServer().ifPresent(fateFlow::hookServer);
    if (options.isClientAuthOn()) {
      fateFlow.clientGate(FateClientScheme.create());
    }
    if (options.isSiteAuthOn()) {
      fateFlow.siteGate();
    }
    if (options.isPermissionOn()) {
      fateFlow.permissions(FatePermissions.of(storage, gatehouse.permissions()));
    }
    if (options.isBulkRegistrationOn()) {
      fateFlow.bulkRegistration((host, port) -> transport.connects(host, port, CONNECT));
    }
    return fateFlow.build();
  }

  /** All that this server does with a job: a host would run it. */
  private static AuditRecord record(FateFlowApi.Job job) {
    String content = "Job " + job.id() + " was let in for " + job.role() + " " + job.party();
    return AuditRecord.of(AuditRecord.Operation.CREATE, AuditRecord.Result.SUCCESS, content)
        .service("fateflow")
        .build();
  }

  private static SerendipityScheme scheme(ServerOptions options) {
    if (!options.isCompat()) {
      return SerendipityScheme.strict();
    }
    return options
        .signatureAge()
        .map(SerendipityScheme::compat)
        .orElseGet(SerendipityScheme::compat);
  }

  private static AdminAuthenticator administrators(ServerOptions options) {
    if (options.isOpen()) {
      return AdminAuthenticator.EVERYBODY;
    }
    return options.adminToken().map(AdminAuthenticator::token).orElse(AdminAuthenticator.NOBODY);
  }

  /** Runs until the process is told to end. */
  public static void main(String[] arguments) {
    int code = run(arguments, System.out, System.err);
    if (code != 0) {
      System.exit(code);
    }
  }

  private static int run(String[] arguments, PrintStream out, PrintStream err) {
    HttpApiServer server;
    try {
      server = open(arguments);
    } catch (IllegalArgumentException e) {
      err.println(e.getMessage());
      err.print(ServerOptions.USAGE);
      return MISUSED;
    } catch (IOException | RuntimeException e) {
      err.println("cannot start: " + e);
      return UNUSABLE;
    }
    Runtime.getRuntime().addShutdownHook(new Thread(() -> end(server, err), "http-api-server-end"));
    server.start();
    out.println("listening on http://127.0.0.1:" + server.port());
    out.flush();
    return 0;
  }

  /** Ends the process too: of itself a JVM that is told to end says that a signal killed it. */
  private static void end(HttpApiServer server, PrintStream err) {
    int code = UNUSABLE;
    try {
      code = server.end() ? 0 : UNUSABLE;
    } catch (RuntimeException e) {
      err.println("did not end well: " + e);
    } finally {
      Runtime.getRuntime().halt(code);
    }
  }

  /**
   * A server that does not listen yet.
   *
   * @throws IllegalArgumentException if the command line is not one that the usage tells
   */
  static HttpApiServer open(String... arguments) throws IOException {
    return new HttpApiServer(ServerOptions.parse(arguments));
  }

  void start() {
    gatehouse.start();
    server.start();
  }

  int port() {
    return server.getAddress().getPort();
  }

  /** Lets what is under way end, requests first, then tasks. */
  @Override
  public void close() {
    boolean unused = end();
  }

  /** As {@link #close}; whether every request was answered. */
  private boolean end() {
    boolean drained = false;
    try {
      drained = mount.drain(DRAIN);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    server.stop(LAST_SECONDS);
    mount.close();
    threads.shutdown();
    gatehouse.close();
    try {
      pool.close();
    } catch (Exception e) {
      throw new IllegalStateException("the pool of connections could not be closed", e);
    }
    return drained;
  }
}
