package dev.gatehouse.permission;

import dev.gatehouse.permission.Condition.Truth;
import dev.gatehouse.permission.Decision.Allowed;
import dev.gatehouse.permission.Decision.Denied;
import dev.gatehouse.permission.Decision.Reason;
import dev.gatehouse.permission.Explanation.Part;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * The grants of a snapshot that have a condition or count their uses. They are apart from all
 * others, so that a check pays for them only where there are some: what the others decide, these
 * may turn. Nothing in it changes once it is built.
 *
 * <p>They hang in a tree of the steps of their resources, as in {@link PatternTrie}, at each end by
 * action. A check looks at those that cover its resource, whoever holds them, and asks for each
 * whether the subject has its holder.
 */
final class ConditionalGrants {
  /** Such a grant. Immutable. */
  record Entry(Grant grant, boolean usedUp) {
    /** What becomes of it at that moment, be there no other grant. */
    Part part(Attributes attributes, Instant moment) {
      if (grant.expiresAt().map(expiry -> !moment.isBefore(expiry)).orElse(false)) {
        return Part.EXPIRED;
      }
      if (usedUp) {
        return Part.USED_UP;
      }
      Truth truth = truth(attributes, moment);
      boolean counts =
          truth == Truth.TRUE || (truth == Truth.UNKNOWN && grant.effect() == Effect.DENY);
      return counts ? Part.DECIDES : Part.UNMET;
    }

    Truth truth(Attributes attributes, Instant moment) {
      return grant
          .condition()
          .map(condition -> condition.judge(attributes, moment))
          .orElse(Truth.TRUE);
    }

    boolean isCounted() {
      return grant.times().isPresent();
    }
  }

  private static final class Node {
    private final Map<String, Node> next = new HashMap<>();
    private final Map<String, List<Entry>> ends = new HashMap<>();
    private final Map<String, List<Entry>> rests = new HashMap<>();
  }

  /** No such grants. */
  static final ConditionalGrants NONE = new ConditionalGrants(Map.of());

  private final Map<Long, Entry> byId;
  private final Node root = new Node();

  private ConditionalGrants(Map<Long, Entry> byId) {
    this.byId = byId;
    byId.values().forEach(this::insert);
  }

  /** Makes such grants out of others and of rows that came and went. Not safe. */
  static final class Editor {
    private final ConditionalGrants base;
    private @Nullable Map<Long, Entry> changed;

    Editor(ConditionalGrants base) {
      this.base = base;
    }

    /** False if the grant is not conditional, and has nothing to do with this. */
    boolean add(Grant grant) {
      if (!grant.terms().isConditional()) {
        return false;
      }
      changed().put(grant.id(), new Entry(grant, false));
      return true;
    }

    /** False if there is no such grant here. */
    boolean remove(long id) {
      return entries().containsKey(id) && changed().remove(id) != null;
    }

    /** Removes the grants of a holder. */
    void removeOf(Subject holder) {
      for (Entry entry : List.copyOf(entries().values())) {
        if (entry.grant.holder().equals(holder)) {
          changed().remove(entry.grant.id());
        }
      }
    }

    /** Notes that a grant has no uses left. */
    void useUp(long id) {
      Entry entry = entries().get(id);
      if (entry != null) {
        changed().put(id, new Entry(entry.grant, true));
      }
    }

    private Map<Long, Entry> entries() {
      return changed == null ? base.byId : changed;
    }

    private Map<Long, Entry> changed() {
      Map<Long, Entry> mine = changed;
      if (mine == null) {
        mine = new HashMap<>(base.byId);
        changed = mine;
      }
      return mine;
    }

    /** What came of it; the editor is of no use any more. */
    ConditionalGrants grants() {
      return changed == null ? base : new ConditionalGrants(changed);
    }
  }

  private void insert(Entry entry) {
    Node node = root;
    for (String step : entry.grant.resource().steps()) {
      if (step.equals(Names.REST)) {
        node.rests.computeIfAbsent(entry.grant.action(), key -> new ArrayList<>()).add(entry);
        return;
      }
      node = node.next.computeIfAbsent(step, key -> new Node());
    }
    node.ends.computeIfAbsent(entry.grant.action(), key -> new ArrayList<>()).add(entry);
  }

