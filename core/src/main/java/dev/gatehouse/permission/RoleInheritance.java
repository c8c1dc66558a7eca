package dev.gatehouse.permission;

import dev.gatehouse.error.ConflictException;
import dev.gatehouse.error.LimitException;
import dev.gatehouse.permission.PermissionStore.Membership;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.LongStream;

/** What inheritance there may be: none that goes in a circle, and not too much of it. */
final class RoleInheritance {
  private static final int SHOWN_ROLES = 8;

  private RoleInheritance() {}

  /**
   * Checks inheritance that is to be added to what there is.
   *
   * @throws ConflictException if the two go in a circle; the message names one
   * @throws LimitException if roles would inherit too much
   */
  static void check(List<Membership> standing, Collection<Membership> added) {
    Map<String, List<String>> inherited = new HashMap<>();
    for (Collection<Membership> edges : List.of(standing, added)) {
      for (Membership edge : edges) {
        inherited.computeIfAbsent(edge.member().name(), heir -> new ArrayList<>()).add(edge.role());
      }
    }
    Set<String> clear = new HashSet<>();
    for (Membership edge : added) {
      List<String> circle = find(edge.member().name(), inherited, clear);
      if (!circle.isEmpty()) {
        throw new ConflictException(
            Subject.role(circle.get(0)) + " must not inherit from itself: " + shown(circle));
      }
    }
    checkReach(inherited);
  }

  /** Works out what a snapshot would hold, as far as the limit. */
  private static void checkReach(Map<String, List<String>> inherited) {
    Map<String, Integer> numbers = new HashMap<>();
    LongStream.Builder pairs = LongStream.builder();
    inherited.forEach(
        (heir, roles) -> {
          long number = number(numbers, heir);
          roles.forEach(role -> pairs.add(number << 32 | number(numbers, role)));
        });
    long[] sorted = pairs.build().sorted().toArray();
    long reach = new RoleTable(numbers.size(), sorted, PermissionStore.MAX_INHERITED).reach();
    if (reach > PermissionStore.MAX_INHERITED) {
      throw new LimitException(
          "roles must inherit at most "
              + PermissionStore.MAX_INHERITED
              + " others in all, directly and through others, would inherit more");
    }
  }

  private static int number(Map<String, Integer> numbers, String role) {
    return numbers.computeIfAbsent(role, name -> numbers.size());
  }

  /** A role on the way up, and the roles it inherits that are still to be followed. */
  private record Step(String role, Iterator<String> inherited) {}

  /**
   * Follows all ways up from a role, depth first.
   *
   * @param clear roles above which there is no circle; more are added
   * @return the first circle, its first role last again; empty if there is none
   */
  private static List<String> find(
      String from, Map<String, List<String>> inherited, Set<String> clear) {
    Deque<Step> way = new ArrayDeque<>();
    Set<String> onTheWay = new HashSet<>();
    step(from, inherited, way, onTheWay);
    while (!way.isEmpty()) {
      Step last = way.getLast();
      if (!last.inherited.hasNext()) {
        clear.add(last.role);
        onTheWay.remove(last.role);
        way.removeLast();
        continue;
      }
      String next = last.inherited.next();
      if (onTheWay.contains(next)) {
        return circle(way, next);
      }
      if (!clear.contains(next)) {
        step(next, inherited, way, onTheWay);
      }
    }
    return List.of();
  }

  private static void step(
      String role, Map<String, List<String>> inherited, Deque<Step> way, Set<String> onTheWay) {
    way.addLast(new Step(role, inherited.getOrDefault(role, List.of()).iterator()));
    onTheWay.add(role);
  }

  private static List<String> circle(Deque<Step> way, String closing) {
    List<String> roles = new ArrayList<>(way.stream().map(Step::role).toList());
    List<String> circle = new ArrayList<>(roles.subList(roles.indexOf(closing), roles.size()));
    circle.add(closing);
    return circle;
  }

  private static String shown(List<String> circle) {
    if (circle.size() <= SHOWN_ROLES + 1) {
      return String.join(" -> ", circle);
    }
    return String.join(" -> ", circle.subList(0, SHOWN_ROLES))
        + " -> ("
        + (circle.size() - SHOWN_ROLES - 1)
        + " more) -> "
        + circle.get(circle.size() - 1);
  }
}
