package dev.gatehouse.benchmarks.permission;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;

/**
 * Who has which roles, and what these may read: every user one to three roles at random, every role
 * as many resources at random. With a depth, roles stand in chains of so many, each of which
 * inherits the next. The same for every side; made from a fixed seed.
 */
final class Rules {
  private static final long SEED = 20_261_122;
  private static final int MOST_ROLES = 3;
  private static final String USER = "user";

  /**
   * How many there are of everything.
   *
   * @param users how many users
   * @param roles how many roles
   * @param each resources of a role
   * @param resources how many resources there are to choose from
   * @param depth how many roles stand in a chain; 1 if none inherits
   */
  record Shape(int users, int roles, int each, int resources, int depth) {
    /** Each resource stands with two roles on average. */
    static Shape of(int users, int roles) {
      return new Shape(users, roles, 10, roles * 5, 1);
    }
  }

  private final Shape shape;
  private final int[][] rolesOf;
  private final int[][] resourcesOf;

  Rules(Shape shape) {
    this.shape = shape;
    Random random = new Random(SEED);
    rolesOf = new int[shape.users][];
    for (int user = 0; user < shape.users; user++) {
      rolesOf[user] = distinct(random, 1 + random.nextInt(MOST_ROLES), shape.roles);
    }
    resourcesOf = new int[shape.roles][];
    for (int role = 0; role < shape.roles; role++) {
      resourcesOf[role] = distinct(random, shape.each, shape.resources);
    }
  }

  private static int[] distinct(Random random, int count, int bound) {
    int[] numbers = random.ints(0, bound).distinct().limit(count).toArray();
    Arrays.sort(numbers);
    return numbers;
  }

  Shape shape() {
    return shape;
  }

  int[] rolesOf(int user) {
    return rolesOf[user];
  }

  /** What is granted to the role itself, sorted. */
  int[] resourcesOf(int role) {
    return resourcesOf[role];
  }

  /** Whether the role inherits the next one. */
  boolean inheritsNext(int role) {
    return role % shape.depth < shape.depth - 1 && role + 1 < shape.roles;
  }

  /** Whether one of the user's roles, or a role that it inherits, is granted the resource. */
  boolean allows(int user, int resource) {
    for (int direct : rolesOf[user]) {
      int role = direct;
      while (true) {
        if (Arrays.binarySearch(resourcesOf[role], resource) >= 0) {
          return true;
        }
        if (!inheritsNext(role)) {
          break;
        }
        role++;
      }
    }
    return false;
  }

  /** The roles of a user, those that they inherit included; none if nobody knows the user. */
  List<Integer> allRolesOf(String user) {
    List<Integer> all = new ArrayList<>();
    if (!user.startsWith(USER)) {
      return all;
    }
    for (int direct : rolesOf[Integer.parseInt(user.substring(USER.length()))]) {
      all.add(direct);
      for (int role = direct; inheritsNext(role); role++) {
        all.add(role + 1);
      }
    }
    return all;
  }

  /** The roles that may read each resource by themselves. */
  Map<String, List<Integer>> readers() {
    Map<String, List<Integer>> readers = new HashMap<>();
    for (int role = 0; role < shape.roles; role++) {
      for (int resource : resourcesOf[role]) {
        readers.computeIfAbsent(resource(resource), key -> new ArrayList<>()).add(role);
      }
    }
    return readers;
  }

  static String user(int number) {
    return USER + number;
  }

  static String role(int number) {
    return "role" + number;
  }

  static String resource(int number) {
    return "data" + number;
  }

  /**
   * A question, with names of its own, as a request brings them.
   *
   * @param user who asks
   * @param resource what to read
   * @param allowed the right answer
   */
  record Question(String user, String resource, boolean allowed) {}

  /** Questions of uniformly random users below the bound for something that they may read. */
  List<Question> hits(int count, int users) {
    Random random = new Random(SEED + 1);
    List<Question> questions = new ArrayList<>(count);
    while (questions.size() < count) {
      int user = random.nextInt(users);
      int role = rolesOf[user][random.nextInt(rolesOf[user].length)];
      for (int up = random.nextInt(shape.depth); up > 0 && inheritsNext(role); up--) {
        role++;
      }
      int resource = resourcesOf[role][random.nextInt(shape.each)];
      questions.add(new Question(user(user), resource(resource), true));
    }
    return questions;
  }

  /** Questions of uniformly random users below the bound for something that they may not read. */
  List<Question> misses(int count, int users) {
    Random random = new Random(SEED + 2);
    List<Question> questions = new ArrayList<>(count);
    while (questions.size() < count) {
      int user = random.nextInt(users);
      int role = random.nextInt(shape.roles);
      int resource = resourcesOf[role][random.nextInt(shape.each)];
      if (!allows(user, resource)) {
        questions.add(new Question(user(user), resource(resource), false));
      }
    }
    return questions;
  }

  /** Questions of users whom nobody knows. */
  List<Question> unknown(int count) {
    Random random = new Random(SEED + 3);
    List<Question> questions = new ArrayList<>(count);
    while (questions.size() < count) {
      int role = random.nextInt(shape.roles);
      int resource = resourcesOf[role][random.nextInt(shape.each)];
      questions.add(new Question("nobody" + random.nextInt(1 << 30), resource(resource), false));
    }
    return questions;
  }
}
