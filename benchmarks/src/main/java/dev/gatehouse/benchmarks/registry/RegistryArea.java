package dev.gatehouse.benchmarks.registry;

import dev.gatehouse.benchmarks.Area;
import dev.gatehouse.benchmarks.Case;
import dev.gatehouse.benchmarks.Plan;
import dev.gatehouse.benchmarks.Subject;
import dev.gatehouse.registry.Balancer;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import okhttp3.OkHttp;

/**
 * The choice of an instance beside a counter over an array, and a call beside OkHttp by itself. Not
 * safe: confine to one thread.
 */
public final class RegistryArea implements Area {
  private static final String GATEHOUSE = "gatehouse";

  private final Plan plan;
  private final List<CallTimes> called = new ArrayList<>();

  /** An area that measures as much as the plan says. */
  public RegistryArea(Plan plan) {
    this.plan = plan;
  }

  @Override
  public List<Case> cases() {
    return List.of(
        picks("", () -> PickSide.resolve(Balancer.roundRobin())),
        calls(),
        picks(" latency", () -> PickSide.resolve(Balancer.latency())),
        picks(" random", () -> PickSide.resolve(Balancer.random())),
        picks(" weighted", () -> PickSide.resolve(Balancer.weighted())),
        picks(" cpu", () -> PickSide.resolve(Balancer.cpu())),
        picks(" shard", PickSide::shard));
  }

  private Case picks(String balancer, PickSide.Opener opener) {
    PickRates rates = new PickRates(plan, balancer);
    return Case.of(
            PickRates.NAME + balancer,
            rates.metrics(),
            List.of(
                rates.subject(GATEHOUSE, opener),
                rates.subject("round robin array", PickSide::array)))
        .inTurns(PickRates.TURNS);
  }

  private Case calls() {
    CallTimes times = new CallTimes(plan, "call ns local");
    called.add(times);
    List<Subject> subjects =
        List.of(
            times.subject(GATEHOUSE, CallSide::registry),
            times.subject("transport", CallSide::transport),
            times.subject("bare okhttp", CallSide::bare),
            times.subject("bare okhttp enqueued", CallSide::enqueued));
    return Case.of("call ns local", times.metrics(), subjects).inTurns(CallTimes.TURNS);
  }

  @Override
  public Map<String, String> versions() {
    return Map.of("okhttp", OkHttp.VERSION);
  }

  @Override
  public void close() {
    called.forEach(CallTimes::close);
  }
}
