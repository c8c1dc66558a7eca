package dev.gatehouse.examples;

import java.time.Duration;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * What {@link HttpApiServer} is told on its command line. Immutable.
 *
 * <p>An option is a name and its value, {@code --port 8080}; only {@code --open} stands alone. None
 * may be given twice.
 */
final class ServerOptions {
  static final String USAGE =
      """
      usage: HttpApiServer [OPTION VALUE]...
        --port N                        0 for any that is free (default 8080)
        --storage memory|h2:DIR|jdbc:URL  (default memory)
        --signatures strict|compat      (default strict)
        --signature-age SECONDS         with compat only: 1..155520000 (default 30 days)
        --allow-callbacks-to CIDR[,CIDR]  private ranges that may be called (default none)
        --party-id ID                   of this site (default 9999)
        --hook-server NAME              the server whose services are the hooks
        --client-auth on|off            (default off)
        --site-auth on|off              (default off)
        --permission on|off             (default off)
        --admin-token TOKEN             of the administrator, 16 characters or more advised
        --open                          no administrator's token is needed, given or not
        --bulk-registration on|off      (default off)
        --forward ROLE[,ROLE]           roles to which requests are passed on (default none);
                                        with --site-auth on and no --client-auth on, for
                                        administrators only
        --lease SECONDS                 how long the tasks of a process that died wait for
                                        another: 1..3600 (default 10)
      """;

  private static final String OPEN = "--open";
  private static final Set<String> NAMES =
      Set.of(
          "--port",
          "--storage",
          "--signatures",
          "--signature-age",
          "--allow-callbacks-to",
          "--party-id",
          "--hook-server",
          "--client-auth",
          "--site-auth",
          "--permission",
          "--admin-token",
          OPEN,
          "--bulk-registration",
          "--forward",
          "--lease");

  private final Map<String, String> values;

  private ServerOptions(Map<String, String> values) {
    this.values = values;
  }

  /**
   * Reads a command line.
   *
   * @throws IllegalArgumentException if it is not one that {@link #USAGE} tells
   */
  static ServerOptions parse(String... arguments) {
    Map<String, String> values = new HashMap<>();
    for (int i = 0; i < arguments.length; i++) {
      String name = arguments[i];
      require(NAMES.contains(name), "there is no option " + name);
      String value = "";
      if (!name.equals(OPEN)) {
        i++;
        require(i < arguments.length && !NAMES.contains(arguments[i]), name + " needs a value");
        value = arguments[i];
      }
      require(values.put(name, value) == null, name + " is given twice");
    }
    ServerOptions options = new ServerOptions(Map.copyOf(values));
    options.check();
    return options;
  }

  private void check() {
    port();
    isCompat();
    signatureAge();
    lease();
    storage();
    for (String name : List.of("--client-auth", "--site-auth", "--permission")) {
      isOn(name);
    }
    isOn("--bulk-registration");
    require(
        isCompat() || !values.containsKey("--signature-age"),
        "--signature-age needs --signatures compat");
  }

  int port() {
    String value = values.getOrDefault("--port", "8080");
    require(value.matches("[0-9]{1,5}"), "--port must be in 0..65535, was " + value);
    int port = Integer.parseInt(value);
    require(port <= 65_535, "--port must be in 0..65535, was " + value);
    return port;
  }

  /** {@code memory}, {@code h2:DIR} or {@code jdbc:URL}. */
  String storage() {
    String value = values.getOrDefault("--storage", "memory");
    boolean known =
        value.equals("memory")
            || (value.startsWith("h2:") && value.length() > 3)
            || (value.startsWith("jdbc:") && value.length() > 5);
    require(known, "--storage must be memory, h2:DIR or jdbc:URL, was " + value);
    return value;
  }

  boolean isCompat() {
    String value = values.getOrDefault("--signatures", "strict");
    require(
        value.equals("strict") || value.equals("compat"),
        "--signatures must be strict or compat, was " + value);
    return value.equals("compat");
  }

  Optional<Duration> signatureAge() {
    return find("--signature-age")
        .map(
            value -> {
              require(
                  value.matches("[1-9][0-9]{0,8}"),
                  "--signature-age must be in 1..155520000, was " + value);
              return Duration.ofSeconds(Long.parseLong(value));
            });
  }

  Duration lease() {
    String value = values.getOrDefault("--lease", "10");
    require(value.matches("[1-9][0-9]{0,3}"), "--lease must be in 1..3600, was " + value);
    int seconds = Integer.parseInt(value);
    require(seconds <= 3_600, "--lease must be in 1..3600, was " + value);
    return Duration.ofSeconds(seconds);
  }

  List<String> allowedCallbacks() {
    return list("--allow-callbacks-to");
  }

  String partyId() {
    return values.getOrDefault("--party-id", "9999");
  }

  Optional<String> hookServer() {
    return find("--hook-server");
  }

  boolean isClientAuthOn() {
    return isOn("--client-auth");
  }

  boolean isSiteAuthOn() {
    return isOn("--site-auth");
  }

  boolean isPermissionOn() {
    return isOn("--permission");
  }

  boolean isBulkRegistrationOn() {
    return isOn("--bulk-registration");
  }

  Optional<String> adminToken() {
    return find("--admin-token");
  }

  boolean isOpen() {
    return values.containsKey(OPEN);
  }

  Set<String> forwarded() {
    return new HashSet<>(list("--forward"));
  }

  private boolean isOn(String name) {
    String value = values.getOrDefault(name, "off");
    require(value.equals("on") || value.equals("off"), name + " must be on or off, was " + value);
    return value.equals("on");
  }

  private List<String> list(String name) {
    return find(name).map(value -> List.of(value.split(",", -1))).orElse(List.of());
  }

  private Optional<String> find(String name) {
    return Optional.ofNullable(values.get(name));
  }

  private static void require(boolean holds, String otherwise) {
    if (!holds) {
      throw new IllegalArgumentException(otherwise);
    }
  }
}
