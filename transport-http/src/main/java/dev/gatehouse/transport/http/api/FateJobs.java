package dev.gatehouse.transport.http.api;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.gatehouse.check.Check;
import dev.gatehouse.transport.http.api.FateFlowApi.Job;
import java.util.function.Consumer;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Lets jobs of other sites in. Safe for use by multiple threads. */
final class FateJobs {
  private static final int INCOMPATIBLE = 107;
  private static final int OLDEST_MINOR = 7;
  private static final Pattern VERSION =
      Pattern.compile("([0-9]{1,4})\\.([0-9]{1,4})(?:[.\\-].*)?");

  private final FateGates gates;
  private final @Nullable Consumer<Job> taker;

  FateJobs(FateGates gates, @Nullable Consumer<Job> taker) {
    this.gates = gates;
    this.taker = taker;
  }

  ApiResponse create(Call call) {
    FateJob job = FateJob.of(call);
    job.requireOneReading();
    gates.job(job);
    FateGates.header(call.headers(), "SRC_FATE_VER").ifPresent(FateJobs::requireVersion);
    if (taker == null) {
      throw FateJson.refused("Exception", "this site takes no jobs");
    }
    // What was judged, not what came: of a repeated name, a host may read another value.
    String body = FateJson.unsorted(job.body());
    taker.accept(new Job(job.id(), job.role(), job.party(), body));
    return FateJson.success();
  }

  private static void requireVersion(String version) {
    Matcher matcher = VERSION.matcher(version);
    boolean compatible =
        matcher.matches()
            && (Integer.parseInt(matcher.group(1)) > 1
                || (matcher.group(1).equals("1")
                    && Integer.parseInt(matcher.group(2)) >= OLDEST_MINOR));
    if (!compatible) {
      ObjectNode data =
          FateJson.object()
              .put("current_fate_ver", FateFlowApi.VERSION)
              .put("src_fate_ver", Check.shown(version));
      throw new RefusedException(
          Refusal.FORBIDDEN,
          "the sender's version is too old",
          FateJson.answer(200, INCOMPATIBLE, "Incompatible FATE versions", data));
    }
  }
}
