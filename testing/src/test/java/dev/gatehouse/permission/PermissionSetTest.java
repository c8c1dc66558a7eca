package dev.gatehouse.permission;

import static dev.gatehouse.permission.Subject.role;
import static dev.gatehouse.permission.Subject.user;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.gatehouse.error.NotFoundException;
import dev.gatehouse.permission.PermissionBatch.Loaded;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class PermissionSetTest {
  private static final List<String> HOSTILE =
      List.of(
          "O'Hara\"`--",
          "\"",
          "\"\"quoted\"\"",
          "a,b",
          ",",
          "#note",
          "p, x, y, z",
          "100%_\\off; DROP TABLE gh_grant",
          "\uD83D\uDE00\uD83C\uDFFD",
          "\u4E2D\u6587 \u6743\u9650",
          "role:editor",
          ":id ? {x}",
          "a".repeat(200));

  private final World world = new World();
  private final Permissions permissions = world.node();

  private static PermissionSet casbin(String csv) {
    return PermissionSet.ofCasbin(csv, "user", "data");
  }

  @Test
  void casbin_policyOfTheManual_isReadAndDecidesSo() {
    PermissionSet set =
        casbin(
            """
            # who may do what
            p, alice, data1, read

            p,bob,/data2/x , write
            p, data2_admin, data2/**, *
            p, alice, "data2/a,""b\""", read, deny
            g, alice, data2_admin
            g, data2_admin, "chief, the"
            """);
    assertThat(set.roles()).containsExactly("data2_admin", "chief, the");
    assertThat(set).hasToString("2 roles, 2 memberships, 4 grants");
    assertThat(permissions.load(set)).isEqualTo(new Loaded(2, 2, 4));
    assertThat(permissions.check(user("alice"), "read", Resource.of("data", "data1")).allowed())
        .isTrue();
    assertThat(permissions.check(user("bob"), "write", Resource.of("data", "data2/x")).allowed())
        .isTrue();
    assertThat(permissions.check(user("alice"), "eat", Resource.of("data", "data2/y")).allowed())
        .isTrue();
    assertThat(
            permissions.check(user("alice"), "read", Resource.of("data", "data2/a,\"b\"")).reason())
        .isEqualTo(Decision.Reason.DENIED);
    assertThat(permissions.roles(role("data2_admin"))).containsExactly("chief, the");
  }

  @Test
  void load_again_changesNothing() {
    PermissionSet set = casbin("p, a, x, read\ng, b, r\np, r, *, *");
    assertThat(permissions.load(set)).isEqualTo(new Loaded(1, 1, 2));
    assertThat(permissions.load(set)).isEqualTo(new Loaded(0, 0, 0));
    assertThat(permissions.version()).isEqualTo(1);
    assertThat(permissions.export()).isEqualTo(set);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "p, a, x|line 1: p must have subject, object, action and perhaps allow or deny, had 2 fields",
        "p, a, dom, x, read|line 1: effect must be allow or deny, was 'read'; domains are not",
        "p, a, dom, x, read, allow|line 1: p must have",
        "g, a, r, dom|line 1: g must have member and role, had 3 fields; domains are not supported",
        "g, a|line 1: g must have member and role, had 1 fields",
        "p2, a, x, read|line 1: line must begin with p or g, was 'p2'",
        "g2, a, r|line 1: line must begin with p or g",
        "P, a, x, read|line 1: line must begin with p or g",
        "p, a, x, read, ALLOW|line 1: effect must be allow or deny, was 'ALLOW'",
        "p, , x, read|line 1: name of user must have 1..200 characters, had 0",
        "p, a, , read|line 1: length of path must be in 1..512, was 0",
        "p, a, //x, read|line 1: ",
        "p, a, x/../y, read|line 1: path must not hold '.' or '..'",
        "p, a, x/*, read|line 1: object must hold no star but a last '**', was 'x/*'",
        "p, a, /x*, read|line 1: segment must not hold '*'",
        "p, a, x, re*|line 1: action must not hold '*'",
        "p, *, x, read|line 1: name of user must not be '*'",
        "p, \"a, x, read|line 1: quotes must be closed",
        "p, \"a\"b, x, read|line 1: quotes must stand around a whole field",
        "p, a\"b\", x, read|line 1: quotes must stand around a whole field",
        "p, a, x, read, allow,,,,|line 1: line must have at most 8 fields",
        "p, e\u0301, x, read|line 1: name of user must be in Unicode normalization form C",
      })
  void casbin_anythingElse_isRefusedWithItsLine(String line, String message) {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> casbin(line))
        .withMessageStartingWith(message);
    assertThatIllegalArgumentException()
        .isThrownBy(() -> casbin("# one\n\np, a, x, read\n" + line))
        .withMessageStartingWith("line 4: ");
  }

  @Test
  void casbin_lineTwice_isRefused() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> casbin("p, a, x, read\np, a, /x, read, allow"))
        .withMessage("line 2: each line must occur once");
  }

  @Test
  void toCasbin_whatTheFormCannotHold_isRefused() {
    permissions.defineRole("r");
    assertRefused("role 'r' must have members");
    permissions.assign(user("ann"), "r");
    assertThat(permissions.export().toCasbin("user", "data")).isEqualTo("g, ann, r\n");
    for (Grant.Terms terms :
        List.of(
            Grant.allow(user("ann"), "use", Resource.of("data", "x")).times(1),
            Grant.allow(user("ann"), "use", Resource.of("data", "x")).until(Instant.EPOCH),
            Grant.allow(user("ann"), "use", Resource.of("file", "x")),
            Grant.allow(user("ann"), "use", ResourcePattern.of("data", "x/*")),
            Grant.allow(Subject.party("ann"), "use", Resource.of("data", "x")),
            Grant.allow(user("r"), "use", Resource.of("data", "x")))) {
      permissions.grant(terms);
      assertRefused("");
      permissions.revoke(terms);
    }
  }

  private void assertRefused(String message) {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> permissions.export().toCasbin("user", "data"))
        .withMessageStartingWith(message);
  }

  @Test
  void casbin_hostileNames_comeBackAsTheyWere() {
    for (String name : HOSTILE) {
      permissions.defineRole("r" + name.substring(name.length() / 2));
      permissions.assign(user(name), "r" + name.substring(name.length() / 2));
      String action = name.length() > 100 ? "use" : name;
      permissions.grant(Grant.deny(user(name), action, Resource.of("data", "x")));
    }
    permissions.grant(Grant.allow(user("ann"), "*", Resource.of("data", "a,\"b\"")));
    PermissionSet set = permissions.export();
    assertThat(casbin(set.toCasbin("user", "data"))).isEqualTo(set);
  }

  @Test
  void jsonLines_random_comeBackAsTheyWere() {
    long seed = Long.getLong("gatehouse.seed", System.nanoTime());
    Random random = new Random(seed);
    for (int round = 0; round < 50; round++) {
      World own = new World();
      Permissions one = own.node();
      fill(one, random, own.clock.instant());
      PermissionSet set = one.export();
      String text = set.toJsonLines();
      assertThat(PermissionSet.ofJsonLines(text)).as("seed " + seed).isEqualTo(set);
      Permissions other = new World().node();
      other.load(PermissionSet.ofJsonLines(text));
      assertThat(other.export()).as("seed " + seed).isEqualTo(set);
    }
  }

  private static void fill(Permissions permissions, Random random, Instant now) {
    List<String> roles = new ArrayList<>();
    Set<Subject> holders = new HashSet<>();
    for (String name : HOSTILE) {
      permissions.defineRole(name);
      if (!roles.isEmpty()) {
        permissions.inherit(name, roles.get(random.nextInt(roles.size())));
      }
      roles.add(name);
      holders.add(role(name));
      holders.add(Subject.of("t" + random.nextInt(3), name));
    }
    for (Subject holder : holders) {
      if (!holder.isRole()) {
        permissions.assign(holder, roles.get(random.nextInt(roles.size())));
      }
      String action = holder.name().length() > 100 ? "*" : holder.name();
      Grant.Terms terms = Grant.allow(holder, action, ResourcePattern.of("file", "a/*/**"));
      terms = random.nextBoolean() ? terms : terms.until(now.plusMillis(random.nextInt(9)));
      terms = random.nextBoolean() ? terms : terms.when(Condition.equal("x", holder.name()));
      permissions.grant(random.nextBoolean() ? terms : terms.times(1 + random.nextInt(9)));
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "null",
        "{}",
        "[]",
        "",
        "{\"role\":1}",
        "{\"role\":\"\"}",
        "{\"role\":\"a\",\"role\":\"b\"}",
        "{\"role\":\"a\",\"more\":1}",
        "{\"role\":\"first\"}",
        "{\"member\":\"ann\",\"of\":\"first\"}",
        "{\"member\":\":ann\",\"of\":\"first\"}",
        "{\"holder\":\"user:a\",\"effect\":\"allow\",\"action\":\"use\",\"resource\":\"a:b\"}",
        "{\"holder\":\"user:a\",\"effect\":\"ALLOW\",\"action\":\"use\",\"resource\":\"ab\"}",
        "{\"holder\":\"user:a\",\"effect\":\"ALLOW\",\"action\":\"use\"}",
        "{\"holder\":\"user:a\",\"effect\":\"DENY\",\"action\":\"use\",\"resource\":\"a:b\","
            + "\"times\":1}",
        "{\"holder\":\"user:a\",\"effect\":\"ALLOW\",\"action\":\"use\",\"resource\":\"a:b\","
            + "\"times\":1.5}",
        "{\"holder\":\"user:a\",\"effect\":\"ALLOW\",\"action\":\"use\",\"resource\":\"a:b\","
            + "\"expiresAt\":\"soon\"}",
        "{\"holder\":\"user:a\",\"effect\":\"ALLOW\",\"action\":\"use\",\"resource\":\"a:b\","
            + "\"condition\":null}",
        "{\"holder\":\"user:a\",\"effect\":\"ALLOW\",\"action\":\"use\",\"resource\":\"a:b\","
            + "\"id\":1}",
      })
  void jsonLines_anythingElse_isRefusedWithItsLine(String line) {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> PermissionSet.ofJsonLines("{\"role\":\"first\"}\n" + line + "\n"))
        .withMessageStartingWith("line 2: ");
  }

  @Test
  void load_roleThatIsNotThere_leavesNothing() {
    PermissionSet set =
        PermissionSet.ofJsonLines("{\"role\":\"a\"}\n{\"member\":\"user:ann\",\"of\":\"b\"}");
    assertThatThrownBy(() -> permissions.load(set))
        .isInstanceOf(NotFoundException.class)
        .hasMessage("role:b is not defined");
    assertThat(permissions.version()).isZero();
    assertThat(world.audit.all).isEmpty();
  }
}
