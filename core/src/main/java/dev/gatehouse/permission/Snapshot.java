package dev.gatehouse.permission;

import static java.util.Objects.requireNonNull;

import dev.gatehouse.hash.Fingerprint;
import dev.gatehouse.permission.Decision.Allowed;
import dev.gatehouse.permission.Decision.Denied;
import dev.gatehouse.permission.Decision.Reason;
import dev.gatehouse.permission.PermissionStore.Membership;
import dev.gatehouse.permission.PermissionStore.Role;
import dev.gatehouse.permission.PermissionStore.Version;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * All permissions of one version, as numbers in arrays. Nothing that it says changes once it is
 * built, so that any number of threads read it without a lock and none sees half a change. A {@link
 * SnapshotEditor} makes the next one, which shares the pages that are the same.
 *
 * <p>A check looks at two slots that lie side by side with their fingerprints: that of the subject
 * tells its roles, that of the access, a pair of action and resource, the roles it is granted to.
 * Only what does not fit there, more than three roles of a subject or four of an access, denials,
 * limits and grants of subjects themselves, stands elsewhere. A resource stands for itself and for
 * the patterns that cover it, each with the action and with the action {@code *}. Each of these
 * gives a verdict, a number that is greater the more it weighs, so that the greatest of all
 * decides. The clock is looked at, and attributes are, only where a grant asks for them.
 */
final class Snapshot implements PatternTrie.Judge {
  static final long UNCOVERED = 0;

  /** The first word of a resource without wildcards. */
  static final long EXACT = 1;

  /** The first word of a pattern with wildcards. */
  static final long PATTERN = 2;

  private static final int NONE = -1;

  /**
   * What a snapshot consists of; see {@link SnapshotEditor} for what stands where.
   *
   * @param version which version it is of
   * @param holders roles and subjects: their roles and numbers
   * @param roleKeys the key of each role
   * @param roleIds the id of each role's row; 0 if it was removed
   * @param subjectKeys the key of each subject; the first has the number {@link Roles#LIMIT}
   * @param memberIds the id of each membership's row; 0 if it was removed
   * @param members holder and role of each membership
   * @param resources exact resources and patterns: their numbers
   * @param resourceKeys the key of each
   * @param patterns those with wildcards
   * @param actions the actions
   * @param accesses pairs of action and resource: see {@link Entries}
   * @param entries the grants
   * @param whole whether no row was left out
   * @param dead how many entries are of no use any more
   * @param waste how much else is of no use any more
   */
  record Parts(
      Version version,
      SlotTable holders,
      Column<String> roleKeys,
      LongColumn roleIds,
      Column<String> subjectKeys,
      LongColumn memberIds,
      LongColumn members,
      SlotTable resources,
      Column<String> resourceKeys,
      PatternTrie patterns,
      ActionTable actions,
      SlotTable accesses,
      Entries entries,
      boolean whole,
      int dead,
      int waste) {
    /** Nothing at all. */
    static final Parts EMPTY =
        new Parts(
            Version.NONE,
            SlotTable.EMPTY,
            Column.empty(),
            LongColumn.EMPTY,
            Column.empty(),
            LongColumn.EMPTY,
            LongColumn.EMPTY,
            SlotTable.EMPTY,
            Column.empty(),
            PatternTrie.EMPTY,
            ActionTable.EMPTY,
            SlotTable.EMPTY,
            Entries.EMPTY,
            true,
            0,
            0);
  }

  private final Parts parts;
  private final Version version;
  private final SlotTable holders;
  private final SlotTable accesses;
  private final PatternTrie patterns;
  private final Entries entries;
  private final ActionTable actions;
  private final int anyAction;

  /** Whether one access is all that speaks of a matter, and nobody has a role by another. */
  private final boolean plain;

