package dev.gatehouse.storage.jdbc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.tuple;

import dev.gatehouse.audit.Anchor;
import dev.gatehouse.audit.AuditLog;
import dev.gatehouse.audit.AuditProgress;
import dev.gatehouse.audit.AuditReport;
import dev.gatehouse.audit.AuditTree;
import dev.gatehouse.audit.Damage;
import dev.gatehouse.audit.Damage.Kind;
import dev.gatehouse.audit.SignedHead;
import dev.gatehouse.error.StorageException;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import javax.sql.DataSource;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** What somebody with all rights in the database does to a log is found, and called by its name. */
class TamperedLogTest {
  /** A database to tamper with. */
  abstract static class Tampering extends TamperedLog {
    @Test
    void untouched_isSound() {
      List<Long> told = new ArrayList<>();
      AuditReport report = tree.verify((done, total) -> told.add(done));
      assertThat(report).isEqualTo(new AuditReport(RECORDS, RECORDS, 0, 0, 1, 400, List.of(), 0));
      assertThat(told).containsExactly((long) RECORDS);
      tree.prove(id(599)).orElseThrow().verify(key());
    }

    @Test
    void recordEdited_inAFullTileAndAtTheEdge_isNamed() {
      execute("UPDATE gh_audit SET canonical = ? WHERE id = ?", edited(id(17)), id(17));
      execute("UPDATE gh_audit SET canonical = ? WHERE id = ?", edited(id(599)), id(599));
      assertThat(damages())
          .extracting(Damage::kind, Damage::at)
          .containsExactly(tuple(Kind.RECORD_EDITED, 17L), tuple(Kind.RECORD_EDITED, 599L));
      assertThatThrownBy(() -> tree.prove(id(17))).isInstanceOf(StorageException.class);
      tree.prove(id(18)).orElseThrow().verify(key());
    }

    /** Whoever knows the format forges record, hash and leaf alike. */
    @Test
    void recordEdited_withItsHashes_isNamedByTheTile() {
      long id = id(100);
      byte[] forged = edited(id);
      byte[] hash = sha256((byte) 0, forged);
      execute("UPDATE gh_audit SET canonical = ?, leaf_hash = ? WHERE id = ?", forged, hash, id);
      execute("UPDATE gh_audit_leaf SET leaf_hash = ? WHERE id = ?", hash, id);
      Damage damage = only(damages());
      assertThat(damage.kind()).isEqualTo(Kind.RECORD_EDITED);
      assertThat(damage.at()).isEqualTo(100);
    }

    /** Where no full tile remembers, the signed head does. */
    @Test
    void recordEdited_withItsHashesAtTheEdge_doesNotAddUp() {
      long id = id(590);
      byte[] forged = edited(id);
      byte[] hash = sha256((byte) 0, forged);
      execute("UPDATE gh_audit SET canonical = ?, leaf_hash = ? WHERE id = ?", forged, hash, id);
      execute("UPDATE gh_audit_leaf SET leaf_hash = ? WHERE id = ?", hash, id);
      Damage damage = only(damages());
      assertThat(damage.kind()).isEqualTo(Kind.HEAD_MISMATCH);
      assertThat(damage.detail()).contains("leaves from 400 to 600");
    }

    @Test
    void columnEdited_anyOfThem_isNamed() {
      execute("UPDATE gh_audit SET user_name = 'someone' WHERE id = ?", id(3));
      execute("UPDATE gh_audit SET time_us = time_us + 1 WHERE id = ?", id(4));
      execute("UPDATE gh_audit SET severity = 'info' WHERE id = ?", id(5));
      execute("UPDATE gh_audit SET service = '' WHERE id = ?", id(6));
      execute("UPDATE gh_audit SET result_type = 7 WHERE id = ?", id(7));
      execute("UPDATE gh_audit SET operation_type = 7 WHERE id = ?", id(8));
      execute("UPDATE gh_audit SET source_node = 'x' WHERE id = ?", id(9));
      execute("UPDATE gh_audit SET namespace = 'x' WHERE id = ?", id(10));
      execute("UPDATE gh_audit SET request_id = 'x' WHERE id = ?", id(11));
      assertThat(damages())
          .allMatch(damage -> damage.kind() == Kind.COLUMN_EDITED)
          .extracting(Damage::at)
          .containsExactly(3L, 4L, 5L, 6L, 7L, 8L, 9L, 10L, 11L);
      assertThat(damages().get(0).detail()).contains("user");
    }

