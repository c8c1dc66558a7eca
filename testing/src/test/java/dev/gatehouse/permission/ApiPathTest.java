package dev.gatehouse.permission;

import static dev.gatehouse.permission.Subject.role;
import static dev.gatehouse.permission.Subject.user;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatNullPointerException;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ApiPathTest {
  private final Permissions permissions = new World().node();

  private boolean may(String method, String path) {
    return permissions.check(user("ann"), method, ApiPath.of(path)).allowed();
  }

  @Test
  void userRoleAndPath_decide() {
    permissions.defineRole("clerk");
    permissions.assign(user("ann"), "clerk");
    permissions.grant(Grant.allow(role("clerk"), "GET", ApiPath.pattern("/orders/**")));
    permissions.grant(Grant.allow(role("clerk"), "POST", ApiPath.pattern("/orders/*/lines")));
    permissions.grant(Grant.deny(role("clerk"), "*", ApiPath.pattern("/orders/secret/**")));
    assertThat(may("GET", "/orders")).isTrue();
    assertThat(may("GET", "/orders/7/lines/1")).isTrue();
    assertThat(may("POST", "/orders/7/lines")).isTrue();
    assertThat(may("POST", "/orders/7")).isFalse();
    assertThat(may("GET", "/orders/secret/7")).isFalse();
    assertThat(may("GET", "/Orders")).isFalse();
    assertThat(may("get", "/orders")).isFalse();
    assertThat(may("GET", "/")).isFalse();
  }

  @Test
  void root_isAResourceOfItsOwn() {
    permissions.grant(Grant.allow(user("ann"), "GET", ApiPath.pattern("/**")));
    assertThat(may("GET", "/")).isFalse();
    permissions.grant(Grant.allow(user("ann"), "GET", ApiPath.pattern("/")));
    assertThat(may("GET", "/")).isTrue();
  }

  /** Each of these has let somebody pass a check that looked at another path than the router. */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "orders",
        "//orders",
        "/orders/",
        "/orders//7",
        "/./orders",
        "/public/../orders",
        "/orders/%2e%2e/7",
        "/orders%2f7",
        "/orders/%20",
        "/orders;jsessionid=1",
        "/orders/7;/",
        "/orders\\7",
        "/orders?x=1",
        "/orders#7",
        "/orders/\u0000",
        "/orders/\n",
        "/orders/ ",
        "/orders/\u200b7",
        "/cafe\u0301",
      })
  void path_thatAnotherMightReadOtherwise_isRefused(String path) {
    permissions.grant(Grant.allow(user("ann"), "*", ResourcePattern.everything()));
    assertThatIllegalArgumentException().isThrownBy(() -> may("GET", path));
    assertThatIllegalArgumentException().isThrownBy(() -> ApiPath.pattern(path));
  }

  @Test
  void path_missing_isRefused() {
    assertThatNullPointerException().isThrownBy(() -> ApiPath.of(null)).withMessage("path");
  }
}
