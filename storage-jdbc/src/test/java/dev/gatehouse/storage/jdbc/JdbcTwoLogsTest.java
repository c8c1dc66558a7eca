package dev.gatehouse.storage.jdbc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.gatehouse.Gatehouse;
import dev.gatehouse.audit.AuditOptions;
import dev.gatehouse.audit.AuditProgress;
import dev.gatehouse.audit.AuditQuery;
import dev.gatehouse.audit.AuditRecord;
import dev.gatehouse.audit.AuditTree;
import dev.gatehouse.audit.Damage;
import dev.gatehouse.audit.LogName;
import dev.gatehouse.audit.RowKey;
import dev.gatehouse.error.StorageException;
import dev.gatehouse.storage.Storage;
import dev.gatehouse.testing.contract.AuditStoreContract;
import dev.gatehouse.testing.contract.AuditTreeContract;
import dev.gatehouse.testing.contract.TwoLogsContract;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import javax.sql.DataSource;
import org.jdbi.v3.core.Jdbi;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** The audit log and the event log in one database. */
class JdbcTwoLogsTest {
  /** Records that somebody with all rights in the database moves from one log to the other. */
  abstract static class Moving {
    private Jdbi jdbi;
    private Gatehouse gatehouse;

    abstract DataSource dataSource();

    @BeforeEach
    void open() {
      open(AuditOptions.DEFAULT, dataSource());
    }

    private void open(AuditOptions options, DataSource dataSource) {
      jdbi = Jdbi.create(dataSource);
      gatehouse = Gatehouse.builder().storage(JdbcStorage.of(dataSource)).audit(options).build();
    }

    @AfterEach
    void close() {
      gatehouse.close();
    }

    private void execute(String sql, Object... values) {
      assertThat(jdbi.<Integer, RuntimeException>withHandle(handle -> handle.execute(sql, values)))
          .isPositive();
    }

    private void move(String table, long id) {
      execute(
          "INSERT INTO gh_event" + table + " SELECT * FROM gh_audit" + table + " WHERE id = ?", id);
      execute("DELETE FROM gh_audit" + table + " WHERE id = ?", id);
    }

    private static List<Damage.Kind> kinds(AuditTree tree) {
      return tree.verify(AuditProgress.NONE).damages().stream().map(Damage::kind).toList();
    }

    private long written(String content) {
      gatehouse.eventLog().write(AuditRecord.of(1, 0, "event").build());
      return gatehouse.audit().write(AuditRecord.of(1, 0, content).build()).id();
    }

    private void sequence() {
      gatehouse.auditTree().sequence();
      gatehouse.eventTree().sequence();
    }

    private void isNotShown(long id) {
      assertThatExceptionOfType(StorageException.class)
          .isThrownBy(() -> gatehouse.eventLog().find(id))
          .withMessageEndingWith("it must be of the event log, is of the audit log");
      AuditQuery all = AuditQuery.between(Instant.EPOCH, Instant.now().plusSeconds(99));
      assertThatExceptionOfType(StorageException.class)
          .isThrownBy(() -> gatehouse.eventLog().find(all));
    }

    @Test
    void sequencedRow_movedToTheOtherLog_isFoundInBoth() {
      long id = written("a");
      sequence();
      move("", id);
      assertThat(kinds(gatehouse.eventTree())).containsExactly(Damage.Kind.RECORD_STRAY);
      assertThat(kinds(gatehouse.auditTree())).containsExactly(Damage.Kind.RECORD_DELETED);
      isNotShown(id);
    }

    @Test
    void pendingRow_movedWithItsEntryAndSequencedThere_isFound() {
      long id = written("a");
      move("", id);
      move("_pending", id);
      assertThat(kinds(gatehouse.eventTree())).containsExactly(Damage.Kind.RECORD_EDITED);
      sequence();
      assertThat(kinds(gatehouse.eventTree())).containsExactly(Damage.Kind.RECORD_FOREIGN);
      assertThatExceptionOfType(StorageException.class)
          .isThrownBy(() -> gatehouse.eventTree().prove(id));
      isNotShown(id);
    }

    @Test
    void pendingRow_movedWithItsEntryUnderARowKey_isKeptOut() {
      gatehouse.close();
      open(AuditOptions.builder().rowKey(RowKey.of(new byte[32])).build(), dataSource());
      long id = written("a");
      move("", id);
      move("_pending", id);
      sequence();
      assertThat(gatehouse.eventTree().head().orElseThrow().size()).isEqualTo(1);
      assertThat(kinds(gatehouse.eventTree())).containsExactly(Damage.Kind.RECORD_UNAUTHENTIC);
    }

