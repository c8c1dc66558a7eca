package dev.gatehouse.permission;

import dev.gatehouse.error.ConflictException;
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

/** Looks for roles that inherit from themselves. */
final class RoleCircle {
  private static final int SHOWN_ROLES = 8;

  private RoleCircle() {}

  /** Refuses inheritance that, with what there is, goes in a circle; the message names one. */
  static void refuse(List<Membership> standing, Collection<Membership> added) {
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
