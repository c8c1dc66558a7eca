package dev.gatehouse.permission;

import static java.util.Objects.requireNonNull;

import dev.gatehouse.permission.Decision.Allowed;
import dev.gatehouse.permission.Decision.Denied;
import dev.gatehouse.permission.Decision.Reason;
import dev.gatehouse.permission.PermissionStore.Membership;
import dev.gatehouse.permission.PermissionStore.Role;
import dev.gatehouse.permission.PermissionStore.Version;
import java.security.SecureRandom;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.IntFunction;
import java.util.function.Predicate;

/**
 * All permissions of one version, as numbers in arrays. Nothing in it changes once it is built, so
 * that any number of threads read it without a lock and none sees half a change; it shares nothing
 * with any other snapshot.
 *
 * <p>A check looks up subject, action and resource in dictionaries. A resource stands for its own
 * number, if a grant names it, and for those of the patterns that cover it; with the action, and
 * with the action {@code *}, each gives a permission, and the tables of denials and allowances say
 * whether the subject or a role of it holds one. Each of these is a verdict, a number that is
 * greater the more it weighs, so that the greatest of all decides.
 */
final class Snapshot implements PatternTrie.Judge {
  static final long UNCOVERED = 0;
  static final long COVERED = 1;
  static final long EXPIRED = 2;
  static final long ALLOWS = 1L << 32;
  static final long DENIES = 2L << 32;

  private static final SecureRandom RANDOM = new SecureRandom();
  private static final int NONE = -1;

  private final Version version;
  private final Dictionary holders;
  private final Dictionary actions;
  private final int anyAction;
  private final Dictionary resources;
  private final PatternTrie patterns;
  private final PairMap permissions;
  private final RoleTable roles;
  private final GrantTable allowances;
  private final GrantTable denials;
  private final boolean expiring;
  private final IntFunction<Decision> allowed;
  private final IntFunction<Decision> denied;
  private final Map<Reason, Denied> refusals = new EnumMap<>(Reason.class);
  private final ConditionalGrants conditional;

  /**
   * The rows of a store; a row that names a role that is not among the roles is left out.
   *
   * @param usedUp the ids of grants without uses left
   */
  record Rows(
      Version version,
      List<Role> roles,
      List<Membership> memberships,
      List<Grant> grants,
      Set<Long> usedUp) {
    Rows(Version version, List<Role> roles, List<Membership> memberships, List<Grant> grants) {
      this(version, roles, memberships, grants, Set.of());
    }
  }

  Snapshot(Rows rows) {
    long key0 = RANDOM.nextLong();
    long key1 = RANDOM.nextLong();
    version = rows.version();
    Set<String> names = new LinkedHashSet<>();
    rows.roles().forEach(role -> names.add(Subject.role(role.name()).key()));
    int roleCount = names.size();
    List<Membership> memberships =
        rows.memberships().stream()
            .filter(membership -> names.contains(roleKey(membership.role())))
            .filter(membership -> isKnown(membership.member(), names))
            .toList();
    List<Grant> grants =
        rows.grants().stream().filter(grant -> isKnown(grant.holder(), names)).toList();
    memberships.forEach(membership -> names.add(membership.member().key()));
    grants.forEach(grant -> names.add(grant.holder().key()));
    holders = new Dictionary(names, key0, key1);

    long[] members = new long[memberships.size()];
    for (int i = 0; i < members.length; i++) {
      Membership membership = memberships.get(i);
      members[i] =
          (long) holders.find(membership.member().key()) << 32
              | holders.find(roleKey(membership.role()));
    }
    Arrays.sort(members);
    roles = new RoleTable(roleCount, holders.size(), members);

    Set<String> acts = new LinkedHashSet<>();
    Map<String, ResourcePattern> things = new LinkedHashMap<>();
    for (Grant grant : grants) {
      acts.add(grant.action());
      things.putIfAbsent(grant.resource().key(), grant.resource());
    }
    actions = new Dictionary(acts, key0, key1);
    anyAction = actions.find(Names.ANY);
    resources = new Dictionary(things.keySet(), key0, key1);
    Map<ResourcePattern, Integer> wildcards = new LinkedHashMap<>();
    things.forEach(
        (key, pattern) -> {
          if (!pattern.isExact()) {
            wildcards.put(pattern, resources.find(key));
          }
        });
    patterns = new PatternTrie(wildcards, key0, key1);

    permissions = new PairMap(key0);
    grants.forEach(grant -> permissions.add(action(grant), resource(grant)));
    allowances = table(grants, Effect.ALLOW);
    denials = table(grants, Effect.DENY);
    ConditionalGrants.Editor editor = new ConditionalGrants.Editor(ConditionalGrants.NONE);
    grants.forEach(editor::add);
    rows.usedUp().forEach(editor::useUp);
    conditional = editor.grants();
    expiring = grants.stream().anyMatch(grant -> grant.expiresAt().isPresent());
    allowed = entry -> new Allowed(version.number(), List.of(allowances.id(entry)));
    denied = entry -> new Denied(Reason.DENIED, version.number(), List.of(denials.id(entry)));
    for (Reason reason : Reason.values()) {
      if (reason != Reason.GRANTED) {
        refusals.put(reason, new Denied(reason, version.number(), List.of()));
      }
    }
  }

  private static String roleKey(String role) {
    return Subject.ROLE + ":" + role;
  }

  private static boolean isKnown(Subject subject, Set<String> roleKeys) {
    return !subject.isRole() || roleKeys.contains(subject.key());
  }

  private int action(Grant grant) {
    return actions.find(grant.action());
  }

  private int resource(Grant grant) {
    return resources.find(grant.resource().key());
  }

