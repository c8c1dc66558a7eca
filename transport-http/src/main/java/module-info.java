/** Outbound HTTP with an SSRF guard, and an HTTP API to mount into a host's server. */
@org.jspecify.annotations.NullMarked
module dev.gatehouse.transport.http {
  requires com.fasterxml.jackson.databind;
  requires transitive dev.gatehouse;
  requires static jakarta.servlet;
  requires static transitive jdk.httpserver;
  requires transitive okhttp3;
  requires org.slf4j;
  requires static transitive org.jspecify;

  exports dev.gatehouse.transport.http;
  exports dev.gatehouse.transport.http.api;
}
