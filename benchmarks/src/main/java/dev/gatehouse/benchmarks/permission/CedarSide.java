package dev.gatehouse.benchmarks.permission;

import com.cedarpolicy.BasicAuthorizationEngine;
import com.cedarpolicy.model.AuthorizationRequest;
import com.cedarpolicy.model.AuthorizationResponse;
import com.cedarpolicy.model.entity.Entities;
import com.cedarpolicy.model.entity.Entity;
import com.cedarpolicy.model.exception.AuthException;
import com.cedarpolicy.model.exception.CacheException;
import com.cedarpolicy.model.exception.InternalException;
import com.cedarpolicy.model.policy.PolicySet;
import com.cedarpolicy.value.CedarList;
import com.cedarpolicy.value.EntityTypeName;
import com.cedarpolicy.value.EntityUID;
import com.cedarpolicy.value.Value;
import dev.gatehouse.benchmarks.permission.Rules.Question;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Cedar through its Java binding, in the shape that it is fastest in: one policy, parsed once and
 * cached; the user's roles, and the roles that may read the resource, come with each request, all
 * made beforehand, what roles inherit included. So it need not know any user or grant, and a
 * request grows with neither.
 */
final class CedarSide implements CheckSide {
  private static final String POLICY =
      """
      permit(principal, action == Action::"read", resource)
      when { principal in resource.readers };
      """;
  private static final EntityTypeName USER = type("User");
  private static final EntityTypeName ROLE = type("Role");
  private static final EntityTypeName DATA = type("Data");
  private static final EntityUID READ = new EntityUID(type("Action"), "read");

  private final Rules rules;
  private final PolicySet policies;
  private final Map<String, List<Integer>> readers;

  CedarSide(Rules rules) {
    this.rules = rules;
    this.readers = rules.readers();
    try {
      policies = PolicySet.parsePolicies(POLICY);
      policies.cache();
    } catch (InternalException | CacheException e) {
      throw new IllegalStateException("cedar takes no policy", e);
    }
  }

  private static EntityTypeName type(String name) {
    return EntityTypeName.parse(name).orElseThrow();
  }

  @Override
  public Asking prepare(List<Question> questions) {
    return new Requests(questions);
  }

  private Entities entities(Question question) {
    Set<EntityUID> roles = new HashSet<>();
    rules.allRolesOf(question.user()).forEach(role -> roles.add(role(role)));
    List<Value> may = new ArrayList<>();
    readers.getOrDefault(question.resource(), List.of()).forEach(role -> may.add(role(role)));
    Entity user = new Entity(new EntityUID(USER, question.user()), Map.of(), roles);
    Entity data =
        new Entity(
            new EntityUID(DATA, question.resource()),
            Map.of("readers", new CedarList(may)),
            Set.of());
    return new Entities(Set.of(user, data));
  }

  private static EntityUID role(int role) {
    return new EntityUID(ROLE, Rules.role(role));
  }

  private final class Requests implements Asking {
    private static final int MADE = 4_096;

    private final BasicAuthorizationEngine engine = new BasicAuthorizationEngine();
    private final AuthorizationRequest[] requests;
    private final Entities[] entities;

    Requests(List<Question> questions) {
      requests = new AuthorizationRequest[Math.min(MADE, questions.size())];
      entities = new Entities[requests.length];
      for (int i = 0; i < requests.length; i++) {
        Question question = questions.get(i);
        requests[i] =
            new AuthorizationRequest(
                new EntityUID(USER, question.user()),
                READ,
                new EntityUID(DATA, question.resource()),
                Map.of());
        entities[i] = entities(question);
      }
    }

    @Override
    public boolean ask(int index) {
      int at = index % requests.length;
      try {
        AuthorizationResponse response = engine.isAuthorized(requests[at], policies, entities[at]);
        return response.success.orElseThrow().isAllowed();
      } catch (AuthException e) {
        throw new IllegalStateException("cedar gave no answer", e);
      }
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
