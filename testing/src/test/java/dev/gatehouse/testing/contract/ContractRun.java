package dev.gatehouse.testing.contract;

import static org.junit.platform.engine.discovery.DiscoverySelectors.selectClass;

import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.junit.platform.engine.TestExecutionResult;
import org.junit.platform.testkit.engine.EngineTestKit;
import org.junit.platform.testkit.engine.Event;

/** Runs a contract on a store that is broken on purpose, to see that the contract notices. */
final class ContractRun {
  private ContractRun() {}

  /** The ids of the rules, such as {@code TASK3}, whose tests failed. */
  static Set<String> brokenRules(Class<? extends StoreContract> contract) {
    return EngineTestKit.engine("junit-jupiter")
        .selectors(selectClass(contract))
        .configurationParameter("junit.jupiter.conditions.deactivate", "*")
        .execute()
        .testEvents()
        .finished()
        .stream()
        .filter(
            event ->
                event
                    .getRequiredPayload(TestExecutionResult.class)
                    .getStatus()
                    .equals(TestExecutionResult.Status.FAILED))
        .map(ContractRun::rule)
        .collect(Collectors.toCollection(TreeSet::new));
  }

  private static String rule(Event event) {
    String name = event.getTestDescriptor().getDisplayName();
    int end = name.indexOf('_');
    return end < 0 ? name : name.substring(0, end);
  }
}
