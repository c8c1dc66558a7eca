package dev.gatehouse.benchmarks.permission;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.gatehouse.benchmarks.permission.Rules.Question;
import io.sapl.api.pdp.AuthorizationDecision;
import io.sapl.api.pdp.AuthorizationSubscription;
import io.sapl.api.pdp.Decision;
import io.sapl.interpreter.InitializationException;
import io.sapl.interpreter.combinators.PolicyDocumentCombiningAlgorithm;
import io.sapl.pdp.EmbeddedPolicyDecisionPoint;
import io.sapl.pdp.PolicyDecisionPointFactory;
import java.util.List;
import java.util.Map;

/**
 * SAPL's embedded engine with one policy; the user's roles, and the roles that may read the
 * resource, come with each subscription, all made beforehand, what roles inherit included. So it
 * need not know any user or grant, and a subscription grows with neither.
 */
final class SaplSide implements CheckSide {
  private static final String POLICY =
      """
      policy "readers"
      permit action == "read" & subject.roles[?(@ in resource.readers)] != []
      """;
  private static final JsonNodeFactory NODES = JsonNodeFactory.instance;

  private final Rules rules;
  private final EmbeddedPolicyDecisionPoint engine;
  private final Map<String, List<Integer>> readers;

  SaplSide(Rules rules) {
    this.rules = rules;
    this.readers = rules.readers();
    try {
      engine =
          PolicyDecisionPointFactory.fixedInRamPolicyDecisionPoint(
              List.of(POLICY), PolicyDocumentCombiningAlgorithm.DENY_OVERRIDES, Map.of());
    } catch (InitializationException e) {
      throw new IllegalStateException("sapl takes no policy", e);
    }
  }

  @Override
  public Asking prepare(List<Question> questions) {
    return new Subscriptions(questions);
  }

  @Override
  public void close() {
    engine.destroy();
  }

  private AuthorizationSubscription subscription(Question question) {
    ObjectNode user = NODES.objectNode().put("name", question.user());
    add(user.putArray("roles"), rules.allRolesOf(question.user()));
    ObjectNode data = NODES.objectNode().put("name", question.resource());
    add(data.putArray("readers"), readers.getOrDefault(question.resource(), List.of()));
    return AuthorizationSubscription.of(user, "read", data);
  }

  private static void add(ArrayNode names, List<Integer> roles) {
    roles.forEach(role -> names.add(Rules.role(role)));
  }

  private final class Subscriptions implements Asking {
    private static final int MADE = 4_096;

    private final AuthorizationSubscription[] subscriptions;

    Subscriptions(List<Question> questions) {
      subscriptions =
          questions.stream()
              .limit(MADE)
              .map(SaplSide.this::subscription)
              .toArray(AuthorizationSubscription[]::new);
    }

    @Override
    public boolean ask(int index) {
      AuthorizationDecision decision =
          engine.decideOnce(subscriptions[index % subscriptions.length]).block();
      return decision != null && decision.getDecision() == Decision.PERMIT;
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