    @Test
    void recordDeleted_isNamed() {
      long id = id(300);
      execute("DELETE FROM gh_audit WHERE id = ?", id);
      Damage damage = only(damages());
      assertThat(damage.kind()).isEqualTo(Kind.RECORD_DELETED);
      assertThat(damage.at()).isEqualTo(300);
      assertThatThrownBy(() -> tree.prove(id)).isInstanceOf(StorageException.class);
    }

    @Test
    void recordsSwapped_isNamed() {
      byte[] first = canonical(id(10));
      byte[] second = canonical(id(20));
      execute("UPDATE gh_audit SET canonical = ? WHERE id = ?", second, id(10));
      execute("UPDATE gh_audit SET canonical = ? WHERE id = ?", first, id(20));
      assertThat(kinds()).containsExactly(Kind.RECORDS_SWAPPED);
      assertThat(damages()).hasSize(2);
    }

    @Test
    void leavesSwapped_isNamed() {
      swap(10, 20);
      assertThat(kinds()).containsExactly(Kind.RECORDS_SWAPPED);
    }

    @Test
    void leavesSwapped_atTheEdge_doNotAddUp() {
      swap(580, 590);
      assertThat(kinds()).containsExactly(Kind.HEAD_MISMATCH);
    }

    private void swap(long first, long second) {
      execute("UPDATE gh_audit_leaf SET leaf_index = -1 WHERE leaf_index = ?", first);
      execute("UPDATE gh_audit_leaf SET leaf_index = ? WHERE leaf_index = ?", first, second);
      execute("UPDATE gh_audit_leaf SET leaf_index = ? WHERE leaf_index = -1", second);
    }

    @Test
    void leafDeleted_isAGapAndAStray() {
      execute("DELETE FROM gh_audit_leaf WHERE leaf_index = 50");
      assertThat(kinds()).containsExactlyInAnyOrder(Kind.LEAF_MISSING, Kind.RECORD_STRAY);
    }

    @Test
    void leafAndRecordDeleted_isAGap() {
      long id = id(50);
      execute("DELETE FROM gh_audit_leaf WHERE leaf_index = 50");
      execute("DELETE FROM gh_audit WHERE id = ?", id);
      Damage damage = only(damages());
      assertThat(damage.kind()).isEqualTo(Kind.LEAF_MISSING);
      assertThat(damage.at()).isEqualTo(50);
    }

    @Test
    void leafEdited_isNamed() {
      execute("UPDATE gh_audit_leaf SET leaf_hash = ? WHERE leaf_index = 9", new byte[32]);
      Damage damage = only(damages());
      assertThat(damage.kind()).isEqualTo(Kind.LEAF_EDITED);
      assertThat(damage.at()).isEqualTo(9);
    }

    @Test
    void tileDeleted_isNamed() {
      execute("DELETE FROM gh_audit_tile WHERE tile_index = 1");
      assertThat(kinds()).containsExactly(Kind.TILE_MISSING);
      assertThatThrownBy(() -> tree.prove(id(300))).isInstanceOf(StorageException.class);
      assertThatThrownBy(() -> tree.prove(id(3))).isInstanceOf(StorageException.class);
    }

    @Test
    void tileEdited_isNamed() {
      byte[] hashes =
          jdbi.withHandle(
              handle ->
                  handle
                      .createQuery("SELECT hashes FROM gh_audit_tile WHERE tile_index = 0")
                      .mapTo(byte[].class)
                      .one());
      hashes[32 * 7] ^= 1;
      execute("UPDATE gh_audit_tile SET hashes = ? WHERE tile_index = 0", hashes);
      assertThat(kinds()).containsExactly(Kind.TILE_EDITED);
      execute("UPDATE gh_audit_tile SET root = ? WHERE tile_index = 1", new byte[32]);
      assertThat(kinds()).containsExactly(Kind.TILE_EDITED);
    }

