/**
 * The API and the engines of Gatehouse, and its two SPIs: {@code dev.gatehouse.storage.Storage} and
 * {@code dev.gatehouse.transport.Transport}.
 */
@org.jspecify.annotations.NullMarked
@SuppressWarnings("module")
module dev.gatehouse {
  requires com.cronutils;
  requires com.fasterxml.jackson.databind;
  requires dev.failsafe.core;
  requires org.bouncycastle.provider;
  requires org.slf4j;
  requires static transitive org.jspecify;

  exports dev.gatehouse;
  exports dev.gatehouse.audit;
  exports dev.gatehouse.error;
  exports dev.gatehouse.hook;
  exports dev.gatehouse.observe;
  exports dev.gatehouse.permission;
  exports dev.gatehouse.reader;
  exports dev.gatehouse.registry;
  exports dev.gatehouse.scheduler;
  exports dev.gatehouse.signing;
  exports dev.gatehouse.storage;
  exports dev.gatehouse.transaction;
  exports dev.gatehouse.transport;
  exports dev.gatehouse.check to
      dev.gatehouse.storage.jdbc,
      dev.gatehouse.storage.memory,
      dev.gatehouse.testing,
      dev.gatehouse.transport.http;
  exports dev.gatehouse.hash to
      dev.gatehouse.storage.memory;
  exports dev.gatehouse.refusal to
      dev.gatehouse.transport.http;
  exports dev.gatehouse.json to
      dev.gatehouse.storage.jdbc,
      dev.gatehouse.storage.memory,
      dev.gatehouse.testing,
      dev.gatehouse.transport.http;
}
