package dev.gatehouse.benchmarks.signing;

import com.zaxxer.hikari.HikariDataSource;
import dev.gatehouse.Gatehouse;
import dev.gatehouse.benchmarks.Measurement;
import dev.gatehouse.benchmarks.Metric;
import dev.gatehouse.benchmarks.Plan;
import dev.gatehouse.benchmarks.database.Database;
import dev.gatehouse.benchmarks.database.H2Databases;
import dev.gatehouse.error.AuthenticationException;
import dev.gatehouse.registry.Application;
import dev.gatehouse.signing.Key;
import dev.gatehouse.signing.KeyMaterial;
import dev.gatehouse.signing.SerendipityScheme;
import dev.gatehouse.signing.Signer;
import dev.gatehouse.signing.Verifier;
import dev.gatehouse.storage.jdbc.JdbcStorage;
import dev.gatehouse.transport.Request;
import java.net.URI;
import java.sql.SQLException;
import java.time.InstantSource;
import java.util.Arrays;
import java.util.List;
import java.util.function.IntFunction;

/**
 * How long it takes to refuse requests with wrong signatures, over a database: by an application in
 * use, and by strangers each of which comes once.
 */
final class Refusals {
  private static final URI PLACE = URI.create("https://host.example/orders");

  private final Metric median = new Metric("refusal p50 ns hmac-sha256 256B", "ns");
  private final Plan plan;

  Refusals(Plan plan) {
    this.plan = plan;
  }

  List<Metric> metrics() {
    return List.of(median);
  }

  Measurement known() throws SQLException {
    return measure(application -> index -> application.appKey());
  }

  Measurement strangers() throws SQLException {
    return measure(application -> "Stranger%08d"::formatted);
  }

  /** Whom the forgeries name. */
  private interface Names {
    IntFunction<String> of(Application application);
  }

  private Measurement measure(Names names) throws SQLException {
    try (Database database = H2Databases.create();
        HikariDataSource pool = database.pool(2);
        Gatehouse gatehouse = Gatehouse.builder().storage(JdbcStorage.of(pool)).build()) {
      Application application = gatehouse.registry().register(Application.named("benchmark"));
      KeyMaterial wrong = KeyMaterial.generate(Key.Algorithm.HMAC_SHA256);
      Verifier verifier = gatehouse.verifier();
      int count = plan.pick(2_000, 20_000);
      long[] nanos = new long[count];
      for (int i = 0; i < 2 * count; i++) {
        Request request = Request.post(PLACE, "x".repeat(256));
        Request forged =
            Signer.of(
                    names.of(application).apply(i),
                    wrong,
                    SerendipityScheme.strict(),
                    InstantSource.system())
                .sign(request)
                .addTo(request);
        long begin = System.nanoTime();
        boolean refused = isRefused(verifier, forged);
        nanos[i % count] = System.nanoTime() - begin;
        if (!refused) {
          throw new IllegalStateException("a wrong signature was accepted");
        }
      }
      Arrays.sort(nanos);
      return new Measurement().with(median, (double) nanos[count / 2]);
    }
  }

  private static boolean isRefused(Verifier verifier, Request request) {
    try {
      verifier.verify(request);
      return false;
    } catch (AuthenticationException e) {
      return true;
    }
  }
}
