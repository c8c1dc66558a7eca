package dev.gatehouse.hook;

import dev.gatehouse.error.DeniedException;
import dev.gatehouse.permission.Attributes;
import dev.gatehouse.permission.Decision;
import dev.gatehouse.permission.Explanation;
import dev.gatehouse.permission.FatePermissions.Dataset;
import dev.gatehouse.permission.PermissionChecker;
import dev.gatehouse.permission.Resource;
import dev.gatehouse.permission.Subject;
import java.util.List;
import java.util.Optional;

/** Decides by asking the permission hook. Safe for use by multiple threads. */
final class RemotePermissionChecker implements PermissionChecker {
  /** What FATE Flow answers where a permission is denied. */
  static final int PERMISSION_ERROR = 108;

  private static final String PARTY = "party";
  private static final String ACTION = "use";

  private final Hooks hooks;
  private final String role;
  private final String ownParty;

  RemotePermissionChecker(Hooks hooks, String role, String ownParty) {
    this.hooks = hooks;
    this.role = role;
    this.ownParty = ownParty;
  }

  @Override
  public Decision check(Subject subject, String action, Resource resource, Attributes attributes) {
    Optional<JobRequest> job = job(subject, action, resource);
    if (job.isEmpty()) {
      return denied(Decision.Reason.NOT_GRANTED);
    }
    try {
      return hooks.check(job.get()).isPermitted()
          ? new Decision.Allowed(0, 0)
          : denied(Decision.Reason.DENIED);
    } catch (HookException e) {
      return denied(Decision.Reason.STALE);
    }
  }

  private static Decision denied(Decision.Reason reason) {
    return new Decision.Denied(reason, 0, 0);
  }

  @Override
  public void require(Subject subject, String action, Resource resource, Attributes attributes) {
    HookOutcome outcome;
    try {
      outcome =
          job(subject, action, resource)
              .map(hooks::check)
              .orElse(new HookOutcome(PERMISSION_ERROR, "the hook decides on no such thing"));
    } catch (HookException e) {
      throw new DeniedException(String.valueOf(e.getMessage()));
    }
    if (!outcome.isPermitted()) {
      String said = outcome.message() == null ? "" : " " + outcome.message();
      throw new DeniedException("permission check failed: " + outcome.code() + said);
    }
  }

  /** A hook does not explain itself. */
  @Override
  public Explanation explain(
      Subject subject, String action, Resource resource, Attributes attributes) {
    throw new UnsupportedOperationException("a permission hook does not explain its decisions");
  }

  private Optional<JobRequest> job(Subject subject, String action, Resource resource) {
    if (!subject.type().equals(PARTY) || !action.equals(ACTION)) {
      return Optional.empty();
    }
    String path = resource.path();
    return switch (resource.type()) {
      case "component" -> Optional.of(job(subject, List.of(path), List.of()));
      case "dataset" -> {
        int slash = path.indexOf('/');
        yield slash < 0
            ? Optional.empty()
            : Optional.of(
                job(
                    subject,
                    List.of(),
                    List.of(new Dataset(path.substring(0, slash), path.substring(slash + 1)))));
      }
      default -> Optional.empty();
    };
  }

  private JobRequest job(Subject subject, List<String> components, List<Dataset> datasets) {
    return new JobRequest(
        null,
        subject.name(),
        role,
        ownParty,
        "{}",
        "{}",
        components,
        datasets,
        JobRequest.Configuration.NONE);
  }
}
