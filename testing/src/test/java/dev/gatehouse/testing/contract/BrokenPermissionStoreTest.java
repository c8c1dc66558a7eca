package dev.gatehouse.testing.contract;

import static org.assertj.core.api.Assertions.assertThat;

import dev.gatehouse.permission.Grant;
import dev.gatehouse.permission.PermissionStore;
import dev.gatehouse.permission.PermissionStore.Change;
import dev.gatehouse.permission.PermissionStore.Difference;
import dev.gatehouse.permission.PermissionStore.Role;
import dev.gatehouse.permission.PermissionStore.Version;
import dev.gatehouse.permission.Subject;
import dev.gatehouse.storage.Storage;
import dev.gatehouse.storage.memory.MemoryStorage;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.time.InstantSource;
import java.util.List;
import java.util.Locale;
import java.util.OptionalLong;
import org.junit.jupiter.api.Test;

/** The contract notices stores that break a rule. */
class BrokenPermissionStoreTest {
  @Test
  void brokenRules_soundStoreBehindAProxy_none() {
    assertThat(ContractRun.brokenRules(Sound.class)).isEmpty();
  }

  @Test
  void brokenRules_versionBeginsAtOne_breaks1() {
    assertThat(ContractRun.brokenRules(BeginsAtOne.class)).contains("PERMISSION1");
  }

  @Test
  void brokenRules_advanceForgetsTheChange_breaks3() {
    assertThat(ContractRun.brokenRules(ForgetsChanges.class)).contains("PERMISSION3");
  }

  @Test
  void brokenRules_claimsEveryInsertion_breaks4() {
    assertThat(ContractRun.brokenRules(ClaimsEveryInsertion.class)).contains("PERMISSION4");
  }

  @Test
  void brokenRules_claimsEveryInsertionOfMany_breaks4And9() {
    assertThat(ContractRun.brokenRules(ClaimsEveryInsertionOfMany.class))
        .contains("PERMISSION4", "PERMISSION9");
  }

  @Test
  void brokenRules_roleNamesInLowerCase_breaks4And7() {
    assertThat(ContractRun.brokenRules(LowerCase.class)).contains("PERMISSION4", "PERMISSION7");
  }

  @Test
  void brokenRules_removedRoleKeepsItsGrants_breaks5() {
    assertThat(ContractRun.brokenRules(KeepsGrants.class))
        .containsExactly("PERMISSION5", "PERMISSION9");
  }

  @Test
  void brokenRules_pageBeginsAtTheId_breaks6() {
    assertThat(ContractRun.brokenRules(PageFromId.class)).contains("PERMISSION6");
  }

  @Test
  void brokenRules_pageOneRowShort_breaks6() {
    assertThat(ContractRun.brokenRules(ShortPage.class)).contains("PERMISSION6");
  }

  @Test
  void brokenRules_forgetsExpiry_breaks7() {
    assertThat(ContractRun.brokenRules(ForgetsExpiry.class)).containsExactly("PERMISSION7");
  }

  @Test
  void brokenRules_writesOutsideTheTransaction_breaks8() {
    assertThat(ContractRun.brokenRules(NeverJoins.class)).contains("PERMISSION8");
  }

  @Test
  void brokenRules_forgetsConditions_breaks7() {
    assertThat(ContractRun.brokenRules(ForgetsConditions.class)).containsExactly("PERMISSION7");
  }

  @Test
  void brokenRules_usesWithoutEnd_breaks9() {
    assertThat(ContractRun.brokenRules(UsesWithoutEnd.class)).containsExactly("PERMISSION9");
  }

  @Test
  void brokenRules_versionsAreAllTheLatest_breaks10() {
    assertThat(ContractRun.brokenRules(KnowsOnlyTheLatest.class))
        .contains("PERMISSION10", "PERMISSION11");
  }

  @Test
  void brokenRules_differenceWithoutRemovals_breaks10() {
    assertThat(ContractRun.brokenRules(ForgetsRemovals.class)).containsExactly("PERMISSION10");
  }

  @Test
  void brokenRules_forgetsOneVersionTooMany_breaks11() {
    assertThat(ContractRun.brokenRules(ForgetsTooMuch.class)).containsExactly("PERMISSION11");
  }

