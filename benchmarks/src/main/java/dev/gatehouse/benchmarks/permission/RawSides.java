package dev.gatehouse.benchmarks.permission;

import dev.gatehouse.benchmarks.permission.Rules.Question;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The limits: maps as anybody would write them for these rules and no others. What roles inherit is
 * copied to each of them beforehand, and a question comes with the key of its permission.
 */
final class RawSides {
  private static final String ACTION = "read:";
  private static final Set<String> NONE = Set.of();

  /** Half a cache line. */
  private static final int SLOT_WORDS = 4;

  private RawSides() {}

  /** The users' roles, and the roles' permissions, in a HashMap of HashSets each. */
  static CheckSide sets(Rules rules) {
    Map<String, Set<String>> roles = new HashMap<>();
    for (int user = 0; user < rules.shape().users(); user++) {
      Set<String> names = new HashSet<>();
      for (int role : rules.rolesOf(user)) {
        names.add(Rules.role(role));
      }
      roles.put(Rules.user(user), names);
    }
    Map<String, Set<String>> permissions = new HashMap<>();
    for (int role = rules.shape().roles() - 1; role >= 0; role--) {
      Set<String> names = new HashSet<>();
      for (int resource : rules.resourcesOf(role)) {
        names.add(ACTION + Rules.resource(resource));
      }
      if (rules.inheritsNext(role)) {
        names.addAll(permissions.getOrDefault(Rules.role(role + 1), NONE));
      }
      permissions.put(Rules.role(role), names);
    }
    return questions -> new Sets(roles, permissions, questions);
  }

  /** The users' roles as numbers, the permissions' numbers, and a BitSet for each role. */
  static CheckSide bits(Rules rules) {
    Map<String, int[]> roles = new HashMap<>();
    for (int user = 0; user < rules.shape().users(); user++) {
      roles.put(Rules.user(user), rules.rolesOf(user));
    }
    Map<String, Integer> numbers = new HashMap<>();
    for (int resource = 0; resource < rules.shape().resources(); resource++) {
      numbers.put(ACTION + Rules.resource(resource), resource);
    }
    BitSet[] bits = new BitSet[rules.shape().roles()];
    for (int role = bits.length - 1; role >= 0; role--) {
      bits[role] = new BitSet();
      for (int resource : rules.resourcesOf(role)) {
        bits[role].set(resource);
      }
      if (rules.inheritsNext(role)) {
        bits[role].or(bits[role + 1]);
      }
    }
    return questions -> new Bits(roles, numbers, bits, questions);
  }

  /**
   * One read of memory, of as much as a slot for each user takes, whose place the last read told:
   * as long as a check waits each time that it must have read one thing to know where the next is.
   */
  static CheckSide memory(Rules rules) {
    long[] next = new long[rules.shape().users() * SLOT_WORDS];
    List<Integer> order = new ArrayList<>();
    for (int user = 0; user < rules.shape().users(); user++) {
      order.add(user * SLOT_WORDS);
    }
    Collections.shuffle(order, new Random(order.size()));
    for (int i = 0; i < order.size(); i++) {
      next[order.get(i)] = order.get((i + 1) % order.size());
    }
    return new CheckSide() {
      @Override
      public Asking prepare(List<Question> questions) {
        return new Memory(next, questions);
      }

      @Override
      public boolean isShared() {
        return false;
      }
    };
  }

  /** Nothing at all: what two readings of the clock cost. */
  static CheckSide timer(Rules rules) {
    return Timer::new;
  }

  private static String[] users(List<Question> questions) {
    return questions.stream().map(Question::user).toArray(String[]::new);
  }

  private static String[] keys(List<Question> questions) {
    return questions.stream().map(question -> ACTION + question.resource()).toArray(String[]::new);
  }

  private static boolean[] answers(List<Question> questions) {
    boolean[] answers = new boolean[questions.size()];
    for (int i = 0; i < answers.length; i++) {
      answers[i] = questions.get(i).allowed();
    }
    return answers;
  }

  private static final class Sets implements CheckSide.Asking {
    private final Map<String, Set<String>> roles;
    private final Map<String, Set<String>> permissions;
    private final String[] users;
    private final String[] keys;

    Sets(
        Map<String, Set<String>> roles,
        Map<String, Set<String>> permissions,
        List<Question> questions) {
      this.roles = roles;
      this.permissions = permissions;
      users = users(questions);
      keys = keys(questions);
    }

    @Override
    public boolean ask(int index) {
      Set<String> held = roles.get(users[index]);
      if (held == null) {
        return false;
      }
      for (String role : held) {
        Set<String> allowed = permissions.get(role);
        if (allowed != null && allowed.contains(keys[index])) {
          return true;
        }
      }
      return false;
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

  private static final class Bits implements CheckSide.Asking {
    private final Map<String, int[]> roles;
    private final Map<String, Integer> numbers;
    private final BitSet[] bits;
    private final String[] users;
    private final String[] keys;

    Bits(
        Map<String, int[]> roles,
        Map<String, Integer> numbers,
        BitSet[] bits,
        List<Question> questions) {
      this.roles = roles;
      this.numbers = numbers;
      this.bits = bits;
      users = users(questions);
      keys = keys(questions);
    }

    @Override
    public boolean ask(int index) {
      int @Nullable [] held = roles.get(users[index]);
      Integer number = held == null ? null : numbers.get(keys[index]);
      if (held == null || number == null) {
        return false;
      }
      for (int role : held) {
        if (bits[role].get(number)) {
          return true;
        }
      }
      return false;
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

  /** Gives the right answers once memory has answered. */
  private static final class Memory implements CheckSide.Asking {
    private final long[] next;
    private final boolean[] answers;
    private int at;

    Memory(long[] next, List<Question> questions) {
      this.next = next;
      answers = answers(questions);
    }

    @Override
    public boolean ask(int index) {
      at = (int) next[at];
      return at >= 0 && answers[index];
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

  /** Gives the right answers without thinking. */
  private static final class Timer implements CheckSide.Asking {
    private final boolean[] answers;

    Timer(List<Question> questions) {
      answers = answers(questions);
    }

    @Override
    public boolean ask(int index) {
      return answers[index];
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
