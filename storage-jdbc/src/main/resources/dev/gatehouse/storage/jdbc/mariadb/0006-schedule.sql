-- Schedules, whose occurrences become tasks. next_ms is 9223372036854775807 when there is none.
CREATE TABLE IF NOT EXISTS gh_schedule(
  id BIGINT PRIMARY KEY,
  application_id BIGINT NOT NULL,
  name VARCHAR(30) NOT NULL,
  timing VARCHAR(500) NOT NULL,
  kind VARCHAR(64) NOT NULL,
  payload MEDIUMBLOB NOT NULL,
  timeout_ms INT NOT NULL,
  retry VARCHAR(32) NOT NULL,
  first_ms BIGINT NOT NULL,
  next_ms BIGINT NOT NULL,
  last_ms BIGINT NOT NULL,
  paused SMALLINT NOT NULL,
  problem VARCHAR(255) NOT NULL,
  version BIGINT NOT NULL,
  created_ms BIGINT NOT NULL,
  UNIQUE (application_id, name),
  INDEX gh_schedule_next (next_ms, id)
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin ROW_FORMAT = DYNAMIC;