    @Test
    void truncated_leavesAlone_isNamed() {
      execute("DELETE FROM gh_audit_leaf WHERE leaf_index >= 590");
      assertThat(kinds()).containsExactlyInAnyOrder(Kind.TRUNCATED, Kind.RECORD_STRAY);
      write(1);
      AuditTree restarted = tree();
      tree.close();
      assertThatThrownBy(restarted::sequence).isInstanceOf(StorageException.class);
    }

    /**
     * All traces of the second batch are gone: only the anchor knows, once it has the later head.
     */
    @Test
    void oldCopyPutBack_isNamedByTheAnchorAlone() {
      SignedHead later = tree.head().orElseThrow();
      restoreFirstBatch();
      assertThat(damages()).isEmpty();
      assertThat(tree.verify(AuditProgress.NONE, List.of(later)).damages())
          .extracting(Damage::kind)
          .containsExactly(Kind.ROLLED_BACK);
      Anchor.file(anchored).publish(later);
      assertThat(kinds()).containsExactly(Kind.ROLLED_BACK);
    }

    private void restoreFirstBatch() {
      execute(
          "DELETE FROM gh_audit WHERE id IN (SELECT id FROM gh_audit_leaf WHERE leaf_index >= 400)");
      execute("DELETE FROM gh_audit_leaf WHERE leaf_index >= 400");
      execute("DELETE FROM gh_audit_tile WHERE tile_index = 1");
      execute("DELETE FROM gh_audit_head WHERE tree_size > 400");
      execute(
          "UPDATE gh_audit_tree SET tree_size = 400,"
              + " root = (SELECT root FROM gh_audit_head WHERE tree_size = 400)");
    }

    /** With the signing key a log can be rewritten whole; an anchor's head tells. */
    @Test
    void rewrittenAfterRollback_isNamedByTheAnchor() {
      SignedHead later = tree.head().orElseThrow();
      restoreFirstBatch();
      tree.close();
      tree = tree();
      log = AuditLog.create(storage.audit(), ids::incrementAndGet, InstantSource.system(), tree);
      write(200);
      tree.sequence();
      assertThat(damages()).isEmpty();
      assertThat(tree.verify(AuditProgress.NONE, List.of(later)).damages())
          .extracting(Damage::kind, Damage::at)
          .containsExactly(tuple(Kind.ANCHOR_MISMATCH, 600L));
    }

    @Test
    void headForged_isNamedAndNothingIsBuiltOnIt() {
      String note = tree.head().orElseThrow().note();
      String forged = note.replace("\ntime 2", "\ntime 3");
      execute("UPDATE gh_audit_head SET note = ? WHERE tree_size = 600", forged);
      assertThat(kinds()).containsExactly(Kind.HEAD_FORGED);
      assertThatThrownBy(() -> tree.head()).isInstanceOf(StorageException.class);
      write(1);
      tree.close();
      assertThatThrownBy(() -> tree().sequence()).isInstanceOf(StorageException.class);
    }

    @Test
    void headUnsignedOrUnreadable_isNamed() {
      String note = tree.head().orElseThrow().note();
      execute(
          "UPDATE gh_audit_head SET note = ? WHERE tree_size = 600",
          note.substring(0, note.indexOf("\n\n") + 2));
      assertThat(kinds()).containsExactly(Kind.HEAD_FORGED);
      execute("UPDATE gh_audit_head SET note = 'none' WHERE tree_size = 600");
      assertThat(kinds()).containsExactly(Kind.HEAD_FORGED);
    }

    @Test
    void headDeleted_isNamed() {
      execute("DELETE FROM gh_audit_head WHERE tree_size = 600");
      assertThat(kinds()).contains(Kind.HEAD_MISSING);
    }

    @Test
    void sizeOfTheTreeEdited_isNamedAndNothingIsBuiltOnIt() {
      execute("UPDATE gh_audit_tree SET tree_size = 599");
      assertThat(kinds()).containsExactly(Kind.TRUNCATED);
      write(1);
      tree.close();
      assertThatThrownBy(() -> tree().sequence()).isInstanceOf(StorageException.class);
    }

