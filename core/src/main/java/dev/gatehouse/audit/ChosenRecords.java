package dev.gatehouse.audit;

import dev.gatehouse.transaction.Transaction;
import java.io.IOException;
import java.io.OutputStream;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/** A log that is only given records of some kinds; what it lets go of comes back as it was. */
final class ChosenRecords implements AuditLog {
  private final AuditLog log;
  private final Set<AutomaticRecord> kinds;

  ChosenRecords(AuditLog log, Set<AutomaticRecord> kinds) {
    this.log = log;
    this.kinds = kinds;
  }

  private boolean isChosen(AuditRecord record) {
    return AutomaticRecord.of(record).map(kinds::contains).orElse(true);
  }

  @Override
  public AuditRecord write(AuditRecord record) {
    return isChosen(record) ? log.write(record) : record;
  }

  @Override
  public List<AuditRecord> writeAll(List<AuditRecord> records) {
    List<AuditRecord> chosen = records.stream().filter(this::isChosen).toList();
    if (chosen.size() == records.size()) {
      return log.writeAll(records);
    }
    List<AuditRecord> written = chosen.isEmpty() ? List.of() : log.writeAll(chosen);
    List<AuditRecord> all = new ArrayList<>(records.size());
    int next = 0;
    for (AuditRecord record : records) {
      all.add(isChosen(record) ? written.get(next++) : record);
    }
    return all;
  }

  @Override
  public AuditLog within(AuditContext context) {
    return new ChosenRecords(log.within(context), kinds);
  }

  @Override
  public AuditRules rules() {
    return log.rules();
  }

  @Override
  public Optional<AuditRecord> erase(Set<Long> ids, Set<String> fields, String reason) {
    return log.erase(ids, fields, reason);
  }

  @Override
  public long removeBefore(Instant before, long most) {
    return log.removeBefore(before, most);
  }

  @Override
  public Optional<AuditRecord> find(long id) {
    return log.find(id);
  }

  @Override
  public AuditPage find(AuditQuery query) {
    return log.find(query);
  }

  @Override
  public AuditCount count(AuditQuery query, int cap) {
    return log.count(query, cap);
  }

  @Override
  public long export(AuditQuery query, OutputStream out) throws IOException {
    return log.export(query, out);
  }

  @Override
  public AuditLog joining(Transaction transaction) {
    return new ChosenRecords(log.joining(transaction), kinds);
  }
}
