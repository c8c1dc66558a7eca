package dev.gatehouse.hook;

import org.jspecify.annotations.Nullable;

/**
 * What a hook of permission decided. Immutable.
 *
 * @param code 0 if it permits, else why it does not
 * @param message the hook's words, of 1,000 characters at most; null if it has none
 */
public record HookOutcome(int code, @Nullable String message) {
  /** Whether the hook permits. */
  public boolean isPermitted() {
    return code == 0;
  }
}
