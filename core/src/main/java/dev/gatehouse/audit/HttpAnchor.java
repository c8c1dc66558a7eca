package dev.gatehouse.audit;

import static java.util.Objects.requireNonNull;

import dev.gatehouse.error.TransportException;
import dev.gatehouse.transport.Deadline;
import dev.gatehouse.transport.Request;
import dev.gatehouse.transport.Response;
import dev.gatehouse.transport.Transport;
import java.net.URI;
import java.time.Duration;
import java.util.List;

/** An anchor behind HTTP; see {@link Anchor#http}. */
final class HttpAnchor implements Anchor {
  private static final Duration TIMEOUT = Duration.ofSeconds(10);

  private final Transport transport;
  private final URI uri;

  HttpAnchor(Transport transport, URI uri) {
    this.transport = requireNonNull(transport, "transport");
    this.uri = requireNonNull(uri, "uri");
  }

  @Override
  public void publish(SignedHead head) {
    Request request =
        Request.post(uri, head.note()).header("Content-Type", "text/plain; charset=utf-8");
    int status = send(request).status();
    if (status < 200 || status > 299) {
      throw new TransportException("the anchor must answer 2xx, answered " + status);
    }
  }

  private Response send(Request request) {
    try {
      return transport.execute(request, Deadline.in(TIMEOUT));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new TransportException("interrupted while the anchor was asked", e);
    }
  }

  @Override
  public List<SignedHead> heads() {
    return List.of();
  }

  @Override
  public boolean isReadable() {
    return false;
  }

  @Override
  public String toString() {
    return "anchor at " + uri.getHost();
  }
}
