package dev.gatehouse.benchmarks.permission;

import dev.gatehouse.benchmarks.permission.Rules.Question;
import dev.gatehouse.permission.Grant;
import dev.gatehouse.permission.PermissionView;
import dev.gatehouse.permission.Permissions;
import dev.gatehouse.permission.Resource;
import dev.gatehouse.permission.Subject;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Gatehouse through its public API, over a store in memory. */
final class GatehouseSide implements CheckSide {
  private static final String ACTION = "read";

  private final LoadedPermissions loaded;
  private final Way way;

  /** Whom the questions are put to. */
  private enum Way {
    PERMISSIONS,
    VIEW,
    HANDLES,
    KEPT_HANDLES
  }

  private GatehouseSide(Rules rules, Way way) {
    this.loaded = LoadedPermissions.inMemory(rules);
    this.way = way;
  }

  /** {@link Permissions#check}, which looks at the clock each time. */
  static CheckSide checks(Rules rules) {
    return new GatehouseSide(rules, Way.PERMISSIONS);
  }

  /** A {@link PermissionView} that is taken once. */
  static CheckSide view(Rules rules) {
    return new GatehouseSide(rules, Way.VIEW);
  }

  /** A view, with every subject and every access resolved once. */
  static CheckSide handles(Rules rules) {
    return new GatehouseSide(rules, Way.HANDLES);
  }

  /** A view that came with a later change than the one with which all was resolved. */
  static CheckSide keptHandles(Rules rules) {
    return new GatehouseSide(rules, Way.KEPT_HANDLES);
  }

  @Override
  public Asking prepare(List<Question> questions) {
    Permissions permissions = loaded.permissions();
    return switch (way) {
      case PERMISSIONS -> new Checks(permissions, questions);
      case VIEW -> new Views(permissions.view(), questions);
      case HANDLES -> new Handles(permissions.view(), questions);
      case KEPT_HANDLES -> new Handles(permissions.view(), questions).afterAChange(permissions);
    };
  }

  @Override
  public void close() {
    loaded.close();
  }

  private static Subject[] subjects(List<Question> questions) {
    return questions.stream()
        .map(question -> Subject.user(question.user()))
        .toArray(Subject[]::new);
  }

  private static Resource[] resources(List<Question> questions) {
    return questions.stream()
        .map(question -> Resource.of(LoadedPermissions.TYPE, question.resource()))
        .toArray(Resource[]::new);
  }

  private static final class Checks implements Asking {
    private final Permissions permissions;
    private final Subject[] subjects;
    private final Resource[] resources;

    Checks(Permissions permissions, List<Question> questions) {
      this.permissions = permissions;
      subjects = subjects(questions);
      resources = resources(questions);
    }

    @Override
    public boolean ask(int index) {
      return permissions.check(subjects[index], ACTION, resources[index]).allowed();
    }

    @Override
    public int count(int from, int until) {
      int yes = 0;
      for (int i = from; i < until; i++) {
        yes += ask(i) ? 1 : 0;
      }
      return yes;
    }

    @Override
    public int time(int from, int until, long[] nanos) {
      int yes = 0;
      for (int i = from; i < until; i++) {
        long begin = System.nanoTime();
        yes += ask(i) ? 1 : 0;
        nanos[i] = System.nanoTime() - begin;
      }
      return yes;
    }
  }

  private static final class Views implements Asking {
    private final PermissionView view;
    private final Subject[] subjects;
    private final Resource[] resources;

    Views(PermissionView view, List<Question> questions) {
      this.view = view;
      subjects = subjects(questions);
      resources = resources(questions);
    }

    @Override
    public boolean ask(int index) {
      return view.check(subjects[index], ACTION, resources[index]).allowed();
    }

    @Override
    public int count(int from, int until) {
      int yes = 0;
      for (int i = from; i < until; i++) {
        yes += ask(i) ? 1 : 0;
      }
      return yes;
    }

    @Override
    public int time(int from, int until, long[] nanos) {
      int yes = 0;
      for (int i = from; i < until; i++) {
        long begin = System.nanoTime();
        yes += ask(i) ? 1 : 0;
        nanos[i] = System.nanoTime() - begin;
      }
      return yes;
    }
  }

  private static final class Handles implements Asking {
    private PermissionView view;
    private final PermissionView.Holder[] holders;
    private final PermissionView.Access[] accesses;

    Handles(PermissionView view, List<Question> questions) {
      this.view = view;
      Map<String, PermissionView.Holder> subjects = new HashMap<>();
      Map<String, PermissionView.Access> resources = new HashMap<>();
      holders = new PermissionView.Holder[questions.size()];
      accesses = new PermissionView.Access[questions.size()];
      for (int i = 0; i < holders.length; i++) {
        holders[i] =
            subjects.computeIfAbsent(
                questions.get(i).user(), user -> view.resolve(Subject.user(user)));
        accesses[i] =
            resources.computeIfAbsent(
                questions.get(i).resource(),
                resource -> view.resolve(ACTION, Resource.of(LoadedPermissions.TYPE, resource)));
      }
    }

    Handles afterAChange(Permissions permissions) {
      permissions.grant(
          Grant.allow(Subject.user("late"), ACTION, Resource.of(LoadedPermissions.TYPE, "late")));
      permissions.revoke(
          Grant.allow(Subject.user("late"), ACTION, Resource.of(LoadedPermissions.TYPE, "late")));
      view = permissions.view();
      return this;
    }

    @Override
    public boolean ask(int index) {
      return view.allows(holders[index], accesses[index]);
    }

    @Override
    public int count(int from, int until) {
      int yes = 0;
      for (int i = from; i < until; i++) {
        yes += ask(i) ? 1 : 0;
      }
      return yes;
    }

    @Override
    public int time(int from, int until, long[] nanos) {
      int yes = 0;
      for (int i = from; i < until; i++) {
        long begin = System.nanoTime();
        yes += ask(i) ? 1 : 0;
        nanos[i] = System.nanoTime() - begin;
      }
      return yes;
    }
  }
}
