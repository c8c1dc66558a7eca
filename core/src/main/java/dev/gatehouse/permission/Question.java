package dev.gatehouse.permission;

import static java.util.Objects.requireNonNull;

/** What a check asks: may the subject act so on the resource, as things are? */
record Question(Subject subject, String action, Resource resource, Attributes attributes) {
  Question {
    requireNonNull(subject, "subject");
    requireNonNull(action, "action");
    requireNonNull(resource, "resource");
    requireNonNull(attributes, "attributes");
  }
}
