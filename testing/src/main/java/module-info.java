/** Storage contracts for store authors, and fixtures in virtual time for hosts' unit tests. */
@org.jspecify.annotations.NullMarked
module dev.gatehouse.testing {
  requires transitive dev.gatehouse;
  requires dev.gatehouse.storage.memory;
  requires org.assertj.core;
  requires transitive org.junit.jupiter.api;
  requires static transitive org.jspecify;

  exports dev.gatehouse.testing.contract;
  exports dev.gatehouse.testing.fixture;
}
