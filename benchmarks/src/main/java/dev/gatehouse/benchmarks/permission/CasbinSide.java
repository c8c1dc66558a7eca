package dev.gatehouse.benchmarks.permission;

import dev.gatehouse.benchmarks.permission.Rules.Question;
import java.util.ArrayList;
import java.util.List;
import org.casbin.jcasbin.main.Enforcer;
import org.casbin.jcasbin.model.Model;

/**
 * jCasbin with its RBAC model: one Enforcer that is used again and again, with its log off. The
 * matcher asks for roles last, which is faster than the order in its manual. It may not be used by
 * several threads.
 */
final class CasbinSide implements CheckSide {
  private static final String ACTION = "read";
  private static final String MODEL =
      """
      [request_definition]
      r = sub, obj, act

      [policy_definition]
      p = sub, obj, act

      [role_definition]
      g = _, _

      [policy_effect]
      e = some(where (p.eft == allow))

      [matchers]
      m = r.obj == p.obj && r.act == p.act && g(r.sub, p.sub)
      """;

  private final Enforcer enforcer;

  CasbinSide(Rules rules) {
    Model model = new Model();
    model.loadModelFromText(MODEL);
    enforcer = new Enforcer(model);
    enforcer.enableLog(false);
    List<List<String>> policies = new ArrayList<>();
    List<List<String>> links = new ArrayList<>();
    for (int role = 0; role < rules.shape().roles(); role++) {
      for (int resource : rules.resourcesOf(role)) {
        policies.add(List.of(Rules.role(role), Rules.resource(resource), ACTION));
      }
      if (rules.inheritsNext(role)) {
        links.add(List.of(Rules.role(role), Rules.role(role + 1)));
      }
    }
    for (int user = 0; user < rules.shape().users(); user++) {
      for (int role : rules.rolesOf(user)) {
        links.add(List.of(Rules.user(user), Rules.role(role)));
      }
    }
    enforcer.addPolicies(policies);
    enforcer.addGroupingPolicies(links);
  }

  @Override
  public Asking prepare(List<Question> questions) {
    return new Enforcements(enforcer, questions);
  }

  @Override
  public boolean isShared() {
    return false;
  }

  private static final class Enforcements implements Asking {
    private final Enforcer enforcer;
    private final Question[] questions;

    Enforcements(Enforcer enforcer, List<Question> questions) {
      this.enforcer = enforcer;
      this.questions = questions.toArray(Question[]::new);
    }

    @Override
    public boolean ask(int index) {
      return enforcer.enforce(questions[index].user(), questions[index].resource(), ACTION);
    }

    @Override
    public int count(int from, int until) {
      int yes = 0;
      for (int i = from; i < until; i++) {
        yes += ask(i) ? 1 : 0;
      }
      return yes;
    }

    @Override
    public int time(int from, int until, long[] nanos) {
      int yes = 0;
      for (int i = from; i < until; i++) {
        long begin = System.nanoTime();
        yes += ask(i) ? 1 : 0;
        nanos[i] = System.nanoTime() - begin;
      }
      return yes;
    }
  }
}
