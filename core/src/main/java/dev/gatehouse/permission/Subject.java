package dev.gatehouse.permission;

import dev.gatehouse.hash.Fingerprint;
import org.jspecify.annotations.Nullable;

/**
 * Who acts: a type and a name, such as {@code party:9999}. A type is {@code [a-z][a-z0-9_-]*} of at
 * most 32 characters. A name has 1..200 characters in Unicode normalization form C, none of them
 * invisible, tells upper from lower case, neither begins nor ends with a blank, and is not {@code
 * *}; any other is refused with an {@link IllegalArgumentException}. Immutable.
 */
public final class Subject {
  static final String ROLE = "role";

  private final String type;
  private final String name;
  private final String key;
  private final long low;
  private final long high;

  private Subject(String type, String name) {
    this.type = Names.type(type, "type of subject");
    this.name = Names.name(name, "name of " + type);
    this.key = type + ":" + name;
    Fingerprint fingerprint = Fingerprint.of(key);
    this.low = fingerprint.low();
    this.high = fingerprint.high();
  }

  /** A subject of a type of the host's own. */
  public static Subject of(String type, String name) {
    return new Subject(type, name);
  }

  /** A third party, as FATE Flow numbers them. */
  public static Subject party(String id) {
    return new Subject("party", id);
  }

  /** A user of the host. */
  public static Subject user(String name) {
    return new Subject("user", name);
  }

  /**
   * A registered application, by what the host chooses to use in grants. Its id in decimal is the
   * one thing that never stands for another: the registry takes names for alike whatever their
   * case, which this does not, and gives the name of a removed application to the next.
   */
  public static Subject application(String name) {
    return new Subject("application", name);
  }

  /** A group of the host: it holds grants and roles of its own, its members are the host's. */
  public static Subject group(String name) {
    return new Subject("group", name);
  }

  /** A role, to give it grants, or to ask what it may do by itself. */
  public static Subject role(String name) {
    return new Subject(ROLE, name);
  }

  /** The kind of subject. */
  public String type() {
    return type;
  }

  /** The name among subjects of its type. */
  public String name() {
    return name;
  }

  /** Whether this is a role. */
  public boolean isRole() {
    return type.equals(ROLE);
  }

  /** The text by which snapshots know it; a type holds no colon, so no two subjects share it. */
  String key() {
    return key;
  }

  /** The first half of the key's {@link Fingerprint}. */
  long low() {
    return low;
  }

  /** The second half. */
  long high() {
    return high;
  }

  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof Subject that && key.equals(that.key);
  }

  @Override
  public int hashCode() {
    return key.hashCode();
  }

  /** Type and name, as in {@code party:9999}. */
  @Override
  public String toString() {
    return key;
  }
}
