package dev.gatehouse.benchmarks;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import javax.xml.parsers.DocumentBuilderFactory;
import javax.xml.parsers.ParserConfigurationException;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.w3c.dom.Document;
import org.xml.sax.SAXException;

class ReportTest {
  private static final List<Result> RESULTS =
      List.of(
          new Result(
              "scheduler", "burn-down", "gatehouse", "tasks/s", new Statistics(300, 1, 9, 3)),
          new Result(
              "scheduler", "burn-down", "a <peer> & co", "tasks/s", new Statistics(20, 5, 30, 2)));

  @Test
  void json_results_haveTheShapeThatReadersRelyOn() throws IOException {
    JsonNode root =
        new ObjectMapper()
            .readTree(ResultsFile.json(Map.of("cpu", "fast"), Map.of("H2", "2"), RESULTS));

    assertThat(root)
        .isEqualTo(
            new ObjectMapper()
                .readTree(
                    """
                    {"machine":{"cpu":"fast"},"versions":{"H2":"2"},"results":[
                    {"area":"scheduler","case":"burn-down","subject":"gatehouse","unit":"tasks/s",
                    "median":300.0,"min":1.0,"max":9.0,"rounds":3},
                    {"area":"scheduler","case":"burn-down","subject":"a <peer> & co",
                    "unit":"tasks/s","median":20.0,"min":5.0,"max":30.0,"rounds":2}]}
                    """));
  }

  @Test
  void write_newDirectory_leavesTheFileAlone(@TempDir Path directory) throws IOException {
    Path file = directory.resolve("a/b/results.json");

    ResultsFile.write(file, "first");
    ResultsFile.write(file, "second");

    assertThat(file).hasContent("second");
    try (Stream<Path> files = Files.list(directory.resolve("a/b"))) {
      assertThat(files).containsExactly(file);
    }
  }

  @Test
  void table_peer_showsHowManyTimesItsMedianOursIs() {
    assertThat(Table.of(RESULTS).lines())
        .containsExactly(
            "case       subject        unit     median   min   max  rounds  gatehouse is",
            "burn-down  gatehouse      tasks/s     300  1.00  9.00       3",
            "           a <peer> & co  tasks/s    20.0  5.00  30.0       2        15.0 x");
  }

  @Test
  void table_peerWithoutOurs_showsNoRatio() {
    assertThat(Table.of(RESULTS.subList(1, 2))).doesNotContain(" x");
  }

  @Test
  void bars_everyResult_isOneBarOfAWellFormedDrawing()
      throws IOException, ParserConfigurationException, SAXException {
    Map<String, String> plots = Plots.bars(RESULTS);

    assertThat(plots).containsOnlyKeys("scheduler-tasks-per-s.svg");
    Document drawing = parse(plots.get("scheduler-tasks-per-s.svg"));
    assertThat(drawing.getDocumentElement().getTagName()).isEqualTo("svg");
    assertThat(drawing.getElementsByTagName("rect").getLength()).isEqualTo(1 + RESULTS.size());
    assertThat(drawing.getDocumentElement().getTextContent()).contains("a <peer> & co");
  }

  @Test
  void histograms_twoSubjects_haveAColumnEachInEveryClass()
      throws IOException, ParserConfigurationException, SAXException {
    Histogram histogram = Histogram.ofMicros(new long[] {50, 500});

    Map<String, String> plots =
        Plots.histograms(Map.of("lateness 2k/s", Map.of("one", histogram, "other", histogram)));

    assertThat(plots).containsOnlyKeys("lateness-2k-per-s.svg");
    Document drawing = parse(plots.get("lateness-2k-per-s.svg"));
    assertThat(drawing.getElementsByTagName("rect").getLength())
        .isEqualTo(1 + 2 * (1 + Histogram.CLASSES));
    assertThat(drawing.getDocumentElement().getTextContent())
        .contains("one: p50 0.05 ms, p99 0.50 ms");
  }

  private static Document parse(@Nullable String svg)
      throws IOException, ParserConfigurationException, SAXException {
    return DocumentBuilderFactory.newInstance()
        .newDocumentBuilder()
        .parse(new ByteArrayInputStream(requireNonNull(svg).getBytes(StandardCharsets.UTF_8)));
  }
}
