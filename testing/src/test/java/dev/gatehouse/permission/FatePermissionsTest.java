package dev.gatehouse.permission;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.gatehouse.error.ConflictException;
import dev.gatehouse.permission.FatePermissions.Dataset;
import dev.gatehouse.permission.FatePermissions.Held;
import dev.gatehouse.permission.FatePermissions.Outcome;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class FatePermissionsTest {
  private static final Dataset BREAST = new Dataset("experiment", "breast");

  private final World world = new World();
  private final Permissions permissions = world.node();
  private final Set<String> registered = new TreeSet<>(Set.of("reader", "dataio", "hetero_lr"));
  private final FatePermissions closed =
      FatePermissions.of(world.storage, permissions, () -> Set.copyOf(registered));
  private final FatePermissions open = FatePermissions.of(world.storage, permissions);

  private Outcome check(List<String> components, Dataset... datasets) {
    return open.check("9999", components, List.of(datasets));
  }

  @Test
  void A23_grantQueryCheckDelete_asTheContractTells() {
    closed.grant("9999", "reader, dataio", List.of());
    assertThat(closed.query("9999")).isEqualTo(new Held(List.of("reader", "dataio"), List.of()));
    assertThat(check(List.of("reader", "dataio"), BREAST))
        .isEqualTo(
            new Outcome(
                3,
                "check dataset permission failed:"
                    + " {\"name\": \"breast\", \"namespace\": \"experiment\"}"));
    closed.grant("9999", "", List.of(BREAST));
    assertThat(check(List.of("reader", "dataio"), BREAST)).isEqualTo(new Outcome(0, "success"));
    closed.delete("9999", "dataio", List.of());
    assertThat(check(List.of("reader", "dataio"), BREAST))
        .isEqualTo(new Outcome(2, "check component permission failed: dataio"));
    assertThat(closed.query("9999")).isEqualTo(new Held(List.of("reader"), List.of(BREAST)));
    assertThat(closed.query("10000")).isEqualTo(new Held(List.of(), List.of()));
  }

  @Test
  void grant_again_andDeleteOfNothing_succeed() {
    closed.grant("9999", "reader", List.of(BREAST));
    long version = permissions.version();
    closed.grant("9999", "reader", List.of(BREAST));
    closed.grant("9999", "", List.of());
    closed.delete("9999", "dataio", List.of(new Dataset("no", "such")));
    assertThat(permissions.version()).isEqualTo(version);
  }

  @Test
  void grant_everyComponent_ofACatalogue_isThoseThatAreRegisteredNow() {
    closed.grant("9999", "*", List.of());
    assertThat(closed.query("9999").components()).containsExactly("dataio", "hetero_lr", "reader");
    registered.add("later");
    assertThat(check(List.of("hetero_lr")).code()).isZero();
    assertThat(check(List.of("later")).code()).isEqualTo(2);
    closed.delete("9999", "*", List.of());
    assertThat(closed.query("9999").components()).isEmpty();
  }

  @Test
  void grant_everyComponent_withoutACatalogue_coversLaterOnes() {
    open.grant("9999", "*", List.of());
    assertThat(check(List.of("whatever")).code()).isZero();
    assertThat(open.query("9999").components()).containsExactly("*");
    open.delete("9999", "*", List.of());
    assertThat(check(List.of("whatever")).code()).isEqualTo(2);
  }

  @Test
  void grant_datasetWildcards_whichUpstreamLacks() {
    open.grant("9999", "", List.of(new Dataset("experiment", "*")));
    assertThat(check(List.of(), BREAST).code()).isZero();
    assertThat(check(List.of(), new Dataset("other", "breast")).code()).isEqualTo(3);
    open.grant("9999", "", List.of(Dataset.ALL));
    assertThat(check(List.of(), new Dataset("other", "breast")).code()).isZero();
    assertThat(open.query("9999").datasets())
        .containsExactly(new Dataset("experiment", "*"), Dataset.ALL);
    open.delete("9999", "", List.of(Dataset.ALL));
    assertThat(open.query("9999").datasets()).isEmpty();
    assertThat(check(List.of(), BREAST).code()).isEqualTo(3);
  }

  /** Upstream spoils commas, hyphens and brackets, and splits at dots. */
  @Test
  void datasets_oddNames_comeBackAsTheyWere() {
    List<Dataset> odd =
        List.of(
            new Dataset("e-x", "b,r"),
            new Dataset("e:x", "b.r"),
            new Dataset("[a]", "\"q\""),
            new Dataset("\u4E2D", "{}"));
    open.grant("9999", "", odd);
    assertThat(open.query("9999").datasets()).isEqualTo(odd);
    assertThat(open.check("9999", List.of(), odd).code()).isZero();
    assertThat(odd.get(3)).hasToString("{\"name\": \"{}\", \"namespace\": \"\\u4e2d\"}");
  }

  @Test
  void grant_badNames_leaveNothingAndSayItInFatesWords() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> closed.grant("9999", "reader,nosuch", List.of(BREAST)))
        .withMessage("permission type component value ['nosuch'] error");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> open.grant("9999", "Reader,,a b", List.of()))
        .withMessage("permission type component value ['Reader', '', 'a b'] error");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new Dataset("n", ""))
        .withMessage("name  or namespace n is null");
    assertThatIllegalArgumentException().isThrownBy(() -> new Dataset("*", "breast"));
    assertThatIllegalArgumentException()
        .isThrownBy(() -> open.grant("9999", "reader", List.of(new Dataset("a/b", "c"))));
    assertThatIllegalArgumentException().isThrownBy(() -> open.grant("*", "reader", List.of()));
    assertThat(permissions.version()).isZero();
  }

  @Test
  void grantsOfTheHost_countAndAreLeftAlone() {
    permissions.defineRole("partner");
    permissions.assign(Subject.party("9999"), "partner");
    permissions.grant(Grant.allow(Subject.role("partner"), "use", Resource.component("reader")));
    permissions.grant(Grant.allow(Subject.party("9999"), "see", Resource.component("reader")));
    permissions.grant(
        Grant.allow(Subject.party("9999"), "use", ResourcePattern.of("dataset", "*/breast")));
    Grant.Terms denial = Grant.deny(Subject.party("9999"), "use", Resource.component("dataio"));
    permissions.grant(denial);
    open.grant("9999", "dataio", List.of());
    assertThat(check(List.of("reader"), BREAST).code()).isZero();
    assertThat(check(List.of("dataio")).code()).isEqualTo(2);
    assertThat(open.query("9999")).isEqualTo(new Held(List.of("dataio"), List.of()));
    open.delete("9999", "*", List.of(Dataset.ALL));
    assertThat(permissions.grants(Subject.party("9999"), 0, 9)).hasSize(3);
  }

  /** FATE knows no limits: such a grant is the host's, and neither replaced nor taken away. */
  @Test
  void grantsWithLimits_areTheHosts() {
    Subject party = Subject.party("9999");
    Grant grant =
        permissions.grant(Grant.allow(party, "use", Resource.component("reader")).times(5));
    assertThatThrownBy(() -> open.grant("9999", "reader", List.of()))
        .isInstanceOf(ConflictException.class)
        .hasMessageStartingWith("grant " + grant.id() + " has limits: ");
    open.delete("9999", "reader", List.of());
    open.delete("9999", "*", List.of());
    assertThat(permissions.grants(party, 0, 9)).containsExactly(grant);
    assertThat(open.query("9999").components()).isEmpty();
  }

  @Test
  void grant_catalogueIsEmpty_nothingCanBeGranted() {
    registered.clear();
    closed.grant("9999", "*", List.of());
    assertThat(permissions.grants(Subject.party("9999"), 0, 9)).isEmpty();
    assertThatThrownBy(() -> closed.grant("9999", "reader", List.of()))
        .isInstanceOf(IllegalArgumentException.class);
  }

  @ParameterizedTest
  @CsvSource({
    "local, 9999, 10000, true",
    "guest, 9999, 0, true",
    "guest, 9999, 9999, true",
    "guest, 9999, 10000, false",
    "host, 0, 10000, false",
  })
  void isExempt_asUpstream(String role, String source, String own, boolean exempt) {
    assertThat(FatePermissions.isExempt(role, source, own)).isEqualTo(exempt);
  }
}
