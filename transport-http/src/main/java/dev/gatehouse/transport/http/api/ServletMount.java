package dev.gatehouse.transport.http.api;

import static java.util.Objects.requireNonNull;

import dev.gatehouse.transport.Headers;
import jakarta.servlet.http.HttpServlet;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Mounts the API into a server of Jakarta Servlet 6, at the root of an application: as the servlet
 * for {@code /*}. Paths reach the API as they came, so the container's own rules of what a path may
 * hold come on top. A body that stops coming is given up when the container's idle time is over,
 * one that trickles after {@link ApiLimits#bodyTime}. Safe for use by multiple threads.
 */
@SuppressWarnings("exports") // a consumer without servlets must not need their module
public final class ServletMount extends HttpServlet {
  private static final long serialVersionUID = 1L;

  private final transient HttpApi api;

  private ServletMount(HttpApi api) {
    this.api = requireNonNull(api, "api");
  }

  /** The API as a servlet. */
  public static ServletMount of(HttpApi api) {
    return new ServletMount(api);
  }

  @Override
  protected void service(HttpServletRequest request, HttpServletResponse response)
      throws IOException {
    Map<String, List<String>> headers = new LinkedHashMap<>();
    for (String name : Collections.list(request.getHeaderNames())) {
      headers.put(name, Collections.list(request.getHeaders(name)));
    }
    String query = request.getQueryString();
    ApiResponse answer =
        api.handle(
            new ApiRequest(
                request.getMethod(),
                request.getRequestURI() + (query == null ? "" : "?" + query),
                headers,
                request.getInputStream(),
                String.valueOf(request.getRemoteAddr())));
    response.setStatus(answer.status());
    for (Headers.Field field : answer.headers().fields()) {
      response.addHeader(field.name(), field.value());
    }
    answer.length().ifPresent(response::setContentLengthLong);
    if (!request.getMethod().equals("HEAD")) {
      answer.writeTo(response.getOutputStream());
    }
  }
}
