-- Gates that limited tasks go through. next_us: when a paced gate lets the next one through, in
-- epoch microseconds. A gate is locked by its row; places may be added without the lock.
CREATE TABLE IF NOT EXISTS gh_gate(
  name VARCHAR(160) COLLATE "C" NOT NULL PRIMARY KEY,
  next_us BIGINT NOT NULL
);

-- holds: 1 holds the gate, 0 waits, in order of (place_ms, task_id).
CREATE TABLE IF NOT EXISTS gh_gate_place(
  gate VARCHAR(160) COLLATE "C" NOT NULL,
  task_id BIGINT NOT NULL,
  place_ms BIGINT NOT NULL,
  held_limit INT NOT NULL,
  holds SMALLINT NOT NULL,
  PRIMARY KEY (task_id, gate)
);

CREATE INDEX IF NOT EXISTS gh_gate_place_order ON gh_gate_place(gate, holds, place_ms, task_id);