    @Test
    void pendingEdited_isNamedAndSetAside() {
      write(3);
      long id = ids.get();
      byte[] forged = edited(id);
      execute(
          "UPDATE gh_audit SET canonical = ?, leaf_hash = ? WHERE id = ?",
          forged,
          sha256((byte) 0, forged),
          id);
      execute("UPDATE gh_audit SET canonical = ? WHERE id = ?", edited(id - 1), id - 1);
      assertThat(kinds()).containsExactlyInAnyOrder(Kind.RECORD_UNAUTHENTIC, Kind.RECORD_EDITED);
      assertThat(tree.sequence()).isEqualTo(2);
      assertThat(damages())
          .extracting(Damage::kind, Damage::at)
          .containsExactlyInAnyOrder(
              tuple(Kind.RECORD_UNAUTHENTIC, id), tuple(Kind.RECORD_EDITED, 601L));
    }

    @Test
    void pendingDeleted_orNeverToBeSequenced_isNamed() {
      write(2);
      execute("DELETE FROM gh_audit WHERE id = ?", ids.get());
      execute("DELETE FROM gh_audit_pending WHERE id = ?", ids.get() - 1);
      assertThat(kinds()).containsExactlyInAnyOrder(Kind.PENDING_DELETED, Kind.RECORD_STRAY);
    }

    /** A copy of a record, under another id. */
    private void plant(long id) {
      String columns =
          "time_us, operation_type, result_type, source_node, namespace, severity, canonical,"
              + " openings, leaf_hash";
      execute(
          "INSERT INTO gh_audit(id, "
              + columns
              + ") SELECT "
              + id
              + ", "
              + columns
              + " FROM gh_audit WHERE id = ?",
          id(0));
    }

    private void plantLeaf(long index, long id) {
      execute(
          "INSERT INTO gh_audit_leaf(leaf_index, id, leaf_hash) VALUES (?, ?, ?)",
          index,
          id,
          new byte[32]);
    }

    /** A leaf that no verification walks over must not make a record one of the tree's. */
    @Test
    void recordAndLeafPlanted_outsideTheTree_areNamed() {
      for (long index : new long[] {-1, 5_000_000}) {
        plant(999_999 + index);
        plantLeaf(index, 999_999 + index);
        assertThat(kinds()).containsExactlyInAnyOrder(Kind.TREE_STRAY, Kind.RECORD_STRAY);
        assertThatThrownBy(() -> tree.prove(999_999 + index))
            .isInstanceOf(StorageException.class)
            .hasMessageContaining("damaged");
      }
      assertThat(damages()).hasSize(4);
    }

    @Test
    void recordPlanted_underAnIdBelowOne_isNamed() {
      plant(-5);
      assertThat(damages())
          .extracting(Damage::kind, Damage::at)
          .containsExactly(tuple(Kind.RECORD_STRAY, -5L));
    }

    @Test
    void pendingEdited_hiddenBehindAPlantedLeaf_isNamed() {
      write(1);
      long id = ids.get();
      execute("DELETE FROM gh_audit_pending WHERE id = ?", id);
      plantLeaf(-1, id);
      execute("UPDATE gh_audit SET canonical = ? WHERE id = ?", edited(id), id);
      assertThat(kinds()).containsExactlyInAnyOrder(Kind.TREE_STRAY, Kind.RECORD_STRAY);
    }

    /** What is pending without a record must not hide what is pending with one. */
    @Test
    void pendingPlanted_withoutARecord_keepsNobodyFromTheTree() {
      for (long id = 1_000_000; id < 1_000_003; id++) {
        execute("INSERT INTO gh_audit_pending(refused, id) VALUES (0, ?)", -id);
      }
      execute("INSERT INTO gh_audit_pending(refused, id) VALUES (0, ?)", 601L);
      ids.incrementAndGet();
      write(10);
      assertThat(storage.audit().tree().pending(0, 1)).hasSize(1);
      assertThat(tree.sequence()).isEqualTo(10);
      assertThat(kinds()).containsExactly(Kind.PENDING_DELETED);
    }

