/** Outbound HTTP with an SSRF guard. */
@org.jspecify.annotations.NullMarked
module dev.gatehouse.transport.http {
  requires transitive dev.gatehouse;
  requires transitive okhttp3;
  requires static transitive org.jspecify;

  exports dev.gatehouse.transport.http;
}
