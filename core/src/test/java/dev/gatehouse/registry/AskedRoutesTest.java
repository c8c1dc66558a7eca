package dev.gatehouse.registry;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

class AskedRoutesTest {
  private final AskedRoutes asked = new AskedRoutes();

  private static Route route(String name) {
    Service service = Service.named(name).on("s").uri("/");
    return new Route("s", service, List.of(Endpoint.of("http://h:1", service)), null);
  }

  private Route find(String name) {
    return asked.find(asked.routes(), "s", name);
  }

  private Route keep(Route route, String name, int age) {
    return asked.keep(route, "s", name, age);
  }

  @Test
  void keep_byTheseNames_isFoundByEqualOnes() {
    Route kept = keep(route("get"), "get", asked.age());
    assertThat(find(new String("get"))).isSameAs(kept);
    assertThat(find("put")).isNull();
    assertThat(keep(route("get"), "get", asked.age())).as("kept by another").isSameAs(kept);
  }

  /** A copy for each that asks would begin its turns anew each time. */
  @Test
  void keep_placeIsTaken_givesTheRouteItself() {
    assertThat("Aa".hashCode()).isEqualTo("BB".hashCode());
    Route first = keep(route("Aa"), "Aa", asked.age());
    Route second = route("BB");
    assertThat(keep(second, "BB", asked.age())).isSameAs(second);
    assertThat(find("BB")).isNull();
    assertThat(find("Aa")).isSameAs(first);
    asked.forget();
    assertThat(find("Aa")).isNull();
    Route kept = keep(second, "BB", asked.age());
    assertThat(find("BB")).isSameAs(kept);
  }

  @Test
  void keep_ofAnAgeThatIsOver_isFoundByNobody() {
    int age = asked.age();
    asked.forget();
    Route late = route("get");
    assertThat(keep(late, "get", age)).isSameAs(late);
    assertThat(asked.routes()).containsOnlyNulls();
  }
}
