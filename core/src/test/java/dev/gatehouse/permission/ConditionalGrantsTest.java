package dev.gatehouse.permission;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class ConditionalGrantsTest {
  private static final Resource READER = Resource.component("reader");
  private static final Subject ANN = Subject.user("ann");
  private static final Subject EDITOR = Subject.role("editor");

  private static Grant grant(long id, Subject holder) {
    return new Grant(id, Grant.allow(holder, "use", READER).times(1));
  }

  private static List<String> entries(ConditionalGrants grants) {
    List<String> found = new ArrayList<>();
    grants.forEach(
        "use",
        READER,
        holder -> true,
        entry -> found.add(entry.grant().id() + (entry.usedUp() ? " used up" : "")));
    found.sort(null);
    return found;
  }

  @Test
  void editor_rowsThatComeAndGo_leaveTheOldOnesAsTheyWere() {
    ConditionalGrants.Editor first = new ConditionalGrants.Editor(ConditionalGrants.NONE);
    assertThat(first.add(grant(1, ANN))).isTrue();
    assertThat(first.add(grant(2, EDITOR))).isTrue();
    assertThat(first.add(grant(3, EDITOR))).isTrue();
    assertThat(first.add(new Grant(4, Grant.allow(ANN, "*", READER)))).isFalse();
    ConditionalGrants old = first.grants();
    ConditionalGrants.Editor second = new ConditionalGrants.Editor(old);
    second.useUp(1);
    second.useUp(99);
    assertThat(second.remove(2)).isTrue();
    assertThat(second.remove(2)).isFalse();
    assertThat(second.remove(4)).isFalse();
    ConditionalGrants next = second.grants();
    assertThat(entries(next)).containsExactly("1 used up", "3");
    ConditionalGrants.Editor third = new ConditionalGrants.Editor(next);
    third.removeOf(EDITOR);
    assertThat(entries(third.grants())).containsExactly("1 used up");
    assertThat(entries(old)).containsExactly("1", "2", "3");
    assertThat(ConditionalGrants.NONE.isEmpty()).isTrue();
  }

  @Test
  void editor_nothingChanged_isTheSame() {
    ConditionalGrants.Editor first = new ConditionalGrants.Editor(ConditionalGrants.NONE);
    first.add(grant(1, ANN));
    ConditionalGrants grants = first.grants();
    ConditionalGrants.Editor second = new ConditionalGrants.Editor(grants);
    second.remove(7);
    second.useUp(7);
    second.removeOf(EDITOR);
    assertThat(second.grants()).isSameAs(grants);
  }
}