  boolean isEmpty() {
    return byId.isEmpty();
  }

  /** Each entry that covers action and resource, and whose holder is one of those. */
  void forEach(
      String action, Resource resource, Predicate<Subject> holders, Consumer<Entry> entries) {
    walk(
        root,
        0,
        resource,
        byAction -> {
          visit(byAction.get(action), holders, entries);
          visit(byAction.get(Names.ANY), holders, entries);
        });
  }

  private static void walk(
      Node node, int depth, Resource resource, Consumer<Map<String, List<Entry>>> found) {
    found.accept(node.rests);
    if (depth == resource.depth()) {
      found.accept(node.ends);
      return;
    }
    Node named = node.next.get(resource.step(depth));
    if (named != null) {
      walk(named, depth + 1, resource, found);
    }
    Node star = node.next.get(Names.ANY);
    if (star != null) {
      walk(star, depth + 1, resource, found);
    }
  }

  private static void visit(
      @Nullable List<Entry> list, Predicate<Subject> holders, Consumer<Entry> entries) {
    if (list == null) {
      return;
    }
    for (Entry entry : list) {
      if (holders.test(entry.grant.holder())) {
        entries.accept(entry);
      }
    }
  }

  /** What becomes of a decision that the other grants came to. */
  Decision weigh(Decision plain, Question question, Predicate<Subject> holders, Instant moment) {
    if (isEmpty() || plain.reason() == Reason.DENIED) {
      return plain;
    }
    Scale scale = new Scale(question.attributes(), moment);
    forEach(question.action(), question.resource(), holders, scale::add);
    return scale.decide(plain);
  }

  /** The grants that count uses and would allow it, by id; to be asked if no other does. */
  List<Grant> counted(Question question, Predicate<Subject> holders, Instant moment) {
    List<Grant> counted = new ArrayList<>();
    forEach(
        question.action(),
        question.resource(),
        holders,
        entry -> {
          if (entry.isCounted() && entry.part(question.attributes(), moment) == Part.DECIDES) {
            counted.add(entry.grant);
          }
        });
    counted.sort(Comparator.comparing(Grant::id));
    return counted;
  }

  /** Gathers the weightiest of the entries that speak of a matter. Not safe. */
  private static final class Scale {
    private final Attributes attributes;
    private final Instant moment;
    private @Nullable Entry denial;
    private @Nullable Entry allowance;
    private @Nullable Reason shortfall;

    Scale(Attributes attributes, Instant moment) {
      this.attributes = attributes;
      this.moment = moment;
    }

    void add(Entry entry) {
      Part part = entry.part(attributes, moment);
      if (part == Part.DECIDES) {
        if (entry.grant.effect() == Effect.DENY) {
          denial = denial == null || entry.grant.id() < denial.grant.id() ? entry : denial;
        } else if (allowance == null || isBetter(entry, allowance)) {
          allowance = entry;
        }
      } else if (entry.grant.effect() == Effect.ALLOW) {
        Reason reason = reason(part);
        shortfall = shortfall == null || reason.compareTo(shortfall) > 0 ? reason : shortfall;
      }
    }

    /** One that counts no uses before one that does, so that none is taken in vain. */
    private static boolean isBetter(Entry entry, Entry than) {
      return entry.isCounted() == than.isCounted()
          ? entry.grant.id() < than.grant.id()
          : than.isCounted();
    }

    /** In the order of the enum, so that the greatest is the most telling. */
    private static Reason reason(Part part) {
      return switch (part) {
        case USED_UP -> Reason.USED_UP;
        case UNMET -> Reason.CONDITION_UNMET;
        case EXPIRED, DECIDES, OVERRIDDEN -> Reason.EXPIRED;
      };
    }

    Decision decide(Decision plain) {
      if (denial != null) {
        return new Denied(Reason.DENIED, plain.version(), List.of(denial.grant.id()));
      }
      if (plain.allowed()) {
        return plain;
      }
      if (allowance != null) {
        return new Allowed(plain.version(), List.of(allowance.grant.id()));
      }
      return shortfall == null ? plain : new Denied(shortfall, plain.version(), List.of());
    }
  }
}