  private GrantTable table(List<Grant> all, Effect effect) {
    List<Grant> grants =
        all.stream()
            .filter(grant -> grant.effect() == effect && !grant.terms().isConditional())
            .toList();
    int size = grants.size();
    int[] permissionOf = new int[size];
    int[] holderOf = new int[size];
    long[] idOf = new long[size];
    long[] expiryOf = new long[size];
    for (int i = 0; i < size; i++) {
      Grant grant = grants.get(i);
      permissionOf[i] = permissions.find(action(grant), resource(grant));
      holderOf[i] = holders.find(grant.holder().key());
      idOf[i] = grant.id();
      expiryOf[i] = grant.expiresAt().map(expiry -> expiry.toEpochMilli()).orElse(GrantTable.NEVER);
    }
    return new GrantTable(
        permissions.size(), roles.roles(), permissionOf, holderOf, idOf, expiryOf);
  }

  Version version() {
    return version;
  }

  /** As {@link #decide(Subject, String, Resource, InstantSource)}, by conditional grants too. */
  Decision decide(Question question, InstantSource clock) {
    if (conditional.isEmpty()) {
      return decide(question.subject(), question.action(), question.resource(), clock);
    }
    Instant moment = clock.instant();
    Decision plain =
        decide(question.subject(), question.action(), question.resource(), () -> moment);
    return conditional.weigh(plain, question, holdersOf(question.subject()), moment);
  }

  /** The grants that count uses and would allow it, by id; empty if another allows it. */
  List<Grant> counted(Question question, Decision decision, InstantSource clock) {
    if (conditional.isEmpty() || !decision.allowed()) {
      return List.of();
    }
    List<Grant> counted =
        conditional.counted(question, holdersOf(question.subject()), clock.instant());
    long decider = decision.grantIds().get(0);
    return counted.stream().anyMatch(grant -> grant.id() == decider) ? counted : List.of();
  }

  ConditionalGrants conditional() {
    return conditional;
  }

  /** Whether a holder is the subject itself or a role that it has. */
  Predicate<Subject> holdersOf(Subject subject) {
    int number = holderNumber(subject);
    return holder -> number != NONE && roles.reaches(number, holderNumber(holder));
  }

  /** Decides by the clock, which is read at most once, so that one moment judges every grant. */
  Decision decide(Subject subject, String action, Resource resource, InstantSource clock) {
    requireNonNull(action, "action");
    requireNonNull(resource, "resource");
    int holder = holders.find(requireNonNull(subject, "subject").key());
    int act = actionNumber(action);
    if (holder == NONE) {
      return refusal(Reason.UNKNOWN_SUBJECT);
    }
    long verdict = judgeAll(this, resource, act, holder, expiring ? clock.millis() : 0);
    if (verdict >= DENIES) {
      return denials.decision((int) verdict, denied);
    }
    if (verdict >= ALLOWS) {
      return allowances.decision((int) verdict, allowed);
    }
    if (verdict == EXPIRED) {
      return refusal(Reason.EXPIRED);
    }
    if (act == NONE) {
      return refusal(Reason.UNKNOWN_ACTION);
    }
    return refusal(verdict == UNCOVERED ? Reason.UNKNOWN_RESOURCE : Reason.NOT_GRANTED);
  }

  /** The number of the action; -1 if no grant names it. */
  int actionNumber(String action) {
    int number = actions.find(action);
    if (number == NONE || number == anyAction) {
      Names.action(action);
    }
    return number;
  }

  /** The denial for the reason, made beforehand. */
  Denied refusal(Reason reason) {
    return requireNonNull(refusals.get(reason));
  }

  /** The greatest verdict on the resource and on the patterns that cover it. */
  long judgeAll(PatternTrie.Judge judge, Resource resource, int action, int holder, long now) {
    long verdict = patterns.match(resource, judge, action, holder, now);
    int exact = resources.find(resource.key());
    return exact == NONE ? verdict : Math.max(verdict, judge.judge(exact, action, holder, now));
  }

  @Override
  public long judge(int resource, int action, int holder, long now) {
    long verdict = COVERED;
    if (action != NONE) {
      verdict = judge(permissions.find(action, resource), holder, now);
    }
    if (anyAction != NONE) {
      verdict = Math.max(verdict, judge(permissions.find(anyAction, resource), holder, now));
    }
    return verdict;
  }

  private long judge(int permission, int holder, long now) {
    if (permission == NONE) {
      return COVERED;
    }
    int denial = denials.find(permission, holder, roles, now);
    if (denial >= 0) {
      return DENIES | denial;
    }
    int allowance = allowances.find(permission, holder, roles, now);
    if (allowance >= 0) {
      return ALLOWS | allowance;
    }
    return allowance == GrantTable.EXPIRED ? EXPIRED : COVERED;
  }

  int holderNumber(Subject subject) {
    return holders.find(subject.key());
  }

  Subject holder(int number) {
    String key = holders.text(number);
    int colon = key.indexOf(':');
    return Subject.of(key.substring(0, colon), key.substring(colon + 1));
  }

  String action(int number) {
    return actions.text(number);
  }

  int anyAction() {
    return anyAction;
  }

  ResourcePattern resource(int number) {
    String key = resources.text(number);
    int colon = key.indexOf(':');
    return ResourcePattern.of(key.substring(0, colon), key.substring(colon + 1));
  }

  /** The permission of action and resource; -1 if no grant speaks of it. */
  int permission(int action, int resource) {
    return permissions.find(action, resource);
  }

  RoleTable roles() {
    return roles;
  }

  GrantTable grants(Effect effect) {
    return effect == Effect.ALLOW ? allowances : denials;
  }
}
