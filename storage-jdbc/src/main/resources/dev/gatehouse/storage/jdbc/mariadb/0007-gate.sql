-- Gates that limited tasks go through. A gate is locked by its row; places may be added without the
-- lock. next_us: of a gate with a rate, when the next may begin, in epoch microseconds; of others,
-- how many waited and were let in.
CREATE TABLE IF NOT EXISTS gh_gate(
  name VARCHAR(160) NOT NULL PRIMARY KEY,
  next_us BIGINT NOT NULL
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin ROW_FORMAT = DYNAMIC;

-- holds: 1 holds the gate, 0 waits, for each priority in order of (place_ms, task_id).
CREATE TABLE IF NOT EXISTS gh_gate_place(
  gate VARCHAR(160) NOT NULL,
  task_id BIGINT NOT NULL,
  place_ms BIGINT NOT NULL,
  held_limit INT NOT NULL,
  holds SMALLINT NOT NULL,
  priority SMALLINT NOT NULL,
  PRIMARY KEY (task_id, gate),
  INDEX gh_gate_place_order (gate, holds, priority, place_ms, task_id)
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin ROW_FORMAT = DYNAMIC;
