package dev.gatehouse.registry;

import static java.util.Objects.requireNonNull;

import java.time.Instant;

/** When something was first registered, and last. */
record Times(Instant createdAt, Instant updatedAt) {
  Times {
    requireNonNull(createdAt, "createdAt");
    requireNonNull(updatedAt, "updatedAt");
  }
}