    @Test
    void rowAndLeaf_putInPlaceOfAnotherLogs_areFound() {
      long id = written("a");
      sequence();
      execute("DELETE FROM gh_event_leaf");
      execute("DELETE FROM gh_event");
      move("", id);
      move("_leaf", id);
      assertThat(kinds(gatehouse.eventTree()))
          .containsExactlyInAnyOrder(Damage.Kind.RECORD_FOREIGN, Damage.Kind.HEAD_MISMATCH);
      assertThatExceptionOfType(StorageException.class)
          .isThrownBy(() -> gatehouse.eventTree().prove(id));
    }
  }

  @Test
  void scripts_ofBothLogs_areAlikeButForTheirNames() throws IOException {
    for (Dialect dialect : Dialect.values()) {
      assertThat(script(dialect, "0009-event.sql"))
          .contains("gh_event(")
          .isEqualTo(script(dialect, "0005-audit.sql").replace("gh_audit", "gh_event"));
    }
  }

  private static String script(Dialect dialect, String name) throws IOException {
    try (InputStream in = Migration.class.getResourceAsStream(dialect.folder() + name)) {
      return new String(in.readAllBytes(), StandardCharsets.UTF_8);
    }
  }

  @Nested
  class H2Moving extends Moving {
    @Override
    DataSource dataSource() {
      return H2.emptied();
    }
  }

  @Nested
  class H2Both extends TwoLogsContract {
    @Override
    protected Storage open(InstantSource leaseClock) {
      return H2.memory(leaseClock);
    }
  }

  @Nested
  class H2EventLog extends AuditStoreContract {
    @Override
    protected LogName log() {
      return LogName.EVENT;
    }

    @Override
    protected Storage open(InstantSource leaseClock) {
      return H2.memory(leaseClock);
    }
  }

  @Nested
  class H2EventTree extends AuditTreeContract {
    @Override
    protected LogName log() {
      return LogName.EVENT;
    }

    @Override
    protected Storage open(InstantSource leaseClock) {
      return H2.memory(leaseClock);
    }
  }

  @Nested
  class PostgresMoving extends Moving {
    @Override
    DataSource dataSource() {
      return Postgres.emptied();
    }
  }

  @Nested
  class PostgresBoth extends TwoLogsContract {
    @Override
    protected Storage open(InstantSource leaseClock) {
      return Postgres.storage(leaseClock);
    }
  }

  @Nested
  class PostgresEventLog extends AuditStoreContract {
    @Override
    protected LogName log() {
      return LogName.EVENT;
    }

    @Override
    protected Storage open(InstantSource leaseClock) {
      return Postgres.storage(leaseClock);
    }
  }

  @Nested
  class PostgresEventTree extends AuditTreeContract {
    @Override
    protected LogName log() {
      return LogName.EVENT;
    }

    @Override
    protected Storage open(InstantSource leaseClock) {
      return Postgres.storage(leaseClock);
    }
  }

  @Nested
  @Tag("mariadb")
  class MariaDbMoving extends Moving {
    @Override
    DataSource dataSource() {
      return MariaDb.emptied();
    }
  }

  @Nested
  @Tag("mysql")
  class MySqlMoving extends Moving {
    @Override
    DataSource dataSource() {
      return MySql.emptied();
    }
  }

  @Nested
  @Tag("mariadb")
  class MariaDbBoth extends TwoLogsContract {
    @Override
    protected Storage open(InstantSource leaseClock) {
      return MariaDb.storage(leaseClock);
    }
  }

  @Nested
  @Tag("mysql")
  class MySqlBoth extends TwoLogsContract {
    @Override
    protected Storage open(InstantSource leaseClock) {
      return MySql.storage(leaseClock);
    }
  }

  @Nested
  @Tag("mariadb")
  class MariaDbEventLog extends AuditStoreContract {
    @Override
    protected LogName log() {
      return LogName.EVENT;
    }

    @Override
    protected Storage open(InstantSource leaseClock) {
      return MariaDb.storage(leaseClock);
    }
  }

  @Nested
  @Tag("mysql")
  class MySqlEventLog extends AuditStoreContract {
    @Override
    protected LogName log() {
      return LogName.EVENT;
    }

    @Override
    protected Storage open(InstantSource leaseClock) {
      return MySql.storage(leaseClock);
    }
  }

  @Nested
  @Tag("mariadb")
  class MariaDbEventTree extends AuditTreeContract {
    @Override
    protected LogName log() {
      return LogName.EVENT;
    }

    @Override
    protected Storage open(InstantSource leaseClock) {
      return MariaDb.storage(leaseClock);
    }
  }

  @Nested
  @Tag("mysql")
  class MySqlEventTree extends AuditTreeContract {
    @Override
    protected LogName log() {
      return LogName.EVENT;
    }

    @Override
    protected Storage open(InstantSource leaseClock) {
      return MySql.storage(leaseClock);
    }
  }
}
