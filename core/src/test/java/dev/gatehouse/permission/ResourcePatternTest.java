package dev.gatehouse.permission;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class ResourcePatternTest {
  private static final String[] SEGMENTS = {"a", "b", "*"};

  /**
   * What covers a pattern covers each resource that the pattern covers, and the other way round.
   */
  @Test
  void covers_pattern_agreesWithAllResources() {
    List<ResourcePattern> patterns = new ArrayList<>(List.of(ResourcePattern.everything()));
    List<Resource> resources = new ArrayList<>();
    for (String type : List.of("f", "g")) {
      List<String> paths = paths(SEGMENTS);
      paths.forEach(path -> patterns.add(ResourcePattern.of(type, path)));
      patterns.add(ResourcePattern.of(type, "**"));
      paths.forEach(path -> patterns.add(ResourcePattern.of(type, path + "/**")));
      for (String path : paths("a", "b", "c")) {
        resources.add(Resource.of(type, path));
        resources.add(Resource.of(type, path + "/c"));
        resources.add(Resource.of(type, path + "/c/c"));
      }
    }
    for (ResourcePattern one : patterns) {
      for (ResourcePattern other : patterns) {
        boolean all = true;
        for (Resource resource : resources) {
          all &= !other.covers(resource) || one.covers(resource);
        }
        assertThat(one.covers(other)).as(one + " and " + other).isEqualTo(all);
      }
    }
  }

  private static List<String> paths(String... segments) {
    List<String> paths = new ArrayList<>();
    for (String first : segments) {
      paths.add(first);
      for (String second : segments) {
        paths.add(first + "/" + second);
      }
    }
    return paths;
  }
}
