package dev.gatehouse.permission;

import static java.util.Objects.requireNonNull;

import java.time.InstantSource;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * What the permissions of one version say: any number of answers that agree with each other,
 * without a lock or I/O. {@link #check} and {@link #allows} look at a clock only where a grant that
 * is asked for has a limit. It never hears of a later change, so take one for a request or a batch,
 * not for longer than an answer may be old; expiry still is judged by the moment of each answer.
 * Refusals are not audited and no uses are taken; conditions are judged without attributes where
 * none can be given.
 *
 * <p>Whoever asks for the same subject or access again and again resolves it once: a {@link Holder}
 * and an {@link Access} may be kept as long as one likes and used with any view, also of other
 * permissions. Immutable.
 */
public final class PermissionView {
  private static final int NONE = -1;

  private final Snapshot snapshot;
  private final InstantSource clock;
  private final Object mark;

  PermissionView(Snapshot snapshot, InstantSource clock) {
    this.snapshot = snapshot;
    this.clock = clock;
    this.mark = snapshot.mark();
  }

  /** The version of the permissions; 0 if nothing was ever granted. */
  public long version() {
    return snapshot.version().number();
  }

  /**
   * Decides as {@link PermissionChecker#check} does.
   *
   * @throws IllegalArgumentException if the action is no name that could be granted
   */
  public Decision check(Subject subject, String action, Resource resource) {
    return snapshot.decide(subject, action, resource, clock);
  }

  /** As {@link #check(Subject, String, Resource)}, with what conditions are judged by. */
  public Decision check(Subject subject, String action, Resource resource, Attributes attributes) {
    return snapshot.decide(new Question(subject, action, resource, attributes), clock);
  }

  /** The decision with everything it follows from, as {@link PermissionChecker#explain}. */
  public Explanation explain(
      Subject subject, String action, Resource resource, Attributes attributes) {
    return Derivation.explain(snapshot, new Question(subject, action, resource, attributes), clock);
  }

  /**
   * What somebody asks for. Immutable.
   *
   * @param action a name as in {@link Grant}, without wildcards
   * @param resource on what
   */
  public record Request(String action, Resource resource) {
    /** Checks the action. */
    public Request {
      Names.action(action);
      requireNonNull(resource, "resource");
    }
  }

  /** The decisions on each of the requests of one subject, in their order. */
  public List<Decision> checkAll(Subject subject, List<Request> requests) {
    return checkAll(subject, requests, Attributes.NONE);
  }

  /** As {@link #checkAll(Subject, List)}, with what conditions are judged by. */
  public List<Decision> checkAll(Subject subject, List<Request> requests, Attributes attributes) {
    requireNonNull(subject, "subject");
    requireNonNull(attributes, "attributes");
    return requests.stream()
        .map(request -> check(subject, request.action(), request.resource(), attributes))
        .toList();
  }

  /** A subject to check again and again. */
  public Holder resolve(Subject subject) {
    return new Holder(requireNonNull(subject, "subject"), snapshot);
  }

  /**
   * An action on a resource to check again and again.
   *
   * @param action a name as in {@link Grant}, without wildcards
   */
  public Access resolve(String action, Resource resource) {
    return new Access(Names.action(action), requireNonNull(resource, "resource"), snapshot);
  }

  /** Decides as {@link PermissionChecker#check} does on what was resolved, in less time. */
  public Decision check(Holder holder, Access access) {
    if (holder.plain == mark && access.plain == mark) {
      return access.plainDecision(snapshot, holder.roles);
    }
    return decide(holder, access);
  }

  private Decision decide(Holder holder, Access access) {
    Holder held = holder.mark == mark ? holder : holder.in(snapshot);
    Access asked = access.mark == mark ? access : access.in(snapshot);
    if (held.number == NONE) {
      return snapshot.refusal(Decision.Reason.UNKNOWN_SUBJECT);
    }
    if (held.plain == mark && asked.plain == mark) {
      return asked.plainDecision(snapshot, held.roles);
    }
    long verdict = judge(asked, held.number, held.roles);
    return Entries.decides(verdict)
        ? snapshot.decision(verdict)
        : snapshot.refusal(verdict, asked.number, verdict > Snapshot.UNCOVERED || asked.covered);
  }

  /** Whether {@link #check} allows it, for those who need no reason; a little faster still. */
  public boolean allows(Holder holder, Access access) {
    // Small, so that it becomes part of the loop it is called in; the rest stands apart.
    if (holder.plain == mark && access.plain == mark) {
      return Roles.meet(access.few, access.more, holder.roles);
    }
    return isAllowed(holder, access);
  }

  private boolean isAllowed(Holder holder, Access access) {
    Holder held = holder.mark == mark ? holder : holder.in(snapshot);
    Access asked = access.mark == mark ? access : access.in(snapshot);
    if (held.plain == mark && asked.plain == mark) {
      return Roles.meet(asked.few, asked.more, held.roles);
    }
    return held.number != NONE && Entries.allows(judge(asked, held.number, held.roles));
  }

  private long judge(Access access, int holder, long held) {
    long verdict = judge(access, holder, held, Entries.NO_MOMENT);
    return verdict == Entries.UNDECIDED ? judge(access, holder, held, clock.millis()) : verdict;
  }

  private long judge(Access access, int holder, long held, long now) {
    long[] words = access.words;
    Entries entries = snapshot.entries();
    long verdict = Snapshot.UNCOVERED;
    for (int i = 0; i < words.length; i += 2) {
      long one = entries.judge(words[i], words[i + 1], holder, held, now, Attributes.NONE);
      verdict = entries.heavier(verdict, one);
    }
    return verdict;
  }

  /**
   * What the subject may do that with: each resource that a grant names and on which {@link #check}
   * allows it; and each pattern with wildcards that a grant allows to the subject, or to a role
   * that it has, unless a denial covers all of it. Denials of less than a pattern are left to
   * {@link #check}. Found while the stream is read, all of it as of the moment of the call, in an
   * order that stays the same for the view, so that {@code skip} and {@code limit} make pages.
   *
   * @param action a name as in {@link Grant}, without wildcards
   */
  public Stream<ResourcePattern> resourcesOf(Subject subject, String action) {
    int act = snapshot.actionNumber(Names.action(action));
    int place = snapshot.holderPlace(requireNonNull(subject, "subject"));
    if (place == NONE) {
      return Stream.empty();
    }
    int holder = (int) (snapshot.holders().second(place) >>> 32);
    long held = snapshot.holders().first(place);
    long now = clock.millis();
    SlotTable resources = snapshot.parts().resources();
    List<ResourcePattern> denied =
        named(resources)
            .filter(at -> resources.first(at) == Snapshot.PATTERN)
            .filter(at -> verdict(resources, at, act, holder, held, now) >= Entries.DENIES)
            .mapToObj(at -> resource(resources, at))
            .toList();
    return named(resources)
        .filter(at -> Entries.allows(whole(resources, at, act, holder, held, now)))
        .mapToObj(at -> resource(resources, at))
        .filter(
            pattern ->
                pattern.isExact() || denied.stream().noneMatch(wider -> wider.covers(pattern)));
  }

  /** The verdict on a resource with the patterns that cover it, or on a pattern alone. */
  private long whole(SlotTable resources, int at, int act, int holder, long held, long now) {
    if (resources.first(at) == Snapshot.PATTERN || snapshot.parts().patterns().isEmpty()) {
      return verdict(resources, at, act, holder, held, now);
    }
    ResourcePattern exact = resource(resources, at);
    Resource resource = Resource.of(exact.type(), exact.path());
    return snapshot.judgeAll(snapshot, resource, act, holder, held, now);
  }

  private static IntStream named(SlotTable resources) {
    return IntStream.range(0, resources.places())
        .filter(at -> resources.isUsed(at) && (int) resources.second(at) != 0);
  }

  private long verdict(SlotTable resources, int at, int act, int holder, long held, long now) {
    return snapshot.judge(resources.low(at), resources.high(at), act, holder, held, now);
  }

  private ResourcePattern resource(SlotTable resources, int at) {
    return snapshot.resource((int) (resources.second(at) >>> 32));
  }

  /**
   * Each subject, other than roles, that holds a grant or a role and that {@link #check} allows it.
   * Found while the stream is read, all of it as of the moment of the call, in an order that stays
   * the same for the view, so that {@code skip} and {@code limit} make pages.
   *
   * @param action a name as in {@link Grant}, without wildcards
   */
  public Stream<Subject> subjectsOf(String action, Resource resource) {
    Access asked = resolve(action, resource);
    long now = clock.millis();
    SlotTable holders = snapshot.holders();
    return IntStream.range(0, holders.places())
        .filter(at -> holders.isUsed(at) && (int) holders.second(at) != 0)
        .filter(at -> (int) (holders.second(at) >>> 32) >= Roles.LIMIT)
        .filter(
            at -> {
              int holder = (int) (holders.second(at) >>> 32);
              return Entries.allows(judge(asked, holder, holders.first(at), now));
            })
        .mapToObj(at -> snapshot.holder((int) (holders.second(at) >>> 32)));
  }

  /**
   * A subject that is looked up once for each version. It knows what the latest views say that it
   * was used with. Safe for use by multiple threads.
   */
  public static final class Holder {
    private final long roles;

    /**
     * The mark if the word of the roles holds them all, else null. It comes first, as it then lies
     * beside that word, and a check that waits for memory waits once.
     */
    private final @Nullable Object plain;

    private final Subject subject;
    private final Object mark;
    private final int number;

    /** In another snapshot. Racy: of two threads that look it up at once, either's will do. */
    private @Nullable Holder later;

    private Holder(Subject subject, Snapshot snapshot) {
      this.subject = subject;
      int place = snapshot.holderPlace(subject);
      mark = snapshot.mark();
      number = place == NONE ? NONE : (int) (snapshot.holders().second(place) >>> 32);
      roles = place == NONE ? 0 : snapshot.holders().first(place);
      plain = Roles.isInline(roles) ? mark : null;
    }

    /** Whom this stands for. */
    public Subject subject() {
      return subject;
    }

    private Holder in(Snapshot snapshot) {
      Holder known = later;
      if (known == null || known.mark != snapshot.mark()) {
        known = new Holder(subject, snapshot);
        later = known;
      }
      return known;
    }
  }

  /**
   * An action on a resource that is looked up once for each version. It knows what the latest views
   * say that it was used with. Safe for use by multiple threads.
   */
  public static final class Access {
    private static final int MOST_ROLES = 8;

    /** The first four of the roles that it is granted to, if a few are all there is to say. */
    private final long few;

    /** The others. */
    private final long more;

    /** The mark if a few roles are all there is to say, else null. Beside them, as a holder's. */
    private final @Nullable Object plain;

    private final String action;
    private final Resource resource;
    private final Object mark;
    private final int number;
    private final boolean covered;

    /** The words of all accesses that cover it. */
    private final long[] words;

    /** The decisions that rest on each of the first four. */
    private final @Nullable Decision first;

    private final @Nullable Decision second;
    private final @Nullable Decision third;
    private final @Nullable Decision fourth;

    /** In another snapshot. Racy: of two threads that look it up at once, either's will do. */
    private @Nullable Access later;

    private Access(String action, Resource resource, Snapshot snapshot) {
      this.action = action;
      this.resource = resource;
      mark = snapshot.mark();
      number = snapshot.actionNumber(action);
      covered = snapshot.isCovered(resource);
      Words found = new Words(snapshot, number);
      snapshot.judgeAll(found, resource, number, NONE, 0, 0);
      words = Arrays.copyOf(found.words, found.size);
      Entries entries = snapshot.entries();
      int[] roles =
          words.length == 2 && entries.roles().isFlat()
              ? entries.onlyRoles(words[0], words[1], MOST_ROLES)
              : null;
      plain = roles == null ? null : mark;
      few = roles == null ? 0 : Roles.four(roles, 0);
      more = roles == null ? 0 : Roles.four(roles, Entries.MOST_PLAIN);
      first = roles == null ? null : decision(snapshot, 0);
      second = roles == null ? null : decision(snapshot, 1);
      third = roles == null ? null : decision(snapshot, 2);
      fourth = roles == null ? null : decision(snapshot, 3);
    }

    private @Nullable Decision decision(Snapshot snapshot, int place) {
      return place < Entries.count(words[0], words[1])
          ? snapshot.decision(Entries.ALLOWS | (Entries.start(words[1]) + place))
          : null;
    }

    /** The decision that rests on the roles of both words. */
    private Decision plainDecision(Snapshot snapshot, long held) {
      int place = Roles.common(few, held);
      Decision known = place < 2 ? place == 0 ? first : second : place == 2 ? third : fourth;
      if (place >= 0 && known != null) {
        return known;
      }
      int other = Roles.common(more, held);
      return other < 0
          ? snapshot.refusal(Entries.COVERED, number, true)
          : snapshot.decision(
              Entries.ALLOWS | (Entries.start(words[1]) + Entries.MOST_PLAIN + other));
    }

    /** What is done. */
    public String action() {
      return action;
    }

    /** On what. */
    public Resource resource() {
      return resource;
    }

    private Access in(Snapshot snapshot) {
      Access known = later;
      if (known == null || known.mark != snapshot.mark()) {
        known = new Access(action, resource, snapshot);
        later = known;
      }
      return known;
    }
  }

  /** Gathers the words of the accesses that cover a resource. */
  private static final class Words implements PatternTrie.Judge {
    private final Snapshot snapshot;
    private final int action;
    private long[] words = new long[4];
    private int size;

    Words(Snapshot snapshot, int action) {
      this.snapshot = snapshot;
      this.action = action;
    }

    @Override
    public long judge(long low, long high, int act, int holder, long held, long now) {
      add(snapshot.accessPlace(low, high, action));
      add(snapshot.accessPlace(low, high, snapshot.anyAction()));
      return Snapshot.UNCOVERED;
    }

    private void add(int place) {
      if (place == NONE || Entries.isEmpty(snapshot.accesses().second(place))) {
        return;
      }
      if (size == words.length) {
        words = Arrays.copyOf(words, size * 2);
      }
      words[size++] = snapshot.accesses().first(place);
      words[size++] = snapshot.accesses().second(place);
    }
  }
}