    @Test
    void pendingPlanted_ofASequencedRecord_isNamedAndSetAside() {
      long id = id(5);
      execute("INSERT INTO gh_audit_pending(refused, id) VALUES (0, ?)", id);
      assertThat(damages())
          .extracting(Damage::kind, Damage::at)
          .containsExactly(tuple(Kind.PENDING_SEQUENCED, id));
      write(2);
      assertThatThrownBy(tree::sequence)
          .isInstanceOf(StorageException.class)
          .hasMessageContaining("[" + id + "]");
      assertThat(tree.sequence()).isEqualTo(2);
      assertThat(kinds())
          .containsExactlyInAnyOrder(Kind.PENDING_SEQUENCED, Kind.RECORD_UNAUTHENTIC);
    }

    @Test
    void tilePlanted_beyondTheTree_isNamed() {
      execute(
          "INSERT INTO gh_audit_tile(tile_level, tile_index, hashes, root)"
              + " SELECT 0, 2, hashes, root FROM gh_audit_tile WHERE tile_index = 0");
      assertThat(damages())
          .extracting(Damage::kind, Damage::at)
          .containsExactly(tuple(Kind.TREE_STRAY, 2L));
      write(200);
      assertThatThrownBy(tree::sequence)
          .isInstanceOf(StorageException.class)
          .hasMessageContaining("tile 0/2");
    }

    /** A verification ends, however far away a leaf or a head claims to be. */
    @Test
    void leafMovedAndHeadPlanted_farAway_areNamedInTime() {
      long far = 9_000_000_000_000_000_000L;
      execute("UPDATE gh_audit_leaf SET leaf_index = ? WHERE leaf_index = 599", far);
      execute(
          "INSERT INTO gh_audit_head(tree_size, root, note) VALUES (?, ?, ?)",
          far + 1,
          new byte[32],
          "junk");
      assertThat(kinds())
          .containsExactlyInAnyOrder(
              Kind.HEAD_FORGED, Kind.TRUNCATED, Kind.TREE_STRAY, Kind.RECORD_STRAY);
      execute("UPDATE gh_audit_tree SET tree_size = ?", far + 1);
      assertThat(kinds()).contains(Kind.HEAD_FORGED, Kind.LEAF_MISSING);
    }

    /** A process that has signed a tree signs no other of its size. */
    @Test
    void oldCopyPutBack_underARunningNode_isNotBuiltOn() {
      restoreFirstBatch();
      write(200);
      assertThatThrownBy(tree::sequence)
          .isInstanceOf(StorageException.class)
          .hasMessageContaining("old copy");
      assertThat(storage.audit().tree().state().size()).isEqualTo(400);
    }

    /** A node that has not seen the log before asks the anchors, and builds on what they know. */
    @Test
    void oldCopyPutBack_anotherNodeTakesOver_isNotBuiltOn() {
      Anchor.file(anchored).publish(tree.head().orElseThrow());
      restoreFirstBatch();
      tree.close();
      tree = tree();
      log = AuditLog.create(storage.audit(), ids::incrementAndGet, InstantSource.system(), tree);
      write(200);
      assertThatThrownBy(tree::sequence)
          .isInstanceOf(StorageException.class)
          .hasMessageContaining("it has 400 leaves")
          .hasMessageContaining("a head of 600: an old copy was put back");
      assertThat(tree.status().fault().orElseThrow()).contains("old copy");
      assertThat(storage.audit().tree().state().size()).isEqualTo(400);
      assertThat(storage.audit().tree().heads(400, 1)).isEmpty();
      assertThat(storage.audit().tree().pending(0, 1_000)).hasSize(200);
      assertThat(kinds()).containsExactly(Kind.ROLLED_BACK);
    }

    @Test
    void recordWrittenPastTheLibrary_isNamed() {
      plant(999_999);
      Damage damage = only(damages());
      assertThat(damage.kind()).isEqualTo(Kind.RECORD_STRAY);
      assertThat(damage.at()).isEqualTo(999_999);
    }
  }

  @Nested
  class OnH2 extends Tampering {
    @Override
    DataSource dataSource() {
      return H2.memoryDataSource();
    }
  }

  @Nested
  class OnPostgres extends Tampering {
    @Override
    DataSource dataSource() {
      return Postgres.dataSource();
    }
  }

  @Nested
  @Tag("mariadb")
  class OnMariaDb extends Tampering {
    @Override
    DataSource dataSource() {
      return MariaDb.dataSource();
    }
  }
}
