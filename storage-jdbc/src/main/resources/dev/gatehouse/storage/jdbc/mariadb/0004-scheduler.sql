-- Tables of scheduler. A task is in gh_task until it is final, then in gh_task_done or, if it
-- finished with many others, in gh_task_page, with the
-- attempt that ended it (outcome and the four after it); earlier attempts are in gh_task_attempt.
-- state: 0 ready, 1 leased. cancel: 1 to be cancelled, 2 paused or, if leased, to be paused. What is
-- paused has lane -1, what is parked at a gate lane -2, where no claim looks.
CREATE TABLE IF NOT EXISTS gh_task(
  id BIGINT PRIMARY KEY,
  lane SMALLINT NOT NULL,
  due_ms BIGINT NOT NULL,
  state SMALLINT NOT NULL,
  attempt INT NOT NULL,
  crashes INT NOT NULL,
  fence BIGINT NOT NULL,
  owner INT,
  cancel SMALLINT NOT NULL,
  application_id BIGINT NOT NULL,
  kind VARCHAR(64) NOT NULL,
  task_no VARCHAR(64),
  name VARCHAR(64) NOT NULL,
  payload MEDIUMBLOB NOT NULL,
  timeout_ms INT NOT NULL,
  retry VARCHAR(32) NOT NULL,
  created_ms BIGINT NOT NULL,
  runtime_ms BIGINT NOT NULL,
  priority SMALLINT NOT NULL,
  limit_key VARCHAR(120),
  key_limit INT,
  workflow_id BIGINT,
  percent SMALLINT,
  note VARCHAR(255),
  -- The only secondary index: a claim or a lease changes no index.
  INDEX gh_task_due (lane, due_ms, id)
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin ROW_FORMAT = DYNAMIC;

CREATE TABLE IF NOT EXISTS gh_task_done(
  id BIGINT PRIMARY KEY,
  due_ms BIGINT NOT NULL,
  status SMALLINT NOT NULL,
  attempt INT NOT NULL,
  fence BIGINT NOT NULL,
  ended_ms BIGINT NOT NULL,
  outcome SMALLINT,
  attempt_started_ms BIGINT,
  attempt_ended_ms BIGINT,
  http_status INT,
  error VARCHAR(255),
  result MEDIUMBLOB,
  application_id BIGINT NOT NULL,
  kind VARCHAR(64) NOT NULL,
  task_no VARCHAR(64),
  name VARCHAR(64) NOT NULL,
  payload MEDIUMBLOB NOT NULL,
  timeout_ms INT NOT NULL,
  retry VARCHAR(32) NOT NULL,
  created_ms BIGINT NOT NULL,
  runtime_ms BIGINT NOT NULL,
  priority SMALLINT NOT NULL,
  limit_key VARCHAR(120),
  key_limit INT,
  workflow_id BIGINT,
  INDEX gh_task_done_ended (status, ended_ms, id),
  -- For pages of failed tasks.
  INDEX gh_task_done_status (status, id)
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin ROW_FORMAT = DYNAMIC;

-- Many finished tasks in a row: see FinishedPages. numbered: 1 if any of them has a number.
CREATE TABLE IF NOT EXISTS gh_task_page(
  first_id BIGINT PRIMARY KEY,
  last_id BIGINT NOT NULL,
  ended_ms BIGINT NOT NULL,
  size SMALLINT NOT NULL,
  numbered SMALLINT NOT NULL,
  ids MEDIUMBLOB NOT NULL,
  tasks MEDIUMBLOB NOT NULL,
  INDEX gh_task_page_ended (ended_ms, first_id)
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin ROW_FORMAT = DYNAMIC;

CREATE TABLE IF NOT EXISTS gh_task_key(
  application_id BIGINT NOT NULL,
  task_no VARCHAR(64) NOT NULL,
  task_id BIGINT NOT NULL,
  PRIMARY KEY (application_id, task_no)
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin ROW_FORMAT = DYNAMIC;

CREATE TABLE IF NOT EXISTS gh_task_attempt(
  task_id BIGINT NOT NULL,
  fence BIGINT NOT NULL,
  number INT NOT NULL,
  started_ms BIGINT NOT NULL,
  ended_ms BIGINT NOT NULL,
  outcome SMALLINT NOT NULL,
  http_status INT,
  error VARCHAR(255) NOT NULL,
  PRIMARY KEY (task_id, fence)
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin ROW_FORMAT = DYNAMIC;

-- state: 1 live, 0 lost. latest_ms: the latest of the earlier values of expires_ms.
-- swept_ms: when what a lost node held was last looked for to the end.
CREATE TABLE IF NOT EXISTS gh_node(
  node INT AUTO_INCREMENT PRIMARY KEY,
  boot VARCHAR(36) NOT NULL,
  state SMALLINT NOT NULL,
  expires_ms BIGINT NOT NULL,
  lease_ms BIGINT NOT NULL,
  latest_ms BIGINT NOT NULL,
  lost_ms BIGINT NOT NULL,
  swept_ms BIGINT NOT NULL
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin ROW_FORMAT = DYNAMIC;
