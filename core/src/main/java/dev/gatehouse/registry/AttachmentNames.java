package dev.gatehouse.registry;

import static java.util.Objects.requireNonNull;

import dev.gatehouse.check.Check;
import java.time.Instant;
import java.util.Locale;
import java.util.regex.Pattern;

/**
 * The names of nodes and services that attach to an XMagital middleware: how they are composed, and
 * which are valid. A service's name is 1..32 ASCII letters, digits, hyphens and underscores that
 * does not start with a digit; a dot, which would divide service and action, is in none.
 *
 * <p>Safe for use by multiple threads.
 */
public final class AttachmentNames {
  private static final Pattern SERVICE = Pattern.compile("[A-Za-z_-][A-Za-z0-9_-]{0,31}");
  private static final Pattern STRICT_SERVICE = Pattern.compile("[A-Za-z][A-Za-z0-9_-]{0,31}");
  private static final Pattern CODE = Pattern.compile("[A-Za-z0-9_-]{1,32}");

  /** A host of 253 characters, and whatever time and counter. */
  private static final Pattern NODE = Pattern.compile("[A-Za-z0-9_-]{1,300}");

  private static final String PROXY = "proxy-";

  private AttachmentNames() {}

  /**
   * That name, if a service may have it.
   *
   * @throws IllegalArgumentException if it may not
   */
  public static String service(String name) {
    return Check.matches(name, SERVICE, "service name");
  }

  /**
   * That name, if a service may have it where names start with a letter.
   *
   * @throws IllegalArgumentException if it may not
   */
  public static String strictService(String name) {
    return Check.matches(name, STRICT_SERVICE, "service name");
  }

  /**
   * The code of an application, system, subsystem, module or service, if it can be part of a name:
   * 1..32 ASCII letters, digits, hyphens and underscores.
   *
   * @throws IllegalArgumentException if it cannot
   */
  public static String code(String code) {
    return Check.matches(code, CODE, "code");
  }

  /**
   * The name of an application's service: {@code APPLICATION-SERVICE}.
   *
   * @throws IllegalArgumentException if a code or the name is not valid
   */
  public static String service(String applicationCode, String serviceCode) {
    return service(code(applicationCode) + "-" + code(serviceCode));
  }

  /**
   * The name of a service behind a proxy: {@code proxy-SYSTEM-MODULE}.
   *
   * @throws IllegalArgumentException if a code or the name is not valid
   */
  public static String proxyService(String systemCode, String moduleCode) {
    return service(PROXY + code(systemCode) + "-" + code(moduleCode));
  }

  /**
   * That name, if a node may have it: 1..300 ASCII letters, digits, hyphens and underscores.
   *
   * @throws IllegalArgumentException if it may not
   */
  public static String node(String name) {
    return Check.matches(name, NODE, "node name");
  }

  /**
   * The name of a node: {@code host-START-COUNTER}, the host in lower case with a hyphen for
   * whatever a name cannot hold, the start in epoch milliseconds.
   *
   * @param counter tells nodes apart that one process starts in one millisecond, 0 or more
   */
  public static String node(String host, Instant start, int counter) {
    Check.range(counter, 0, Integer.MAX_VALUE, "counter");
    return node(hostPart(host) + "-" + start.toEpochMilli() + "-" + counter);
  }

  /** The name of a proxy's node: {@code proxy-host-START}. */
  public static String proxyNode(String host, Instant start) {
    return node(PROXY + hostPart(host) + "-" + start.toEpochMilli());
  }

  private static String hostPart(String host) {
    requireNonNull(host, "host");
    Check.range(host.length(), 1, Host.MAX_LENGTH, "length of host");
    return host.toLowerCase(Locale.ROOT).replaceAll("[^a-z0-9_-]", "-");
  }
}