  @Test
  void brokenRules_neverForgets_breaks11() {
    assertThat(ContractRun.brokenRules(NeverForgets.class)).containsExactly("PERMISSION11");
  }

  /** A memory store with one defect. */
  abstract static class Defect extends PermissionStoreContract {
    @Override
    protected Storage open(InstantSource leaseClock) {
      MemoryStorage whole = MemoryStorage.create(leaseClock);
      return proxy(
          Storage.class,
          (method, arguments) ->
              method.getName().equals("permissions")
                  ? broken(whole.permissions())
                  : invoke(whole, method, arguments));
    }

    private PermissionStore broken(PermissionStore store) {
      return proxy(
          PermissionStore.class,
          (method, arguments) -> {
            if (method.getName().equals("joining")) {
              return broken((PermissionStore) invoke(store, method, arguments));
            }
            return call(store, method, arguments);
          });
    }

    /** Calls a method of the store, with the defect. */
    abstract Object call(PermissionStore store, Method method, Object[] arguments) throws Throwable;
  }

  private interface Call {
    Object answer(Method method, Object[] arguments) throws Throwable;
  }

  private static <T> T proxy(Class<T> type, Call call) {
    return type.cast(
        Proxy.newProxyInstance(
            type.getClassLoader(),
            new Class<?>[] {type},
            (self, method, arguments) -> call.answer(method, arguments)));
  }

  private static Object invoke(Object target, Method method, Object[] arguments) throws Throwable {
    try {
      return method.invoke(target, arguments);
    } catch (InvocationTargetException e) {
      throw e.getCause();
    }
  }

  static class Sound extends Defect {
    @Override
    Object call(PermissionStore store, Method method, Object[] arguments) throws Throwable {
      return invoke(store, method, arguments);
    }
  }

  static class BeginsAtOne extends Defect {
    @Override
    Object call(PermissionStore store, Method method, Object[] arguments) throws Throwable {
      Object answer = invoke(store, method, arguments);
      return answer.equals(Version.NONE) ? new Version(1, 0, 0) : answer;
    }
  }

  static class ForgetsChanges extends Defect {
    @Override
    Object call(PermissionStore store, Method method, Object[] arguments) throws Throwable {
      if (method.getName().equals("advance")) {
        Change change = (Change) arguments[0];
        return invoke(
            store,
            method,
            new Object[] {new Change(change.id(), change.operation(), 1, change.atMillis())});
      }
      return invoke(store, method, arguments);
    }
  }

  static class ClaimsEveryInsertion extends Defect {
    @Override
    Object call(PermissionStore store, Method method, Object[] arguments) throws Throwable {
      Object answer = invoke(store, method, arguments);
      return method.getName().startsWith("insert") ? true : answer;
    }
  }

  static class ClaimsEveryInsertionOfMany extends Defect {
    @Override
    Object call(PermissionStore store, Method method, Object[] arguments) throws Throwable {
      Object answer = invoke(store, method, arguments);
      return method.getName().equals("insertGrants") ? arguments[0] : answer;
    }
  }

  static class LowerCase extends Defect {
    @Override
    Object call(PermissionStore store, Method method, Object[] arguments) throws Throwable {
      if (method.getName().equals("insertRole")) {
        Role role = (Role) arguments[0];
        return store.insertRole(new Role(role.id(), role.name().toLowerCase(Locale.ROOT)));
      }
      return invoke(store, method, arguments);
    }
  }

  static class KeepsGrants extends Defect {
    @Override
    Object call(PermissionStore store, Method method, Object[] arguments) throws Throwable {
      if (method.getName().equals("deleteRole")) {
        String role = (String) arguments[0];
        List<Grant> grants = store.grants(Subject.role(role), 0, Integer.MAX_VALUE);
        boolean deleted = store.deleteRole(role);
        grants.forEach(store::insertGrant);
        return deleted;
      }
      return invoke(store, method, arguments);
    }
  }

