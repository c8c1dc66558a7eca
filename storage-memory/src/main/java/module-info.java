/** Storage that lives and dies with the process. */
@org.jspecify.annotations.NullMarked
module dev.gatehouse.storage.memory {
  requires transitive dev.gatehouse;
  requires static transitive org.jspecify;

  exports dev.gatehouse.storage.memory;
}
