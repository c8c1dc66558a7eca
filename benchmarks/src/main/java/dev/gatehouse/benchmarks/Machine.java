package dev.gatehouse.benchmarks;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Properties;
import java.util.TreeMap;
import java.util.stream.Stream;

/** What the figures were taken on and with. */
final class Machine {
  private static final Path CPU = Path.of("/proc/cpuinfo");
  private static final Path MEMORY = Path.of("/proc/meminfo");

  private Machine() {}

  static Map<String, String> describe() {
    Map<String, String> machine = new LinkedHashMap<>();
    machine.put("os", property("os.name") + " " + property("os.version"));
    machine.put("arch", property("os.arch"));
    machine.put("cpu", field(CPU, "model name"));
    machine.put("processors", Integer.toString(Runtime.getRuntime().availableProcessors()));
    machine.put("memory", field(MEMORY, "MemTotal"));
    machine.put("jdk", property("java.runtime.version"));
    machine.put("heap", (Runtime.getRuntime().maxMemory() >> 20) + " MiB at most");
    double load = ManagementFactory.getOperatingSystemMXBean().getSystemLoadAverage();
    machine.put("load before", Table.number(load));
    return machine;
  }

  /** The versions of what this module is built with. */
  static Map<String, String> versions() {
    Properties properties = new Properties();
    try (InputStream in = Machine.class.getResourceAsStream("versions.properties")) {
      if (in == null) {
        throw new IllegalStateException("versions.properties must be beside " + Machine.class);
      }
      properties.load(in);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    Map<String, String> versions = new TreeMap<>();
    properties.forEach((name, version) -> versions.put(name.toString(), version.toString()));
    return versions;
  }

  private static String property(String name) {
    return System.getProperty(name, "?");
  }

  /** The first line "name : value" of a file that only some systems have. */
  private static String field(Path file, String name) {
    if (!Files.isReadable(file)) {
      return "?";
    }
    try (Stream<String> lines = Files.lines(file)) {
      return lines
          .filter(line -> line.startsWith(name))
          .map(line -> line.substring(line.indexOf(':') + 1).strip())
          .findFirst()
          .orElse("?");
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