  static class PageFromId extends Defect {
    @Override
    Object call(PermissionStore store, Method method, Object[] arguments) throws Throwable {
      if (method.getName().equals("memberships") && arguments[0] instanceof Long version) {
        return store.memberships(version, (Long) arguments[1] - 1, (Integer) arguments[2]);
      }
      return invoke(store, method, arguments);
    }
  }

  static class ShortPage extends Defect {
    @Override
    Object call(PermissionStore store, Method method, Object[] arguments) throws Throwable {
      if (method.getName().equals("roles")) {
        return store.roles(
            (Long) arguments[0], (Long) arguments[1], Math.min(1_000, (Integer) arguments[2]));
      }
      return invoke(store, method, arguments);
    }
  }

  static class ForgetsExpiry extends Defect {
    @Override
    Object call(PermissionStore store, Method method, Object[] arguments) throws Throwable {
      if (method.getName().equals("insertGrant")) {
        Grant grant = (Grant) arguments[0];
        Grant.Terms terms = timesOf(grant);
        return store.insertGrant(
            new Grant(grant.id(), grant.condition().map(terms::when).orElse(terms)));
      }
      return invoke(store, method, arguments);
    }
  }

  /** The terms with no limit but the number of uses. */
  private static Grant.Terms timesOf(Grant grant) {
    Grant.Terms terms = grant.terms().unlimited();
    return grant.times().isPresent() ? terms.times(grant.times().getAsLong()) : terms;
  }

  static class ForgetsConditions extends Defect {
    @Override
    Object call(PermissionStore store, Method method, Object[] arguments) throws Throwable {
      if (method.getName().equals("insertGrant")) {
        Grant grant = (Grant) arguments[0];
        Grant.Terms terms = timesOf(grant);
        return store.insertGrant(
            new Grant(grant.id(), grant.expiresAt().map(terms::until).orElse(terms)));
      }
      return invoke(store, method, arguments);
    }
  }

  static class UsesWithoutEnd extends Defect {
    @Override
    Object call(PermissionStore store, Method method, Object[] arguments) throws Throwable {
      Object answer = invoke(store, method, arguments);
      return method.getName().equals("use") && answer.equals(OptionalLong.empty())
          ? store.usesLeft((Long) arguments[0])
          : answer;
    }
  }

  static class KnowsOnlyTheLatest extends Defect {
    @Override
    Object call(PermissionStore store, Method method, Object[] arguments) throws Throwable {
      if (method.getName().equals("grants") && arguments[0] instanceof Long) {
        return store.grants(PermissionStore.LATEST, (Long) arguments[1], (Integer) arguments[2]);
      }
      return invoke(store, method, arguments);
    }
  }

  static class ForgetsRemovals extends Defect {
    @Override
    Object call(PermissionStore store, Method method, Object[] arguments) throws Throwable {
      Object answer = invoke(store, method, arguments);
      return answer instanceof Difference<?> difference
          ? new Difference<>(difference.added(), List.of())
          : answer;
    }
  }

  static class ForgetsTooMuch extends Defect {
    @Override
    Object call(PermissionStore store, Method method, Object[] arguments) throws Throwable {
      return method.getName().equals("forget")
          ? store.forget((Long) arguments[0] + 1, (Integer) arguments[1])
          : invoke(store, method, arguments);
    }
  }

  static class NeverForgets extends Defect {
    @Override
    Object call(PermissionStore store, Method method, Object[] arguments) throws Throwable {
      return method.getName().equals("forget") ? 0 : invoke(store, method, arguments);
    }
  }

  /** What is written joined stays in another storage, whatever becomes of the transaction. */
  static class NeverJoins extends PermissionStoreContract {
    @Override
    protected Storage open(InstantSource leaseClock) {
      MemoryStorage whole = MemoryStorage.create(leaseClock);
      MemoryStorage apart = MemoryStorage.create(leaseClock);
      return proxy(
          Storage.class,
          (method, arguments) ->
              method.getName().equals("permissions")
                  ? unjoined(apart.permissions())
                  : invoke(whole, method, arguments));
    }

    private static PermissionStore unjoined(PermissionStore store) {
      return proxy(
          PermissionStore.class,
          (method, arguments) ->
              method.getName().equals("joining")
                  ? unjoined(store)
                  : invoke(store, method, arguments));
    }
  }
}
