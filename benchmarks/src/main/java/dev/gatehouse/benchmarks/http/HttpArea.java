package dev.gatehouse.benchmarks.http;

import dev.gatehouse.benchmarks.Area;
import dev.gatehouse.benchmarks.Case;
import dev.gatehouse.benchmarks.Plan;
import dev.gatehouse.benchmarks.Subject;
import java.util.List;
import java.util.Map;

/**
 * The HTTP API on the JDK's server over H2 in memory, beside a bare handler of that server which
 * parses the same bodies and answers the same JSON. Client and server share the machine. Not safe:
 * confine to one thread.
 */
public final class HttpArea implements Area {
  private static final String GATEHOUSE = "gatehouse";
  private static final String BARE = "bare handler";

  private final Plan plan;

  /** An area that measures as much as the plan says. */
  public HttpArea(Plan plan) {
    this.plan = plan;
  }

  @Override
  public List<Case> cases() {
    RequestRates create = new RequestRates(plan, "task/create h2");
    RequestRates find = new RequestRates(plan, "audit/find h2");
    return List.of(
        Case.of(
            "task/create h2",
            create.metrics(),
            List.of(
                new Subject(GATEHOUSE, () -> create.gatehouse(Load::create)),
                new Subject(BARE, () -> create.bare(Load::create)))),
        Case.of(
            "audit/find h2",
            find.metrics(),
            List.of(
                new Subject(GATEHOUSE, () -> find.gatehouse(Load::find)),
                new Subject(BARE, () -> find.bare(Load::find)))));
  }

  @Override
  public Map<String, String> versions() {
    return Map.of();
  }

  @Override
  public void close() {}
}
