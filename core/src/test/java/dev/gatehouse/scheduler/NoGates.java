package dev.gatehouse.scheduler;

import dev.gatehouse.transaction.Transaction;
import java.util.Collection;
import java.util.List;
import java.util.Map;

/** A store of gates in which nobody has a place. */
final class NoGates implements GateStore {
  @Override
  public GateStore joining(Transaction transaction) {
    return this;
  }

  @Override
  public Map<String, Long> lock(Collection<String> names) {
    throw new UnsupportedOperationException("no task is limited");
  }

  @Override
  public void setNext(String name, long micros) {
    throw new UnsupportedOperationException("no task is limited");
  }

  @Override
  public void add(List<Place> places) {
    throw new UnsupportedOperationException("no task is limited");
  }

  @Override
  public void hold(Collection<Place> places) {
    throw new UnsupportedOperationException("no task is limited");
  }

  @Override
  public void remove(Collection<Place> places) {
    throw new UnsupportedOperationException("no task is limited");
  }

  @Override
  public List<Place> ofTasks(Collection<Long> taskIds) {
    return List.of();
  }

  @Override
  public Map<String, Standing> standing(Collection<String> gates) {
    throw new UnsupportedOperationException("no task is limited");
  }

  @Override
  public List<Place> waiting(String gate, int limit) {
    return List.of();
  }

  @Override
  public TaskPage left(long nowMillis, long afterTask, int limit) {
    return new TaskPage(List.of(), 0);
  }

  @Override
  public GatePage stalled(long nowMillis, String afterGate, int limit) {
    return new GatePage(List.of(), List.of(), "");
  }

  @Override
  public int purge(long beforeMicros, int limit) {
    return 0;
  }
}
