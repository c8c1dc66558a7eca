package dev.gatehouse.permission;

import dev.gatehouse.permission.PermissionStore.Membership;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Deque;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Who has which roles, as stored, circles included. Nothing in it changes once it is built. */
final class Hierarchy {
  private final Map<Subject, List<Subject>> roles = new HashMap<>();
  private final Map<Subject, List<Subject>> members = new HashMap<>();

  Hierarchy(Collection<Membership> memberships) {
    for (Membership membership : memberships) {
      Subject role = Subject.role(membership.role());
      roles.computeIfAbsent(membership.member(), key -> new ArrayList<>()).add(role);
      members.computeIfAbsent(role, key -> new ArrayList<>()).add(membership.member());
    }
  }

  /** The subjects, and every role that one of them has. */
  Set<Subject> upwards(Collection<Subject> from) {
    return reached(from, roles);
  }

  /** The subjects, and whoever has a role among them. */
  Set<Subject> downwards(Collection<Subject> from) {
    return reached(from, members);
  }

  private static Set<Subject> reached(Collection<Subject> from, Map<Subject, List<Subject>> edges) {
    Set<Subject> reached = new LinkedHashSet<>(from);
    Deque<Subject> queue = new ArrayDeque<>(reached);
    while (!queue.isEmpty()) {
      for (Subject next : edges.getOrDefault(queue.remove(), List.of())) {
        if (reached.add(next)) {
          queue.add(next);
        }
      }
    }
    return reached;
  }
}
