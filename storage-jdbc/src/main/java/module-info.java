/** Storage in the database of the host, PostgreSQL, MariaDB, MySQL or H2. */
@org.jspecify.annotations.NullMarked
module dev.gatehouse.storage.jdbc {
  requires transitive dev.gatehouse;
  requires transitive java.sql;
  requires static com.h2database;
  requires static org.checkerframework.checker.qual; // for the annotations of the next one
  requires static org.postgresql.jdbc;
  requires dev.failsafe.core;
  requires io.leangen.geantyref; // for Jdbi, which as an automatic module cannot say so
  requires org.jdbi.v3.core;
  requires org.slf4j;
  requires static transitive org.jspecify;

  exports dev.gatehouse.storage.jdbc;
}