  private final PatternTrie.Judge coverage = this::isNamed;
  private final Object mark = new Object();
  private final Map<Reason, Denied> refusals = new EnumMap<>(Reason.class);
  private final KeptDecisions decisions;

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
    this(edited(rows).parts);
  }

  private static Snapshot edited(Rows rows) {
    SnapshotEditor editor = new SnapshotEditor(Parts.EMPTY);
    rows.roles().forEach(editor::add);
    rows.memberships().forEach(editor::add);
    rows.grants().forEach(editor::add);
    editor.useUp(rows.usedUp());
    return editor.snapshot(rows.version());
  }

  Snapshot(Parts parts) {
    this.parts = parts;
    version = parts.version();
    holders = parts.holders();
    accesses = parts.accesses();
    patterns = parts.patterns();
    entries = parts.entries();
    actions = parts.actions();
    anyAction = actions.find(Names.ANY);
    plain = patterns.isEmpty() && anyAction == NONE && entries.roles().isFlat();
    decisions =
        new KeptDecisions(
            version.number(), entries.ids(), accesses.pageCount(), KeptDecisions.MOST_BYTES);
    for (Reason reason : Reason.values()) {
      if (reason != Reason.GRANTED) {
        refusals.put(reason, new Denied(reason, version.number(), 0));
      }
    }
  }

  Version version() {
    return version;
  }

  /** What tells this snapshot from any other, and holds none of it. */
  Object mark() {
    return mark;
  }

  Parts parts() {
    return parts;
  }

  /** Decides by the clock, which is read at most once, so that one moment judges every grant. */
  Decision decide(Question question, InstantSource clock) {
    return decide(
        question.subject(), question.action(), question.resource(), question.attributes(), clock);
  }

  /** As {@link #decide(Question, InstantSource)}, without attributes. */
  Decision decide(Subject subject, String action, Resource resource, InstantSource clock) {
    return decide(subject, action, resource, Attributes.NONE, clock);
  }

  /** As {@link #decide(Question, InstantSource)}. */
  Decision decide(
      Subject subject,
      String action,
      Resource resource,
      Attributes attributes,
      InstantSource clock) {
    requireNonNull(action, "action");
    requireNonNull(resource, "resource");
    requireNonNull(subject, "subject");
    int act = actionNumber(action);
    if (plain && act != NONE) {
      // Both slots are found by their tags before either is read, and the decision by where the
      // access stands, so that all come from memory while a processor goes on as far as the answer.
      long[] page = holders.page(subject.low());
      int at = holders.guess(page, subject.low());
      if (at == NONE && holders.isAbsent(page, subject.low())) {
        return refusal(Reason.UNKNOWN_SUBJECT);
      }
      long low = Fingerprint.with(resource.low(), act);
      int number = accesses.pageOf(low);
      long[] asked = accesses.pageAt(number);
      int own = accesses.guess(asked, low);
      if (at != NONE && own != NONE) {
        @Nullable Decision[] ready = decisions.ready(number);
        if (ready == null || !(ready[own] instanceof Allowed)) {
          decisions.makeReady(number, asked, own);
        } else if (SlotTable.isAt(page, at, subject.low(), subject.high())
            && SlotTable.isAt(asked, own, low, resource.high())) {
          long held = page[at + 2];
          if (Roles.isInline(held) && (int) page[at + 3] != 0) {
            int place = Roles.common(Entries.roles(asked[own + 2], asked[own + 3]), held);
            if (place == NONE) {
              return refusal(Reason.NOT_GRANTED);
            }
            Decision decision = ready[own + place];
            if (decision != null) {
              return decision;
            }
          }
        }
      }
    }
    return decide(subject, act, resource, attributes, clock);
  }

  private Decision decide(
      Subject subject, int act, Resource resource, Attributes attributes, InstantSource clock) {
    long[] page = holders.page(subject.low());
    int at = holders.find(page, subject.low(), subject.high());
    long told = at == NONE ? 0 : page[at + 3];
    if ((int) told == 0) {
      return refusal(Reason.UNKNOWN_SUBJECT);
    }
    int holder = (int) (told >>> 32);
    long held = page[at + 2];
    long verdict = judge(resource.low(), resource.high(), act, holder, held, Entries.NO_MOMENT);
    if (!patterns.isEmpty()) {
      verdict =
          heavier(verdict, patterns.match(resource, this, act, holder, held, Entries.NO_MOMENT));
    }
    if (verdict == Entries.UNDECIDED) {
      verdict = judgeAll(by(attributes), resource, act, holder, held, clock.millis());
    }
    return Entries.decides(verdict) ? decision(verdict) : refusal(verdict, act, resource);
  }

  /**
   * The judge of grants with conditions; nobody needs another than this if there are no attributes.
   */
  private PatternTrie.Judge by(Attributes attributes) {
    return attributes.isEmpty() ? this : new Attributed(this, attributes);
  }

  /** Judges by attributes. Immutable. */
  private record Attributed(Snapshot snapshot, Attributes attributes) implements PatternTrie.Judge {
    @Override
    public long judge(long low, long high, int action, int holder, long held, long now) {
      return snapshot.judge(low, high, action, holder, held, now, attributes);
    }

    @Override
    public long heavier(long one, long other) {
      return snapshot.heavier(one, other);
    }
  }

  /** The grants that count uses and would allow it, by id; empty if another allows or denies it. */
  List<Grant> counted(Question question, Decision decision, InstantSource clock) {
    if (entries.limits().size() == 0 || !decision.allowed()) {
      return List.of();
    }
    long now = clock.millis();
    List<Grant> counted = new ArrayList<>();
    for (int entry : Derivation.entries(this, question)) {
      Limit limit = entries.limitOf(entry);
      if (limit != null
          && limit.counted()
          && limit.grant() != null
          && limit.part(question.attributes(), now) == Explanation.Part.DECIDES) {
        counted.add(limit.grant());
      }
    }
    counted.sort(Comparator.comparing(Grant::id));
    return counted.stream().anyMatch(grant -> grant.id() == decision.grantId())
        ? counted
        : List.of();
  }

  /** The decision that rests on the verdict that a grant allows or denies. */
  Decision decision(long verdict) {
    return decisions.find((int) verdict, verdict >= Entries.DENIES);
  }

  /** The denial where no grant counts. */
  Denied refusal(long verdict, int action, boolean covered) {
    if (verdict > Entries.COVERED) {
      return refusal(
          verdict == Entries.EXPIRED
              ? Reason.EXPIRED
              : verdict == Entries.UNMET ? Reason.CONDITION_UNMET : Reason.USED_UP);
    }
    if (action == NONE) {
      return refusal(Reason.UNKNOWN_ACTION);
    }
    return refusal(covered ? Reason.NOT_GRANTED : Reason.UNKNOWN_RESOURCE);
  }

  private Denied refusal(long verdict, int action, Resource resource) {
    return refusal(verdict, action, verdict > UNCOVERED || isCovered(resource));
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

  /** The heaviest verdict on the resource and on the patterns that cover it. */
  long judgeAll(
      PatternTrie.Judge judge, Resource resource, int action, int holder, long held, long now) {
    long exact = judge.judge(resource.low(), resource.high(), action, holder, held, now);
    return patterns.isEmpty()
        ? exact
        : judge.heavier(exact, patterns.match(resource, judge, action, holder, held, now));
  }

  @Override
  public long judge(long low, long high, int action, int holder, long held, long now) {
    return judge(low, high, action, holder, held, now, Attributes.NONE);
  }

  @Override
  public long heavier(long one, long other) {
    return entries.heavier(one, other);
  }

  private long judge(
      long low, long high, int action, int holder, long held, long now, Attributes attributes) {
    long verdict = UNCOVERED;
    if (action != NONE) {
      long own = Fingerprint.with(low, action);
      verdict = judgeAccess(own, high, holder, held, now, attributes);
    }
    if (anyAction != NONE) {
      long any = Fingerprint.with(low, anyAction);
      verdict = heavier(verdict, judgeAccess(any, high, holder, held, now, attributes));
    }
    return verdict;
  }

  private long judgeAccess(
      long low, long high, int holder, long held, long now, Attributes attributes) {
    long[] page = accesses.page(low);
    int at = accesses.find(page, low, high);
    if (at == NONE) {
      return UNCOVERED;
    }
    long second = page[at + 3];
    return Entries.isEmpty(second)
        ? UNCOVERED
        : entries.judge(page[at + 2], second, holder, held, now, attributes);
  }

  /** Whether a grant names the resource, or a pattern that covers it. */
  boolean isCovered(Resource resource) {
    return judgeAll(coverage, resource, NONE, NONE, 0, 0) > UNCOVERED;
  }

  private long isNamed(long low, long high, int action, int holder, long held, long now) {
    return named(low, high) == NONE ? UNCOVERED : Entries.COVERED;
  }

  /** The number of a resource or pattern that a grant names, or -1. */
  int named(long low, long high) {
    SlotTable resources = parts.resources();
    int place = resources.find(low, high);
    long told = place == NONE ? 0 : resources.second(place);
    return (int) told == 0 ? NONE : (int) (told >>> 32);
  }

  /** The place of an access, or -1. */
  int accessPlace(long low, long high, int action) {
    return action == NONE ? NONE : accesses.find(Fingerprint.with(low, action), high);
  }

  SlotTable accesses() {
    return accesses;
  }

  Entries entries() {
    return entries;
  }

  int anyAction() {
    return anyAction;
  }

  String action(int number) {
    return actions.name(number);
  }

  /** The place of a subject or role that something names, or -1. */
  int holderPlace(Subject subject) {
    int place = holders.find(subject.low(), subject.high());
    return place == NONE || (int) holders.second(place) == 0 ? NONE : place;
  }

  SlotTable holders() {
    return holders;
  }

  /** The subject or role of that number. */
  Subject holder(int number) {
    String key =
        number < Roles.LIMIT
            ? parts.roleKeys().get(number)
            : parts.subjectKeys().get(number - Roles.LIMIT);
    int colon = key.indexOf(':');
    return Subject.of(key.substring(0, colon), key.substring(colon + 1));
  }

  /** The resource or pattern of that number. */
  ResourcePattern resource(int number) {
    String key = parts.resourceKeys().get(number);
    int colon = key.indexOf(':');
    return ResourcePattern.of(key.substring(0, colon), key.substring(colon + 1));
  }
}
