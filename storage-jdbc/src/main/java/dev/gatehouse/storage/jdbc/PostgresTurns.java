package dev.gatehouse.storage.jdbc;

import dev.gatehouse.scheduler.GateStore.Turn;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.jdbi.v3.core.Handle;

/** Hands gates on by one statement, for a task in order pays for little else. */
final class PostgresTurns {
  private static final String HAND_ON =
      "WITH turn AS MATERIALIZED (SELECT t.gate, t.last, t.next"
          + " FROM unnest(?::varchar[], ?::bigint[], ?::bigint[]) AS t(gate, last, next)"
          + " CROSS JOIN LATERAL (SELECT 1 FROM gh_gate_place p WHERE p.task_id = t.next"
          + " AND p.gate = t.gate FOR UPDATE SKIP LOCKED) free"
          + " WHERE t.next = (SELECT p.task_id FROM gh_gate_place p"
          + " WHERE p.gate = t.gate AND p.holds = 0"
          + " ORDER BY p.gate, p.holds, p.priority, p.place_ms, p.task_id LIMIT 1)"
          + " AND ARRAY[t.last] = ARRAY(SELECT p.task_id FROM gh_gate_place p"
          + " WHERE p.gate = t.gate AND p.holds = 1 LIMIT 2)),"
          + " gone AS (DELETE FROM gh_gate_place p USING turn"
          + " WHERE p.task_id = turn.last AND p.gate = turn.gate)"
          + " UPDATE gh_gate_place p SET holds = 1 FROM turn"
          + " WHERE p.task_id = turn.next AND p.gate = turn.gate RETURNING p.gate";

  private PostgresTurns() {}

  static List<Turn> handOn(Handle handle, List<Turn> turns) {
    Set<String> gates =
        Sql.use(
            handle,
            HAND_ON,
            change -> {
              ArrayArguments.setTexts(change, 1, turns, Turn::gate);
              ArrayArguments.setLongs(change, 2, turns, Turn::last);
              ArrayArguments.setLongs(change, 3, turns, Turn::next);
              return new HashSet<>(Sql.rows(change, row -> row.getString(1)));
            });
    return turns.stream().filter(turn -> gates.contains(turn.gate())).toList();
  }
}
