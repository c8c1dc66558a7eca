package dev.gatehouse.transport.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.gatehouse.error.LimitException;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Two at a host, three in all, five with those that wait. */
class PlacesTest {
  private final Places places = new Places(new Places.Limits(2, 3, 5));
  private final List<String> started = new ArrayList<>();

  private Places.Place entered(String host, String name) {
    Places.Place place = places.of(host, () -> started.add(name));
    place.enter();
    return place;
  }

  @Test
  void enter_hostFull_waitsWhileOthersPass() {
    Places.Place first = entered("a", "a1");
    entered("a", "a2");
    entered("a", "a3");
    entered("b", "b1");
    assertThat(started).containsExactly("a1", "a2", "b1");
    first.leave();
    assertThat(started).containsExactly("a1", "a2", "b1", "a3");
  }

  @Test
  void enter_allFull_theOldestThatMayGoesFirst() {
    Places.Place one = entered("a", "a1");
    entered("a", "a2");
    Places.Place other = entered("b", "b1");
    entered("a", "a3");
    entered("b", "b2");
    other.leave();
    one.leave();
    assertThat(started).containsExactly("a1", "a2", "b1", "b2", "a3");
  }

  @Test
  void enter_tooManyWait_refusedUntilOneGaveUp() {
    entered("a", "a1");
    entered("a", "a2");
    Places.Place waiting = entered("a", "a3");
    entered("a", "a4");
    entered("a", "a5");
    assertThatThrownBy(() -> entered("b", "b1"))
        .isInstanceOf(LimitException.class)
        .hasMessage("too many requests under way, at most 5");
    assertThat(waiting.giveUp()).isTrue();
    assertThat(waiting.giveUp()).isFalse();
    entered("b", "b1");
    assertThat(started).containsExactly("a1", "a2", "b1");
  }

  @Test
  void leave_overAndOver_leavesNothingBehind() {
    for (int i = 0; i < 10; i++) {
      entered("host" + i, "h").leave();
    }
    Places.Place all = entered("a", "a");
    assertThat(all.giveUp()).isFalse();
    assertThat(started).hasSize(11);
  }
}
