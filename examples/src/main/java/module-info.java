/** Runnable mains that show the whole idea on real input. */
@org.jspecify.annotations.NullMarked
module dev.gatehouse.examples {
  requires com.zaxxer.hikari;
  requires dev.gatehouse;
  requires dev.gatehouse.storage.jdbc;
  requires dev.gatehouse.storage.memory;
  requires dev.gatehouse.transport.http;
  requires java.sql;
  requires jdk.httpserver;
  requires static org.jspecify;
}
