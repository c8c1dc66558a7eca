package dev.gatehouse.permission;

import static java.util.Objects.requireNonNull;

import dev.gatehouse.check.Check;
import dev.gatehouse.error.ConflictException;
import dev.gatehouse.transaction.Transaction;
import dev.gatehouse.transaction.Transactions;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Supplier;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * What FATE Flow (1.9 to 1.11) lets parties use: components and datasets, denied unless granted.
 * Each is a grant of action {@code use} to the {@link Subject#party} on a {@link
 * Resource#component} or {@link Resource#dataset}, so that what else is granted or denied to the
 * party counts too: by roles, under conditions, with an end.
 *
 * <p>Beyond FATE, whose grants name one dataset each, {@code *} is granted as a dataset's name, for
 * all of a namespace, or as both, for all there are; and a call that fails leaves nothing done.
 *
 * <p>What FATE answers with retcode 100 is thrown as an {@link IllegalArgumentException} with its
 * words; names that {@link Resource} refuses are refused. Safe for use by multiple threads.
 */
public final class FatePermissions {
  private static final String ACTION = "use";
  private static final String COMPONENT = "component";
  private static final String DATASET = "dataset";
  private static final Pattern NAME = Pattern.compile("[a-z][a-z0-9_]*");

  private final Transactions transactions;
  private final Permissions permissions;
  private final @Nullable Supplier<Set<String>> catalogue;

  /**
   * A dataset. Immutable.
   *
   * @param namespace its namespace, or {@code *} if the name is too; none that {@link Resource}
   *     refuses as a segment can be granted, such as one with a slash or a semicolon
   * @param name its name, or {@code *}; likewise
   */
  public record Dataset(String namespace, String name) {
    /** All datasets. */
    public static final Dataset ALL = new Dataset(Names.ANY, Names.ANY);

    /** Checks the names, in FATE's words if one is empty. */
    public Dataset {
      requireNonNull(namespace, "namespace");
      requireNonNull(name, "name");
      Check.that(
          !namespace.isEmpty() && !name.isEmpty(),
          "name " + Check.shown(name) + " or namespace " + Check.shown(namespace) + " is null");
      Check.that(
          !namespace.equals(Names.ANY) || name.equals(Names.ANY),
          "namespace '*' must come with name '*', was '" + Check.shown(name) + "'");
    }

    ResourcePattern pattern() {
      return namespace.equals(Names.ANY)
          ? ResourcePattern.every(DATASET)
          : ResourcePattern.of(DATASET, one(namespace) + "/" + one(name));
    }

    private static String one(String segment) {
      return segment.equals(Names.ANY) ? segment : Names.segment(segment, segment);
    }

    /** As FATE shows it: JSON with its keys sorted. */
    @Override
    public String toString() {
      return "{\"name\": \"" + escaped(name) + "\", \"namespace\": \"" + escaped(namespace) + "\"}";
    }

    private static String escaped(String text) {
      StringBuilder escaped = new StringBuilder();
      for (int i = 0; i < text.length(); i++) {
        char c = text.charAt(i);
        if (c == '"' || c == '\\') {
          escaped.append('\\').append(c);
        } else if (c < 0x20 || c > 0x7e) {
          escaped.append(String.format("\\u%04x", (int) c));
        } else {
          escaped.append(c);
        }
      }
      return escaped.toString();
    }
  }

  /**
   * What a party was granted itself. Immutable.
   *
   * @param components names, in the order in which they were granted; {@code *} for all
   * @param datasets in the order in which they were granted
   */
  public record Held(List<String> components, List<Dataset> datasets) {
    /** Copies the lists. */
    public Held {
      components = List.copyOf(components);
      datasets = List.copyOf(datasets);
    }
  }

  /**
   * What a check came to. Immutable.
   *
   * @param code 0 if the party may, 2 if a component is denied, 3 if a dataset is
   * @param message FATE's words
   */
  public record Outcome(int code, String message) {
    /** Checks that nothing is missing. */
    public Outcome {
      requireNonNull(message, "message");
    }
  }

  private FatePermissions(
      Transactions transactions,
      Permissions permissions,
      @Nullable Supplier<Set<String>> catalogue) {
    this.transactions = requireNonNull(transactions, "transactions");
    this.permissions = requireNonNull(permissions, "permissions");
    this.catalogue = catalogue;
  }

  /**
   * FATE's permissions among those, where any component may be granted whose name matches {@code
   * [a-z][a-z0-9_]*}.
   *
   * @param transactions of the same storage
   */
  public static FatePermissions of(Transactions transactions, Permissions permissions) {
    return new FatePermissions(transactions, permissions, null);
  }

  /**
   * FATE's permissions among those, where the components of a catalogue may be granted.
   *
   * @param transactions of the same storage
   * @param catalogue the names of the components that are registered now; while it holds none, none
   *     may be granted
   */
  public static FatePermissions of(
      Transactions transactions, Permissions permissions, Supplier<Set<String>> catalogue) {
    return new FatePermissions(transactions, permissions, requireNonNull(catalogue, "catalogue"));
  }

  /**
   * Lets the party use them; what it may use already, it still may.
   *
   * @throws ConflictException if the party has such a grant with an end, a condition or counted
   *     uses: it is the host's, and would be replaced
   * @param components names with commas between, blanks around them; {@code *} for all that the
   *     catalogue holds now, or, without a catalogue, for all; empty for none
   */
  public void grant(String party, String components, List<Dataset> datasets) {
    Subject subject = Subject.party(party);
    Set<ResourcePattern> patterns = patterns(components, datasets);
    transactions.run(
        transaction -> {
          Permissions joined = locked(transaction);
          for (Grant grant : held(joined, subject)) {
            if (isLimited(grant) && patterns.contains(grant.resource())) {
              throw new ConflictException("grant " + grant.id() + " has limits: " + grant.terms());
            }
          }
          patterns.forEach(pattern -> joined.grant(Grant.allow(subject, ACTION, pattern)));
        });
  }

  /**
   * Takes back what {@link #grant} gave; what was not given is no error.
   *
   * @param components as in {@link #grant}; {@code *} for all that were granted
   * @param datasets {@link Dataset#ALL} for all that were granted
   */
  public void delete(String party, String components, List<Dataset> datasets) {
    Subject subject = Subject.party(party);
    boolean allComponents = components.strip().equals(Names.ANY);
    boolean allDatasets = datasets.contains(Dataset.ALL);
    Set<ResourcePattern> patterns =
        patterns(allComponents ? "" : components, allDatasets ? List.of() : datasets);
    transactions.run(
        transaction -> {
          Permissions joined = locked(transaction);
          for (Grant grant : held(joined, subject)) {
            boolean component = grant.resource().type().equals(COMPONENT);
            boolean meant = component ? allComponents : allDatasets;
            if (!isLimited(grant) && (meant || patterns.contains(grant.resource()))) {
              joined.revoke(grant.id());
            }
          }
        });
  }

  /**
   * What the party was granted, but for what it has by roles, or with limits. Reads the storage.
   */
  public Held query(String party) {
    List<String> components = new ArrayList<>();
    List<Dataset> datasets = new ArrayList<>();
    for (Grant grant : held(permissions, Subject.party(party))) {
      if (isLimited(grant)) {
        continue;
      }
      String path = grant.resource().path();
      if (grant.resource().type().equals(COMPONENT)) {
        components.add(path);
      } else if (path.equals(Names.REST)) {
        datasets.add(Dataset.ALL);
      } else {
        int slash = path.indexOf('/');
        datasets.add(new Dataset(path.substring(0, slash), path.substring(slash + 1)));
      }
    }
    return new Held(components, datasets);
  }

  /**
   * Whether the party may use all of them; tells the first that it may not, components before
   * datasets. What has a name that {@link Resource} refuses cannot be granted, and so it may not,
   * even if it may use all others. Refusals are not audited: a host that wants them to be requires
   * instead.
   */
  public Outcome check(String party, List<String> components, List<Dataset> datasets) {
    Subject subject = Subject.party(party);
    for (String component : components) {
      if (!mayUse(subject, () -> Resource.component(component))) {
        return new Outcome(2, "check component permission failed: " + component);
      }
    }
    for (Dataset dataset : datasets) {
      if (!mayUse(subject, () -> Resource.dataset(dataset.namespace(), dataset.name()))) {
        return new Outcome(3, "check dataset permission failed: " + dataset);
      }
    }
    return new Outcome(0, "success");
  }

  private boolean mayUse(Subject subject, Supplier<Resource> named) {
    Resource resource;
    try {
      resource = named.get();
    } catch (IllegalArgumentException e) {
      return false;
    }
    return permissions.check(subject, ACTION, resource).allowed();
  }

  /**
   * Whether FATE does not check a job at all: a local one, or one that a site sends itself.
   *
   * @param sourceParty null if the request does not name it
   */
  public static boolean isExempt(String role, @Nullable String sourceParty, String ownParty) {
    return role.equals("local") || ownParty.equals("0") || ownParty.equals(sourceParty);
  }

  /** What is read now stays so until the transaction ends. */
  private Permissions locked(Transaction transaction) {
    Permissions joined = permissions.joining(transaction);
    if (joined instanceof StoredPermissions stored) {
      stored.lock();
    }
    return joined;
  }

  /** FATE knows no limits: a grant that has some is the host's. */
  private static boolean isLimited(Grant grant) {
    return !grant.terms().equals(grant.terms().unlimited());
  }

  /** The grants of FATE's kind; others may stand beside them. */
  private static List<Grant> held(Permissions from, Subject subject) {
    List<Grant> held = new ArrayList<>();
    List<Grant> page;
    long after = 0;
    do {
      page = from.grants(subject, after, PermissionStore.MAX_PAGE);
      page.stream().filter(FatePermissions::isFates).forEach(held::add);
      after = page.isEmpty() ? after : page.get(page.size() - 1).id();
    } while (page.size() == PermissionStore.MAX_PAGE);
    return held;
  }

  private static boolean isFates(Grant grant) {
    String[] steps = grant.resource().steps();
    String last = steps[steps.length - 1];
    boolean component = steps[0].equals(COMPONENT) && steps.length == 2 && !last.equals(Names.REST);
    boolean every = steps[0].equals(DATASET) && steps.length == 2 && last.equals(Names.REST);
    boolean dataset =
        steps[0].equals(DATASET)
            && steps.length == 3
            && !steps[1].equals(Names.ANY)
            && !last.equals(Names.REST);
    return grant.effect() == Effect.ALLOW
        && grant.action().equals(ACTION)
        && (component || every || dataset);
  }

  private Set<ResourcePattern> patterns(String components, List<Dataset> datasets) {
    Set<ResourcePattern> patterns = new LinkedHashSet<>();
    for (String component : named(components)) {
      patterns.add(ResourcePattern.of(COMPONENT, component));
    }
    datasets.forEach(dataset -> patterns.add(dataset.pattern()));
    return patterns;
  }

  private List<String> named(String components) {
    Set<String> known = catalogue == null ? null : catalogue.get();
    String text = components.strip();
    if (text.isEmpty()) {
      return List.of();
    }
    if (text.equals(Names.ANY)) {
      return known == null ? List.of(Names.ANY) : List.copyOf(new TreeSet<>(known));
    }
    List<String> names = Arrays.stream(text.split(",", -1)).map(String::strip).toList();
    List<String> wrong =
        names.stream()
            .filter(name -> !(known == null ? NAME.matcher(name).matches() : known.contains(name)))
            .map(name -> "'" + Check.shown(name) + "'")
            .toList();
    Check.that(
        wrong.isEmpty(),
        "permission type component value [" + String.join(", ", wrong) + "] error");
    return names;
  }
}
