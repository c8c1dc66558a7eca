package dev.gatehouse.benchmarks.permission;

import com.cedarpolicy.AuthorizationEngine;
import dev.gatehouse.benchmarks.Area;
import dev.gatehouse.benchmarks.Case;
import dev.gatehouse.benchmarks.Plan;
import dev.gatehouse.benchmarks.Subject;
import dev.gatehouse.benchmarks.database.Servers;
import dev.gatehouse.benchmarks.permission.Rules.Shape;
import io.sapl.pdp.EmbeddedPolicyDecisionPoint;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.casbin.jcasbin.main.Enforcer;

/**
 * Checks beside jCasbin, Cedar, SAPL and maps written for the purpose, and the loading of a million
 * grants. Not safe: confine to one thread.
 */
public final class PermissionArea implements Area {
  private static final String GATEHOUSE = "gatehouse";
  private static final Shape MEDIUM = Shape.of(10_000, 1_000);
  private static final Shape LARGE = Shape.of(100_000, 10_000);
  private static final Shape DEEP = new Shape(100_000, 10_000, 10, 50_000, 8);
  private static final Shape HUGE = new Shape(100_000, 10_000, 100, 100_000, 1);
  private static final int HOT_USERS = 1_000;

  private final Plan plan;
  private final Servers servers = new Servers();
  private final Map<Shape, Rules> made = new HashMap<>();

  /** An area that measures as much as the plan says. */
  public PermissionArea(Plan plan) {
    this.plan = plan;
  }

  @Override
  public List<Case> cases() {
    return List.of(
        checks("rbac-large", LARGE, LARGE.users(), true),
        checks("rbac-medium", MEDIUM, MEDIUM.users(), true),
        checks("hot", MEDIUM, HOT_USERS, false),
        checks("deep", DEEP, DEEP.users(), false),
        checks("rbac-huge", HUGE, HUGE.users(), false).atLength(),
        loading("1M grants", HUGE, Loading::inMemory).atLength(),
        loading("1M grants postgresql", HUGE, Loading.in(servers::postgres)).atLength(),
        loading("1M grants mariadb", HUGE, Loading.in(servers::mariaDb)).atLength());
  }

  private Rules rules(Shape shape) {
    return made.computeIfAbsent(shape, Rules::new);
  }

  private Case checks(String name, Shape shape, int users, boolean withPeers) {
    Map<String, CheckSide.Opener> openers = new LinkedHashMap<>();
    openers.put(GATEHOUSE, GatehouseSide::checks);
    openers.put("gatehouse view", GatehouseSide::view);
    openers.put("gatehouse handles", GatehouseSide::handles);
    openers.put("gatehouse kept handles", GatehouseSide::keptHandles);
    openers.put("raw hash map", RawSides::sets);
    openers.put("raw bit set", RawSides::bits);
    if (withPeers) {
      openers.put("jcasbin", CasbinSide::new);
      openers.put("cedar", CedarSide::new);
      openers.put("sapl", SaplSide::new);
    }
    openers.put("memory", RawSides::memory);
    openers.put("timer", RawSides::timer);
    List<Subject> subjects = new ArrayList<>();
    openers.forEach(
        (subject, opener) ->
            subjects.add(
                new Subject(
                    subject,
                    () -> new CheckRates(plan, name, rules(shape), users).measure(opener))));
    return Case.of(name, CheckRates.metrics(name), subjects);
  }

  private Case loading(String name, Shape shape, Loading.Place place) {
    return Case.of(
        name,
        Loading.metrics(name),
        List.of(new Subject(GATEHOUSE, () -> new Loading(name, rules(shape)).measure(place))));
  }

  @Override
  public Map<String, String> versions() {
    String jcasbin = Enforcer.class.getPackage().getImplementationVersion();
    Map<String, String> versions = new HashMap<>(servers.versions());
    versions.put("cedar", AuthorizationEngine.getCedarLangVersion());
    String sapl = EmbeddedPolicyDecisionPoint.class.getPackage().getImplementationVersion();
    if (sapl != null) {
      versions.put("sapl", sapl);
    }
    if (jcasbin != null) {
      versions.put("jcasbin", jcasbin);
    }
    return versions;
  }

  @Override
  public void close() {
    made.clear();
    servers.close();
  }
}
