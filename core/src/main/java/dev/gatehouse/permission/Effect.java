package dev.gatehouse.permission;

/** What a grant does. A denial wins over any allowance. */
public enum Effect {
  /** Lets the subject act. */
  ALLOW,
  /** Keeps the subject from acting, whatever else allows it. */
  DENY
}
