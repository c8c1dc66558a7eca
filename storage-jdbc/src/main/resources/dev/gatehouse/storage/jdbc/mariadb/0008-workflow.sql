-- Workflows. A node's task has its id from the beginning; what it is to do and what it returned are
-- apart, so that a look at the nodes stays small. status: 1 running, 2 finished, 3 cancelled,
-- 4 failed, 5 stopping, 6 cancelling. state: 0 waiting, 1 begun, 2 finished, 3 cancelled, 4 failed,
-- 5 skipped. after_nodes: numbers with commas between. ended_ms: null while it has not.
CREATE TABLE IF NOT EXISTS gh_workflow(
  id BIGINT PRIMARY KEY,
  application_id BIGINT NOT NULL,
  name VARCHAR(64) NOT NULL,
  status SMALLINT NOT NULL,
  created_ms BIGINT NOT NULL,
  ended_ms BIGINT,
  INDEX gh_workflow_ended (ended_ms, id),
  INDEX gh_workflow_status (status, id)
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin ROW_FORMAT = DYNAMIC;

CREATE TABLE IF NOT EXISTS gh_workflow_node(
  workflow_id BIGINT NOT NULL,
  number SMALLINT NOT NULL,
  task_id BIGINT NOT NULL,
  name VARCHAR(64) NOT NULL,
  after_nodes VARCHAR(500) NOT NULL,
  if_failed SMALLINT NOT NULL,
  state SMALLINT NOT NULL,
  ended_ms BIGINT,
  PRIMARY KEY (workflow_id, number)
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin ROW_FORMAT = DYNAMIC;

-- delay_ms: -1 if the task is due at runtime_ms.
CREATE TABLE IF NOT EXISTS gh_workflow_work(
  workflow_id BIGINT NOT NULL,
  task_id BIGINT NOT NULL,
  delay_ms BIGINT NOT NULL,
  application_id BIGINT NOT NULL,
  kind VARCHAR(64) NOT NULL,
  name VARCHAR(64) NOT NULL,
  payload MEDIUMBLOB NOT NULL,
  timeout_ms INT NOT NULL,
  retry VARCHAR(32) NOT NULL,
  created_ms BIGINT NOT NULL,
  runtime_ms BIGINT NOT NULL,
  priority SMALLINT NOT NULL,
  limit_key VARCHAR(120),
  key_limit INT,
  result MEDIUMBLOB,
  PRIMARY KEY (workflow_id, task_id)
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin ROW_FORMAT = DYNAMIC;

-- What workflows are to take note of; empty but for moments. task_id: 0 if the workflow is to be
-- cancelled. status: how the task ended, as in gh_task_done.
CREATE TABLE IF NOT EXISTS gh_workflow_report(
  workflow_id BIGINT NOT NULL,
  id BIGINT NOT NULL,
  task_id BIGINT NOT NULL,
  status SMALLINT NOT NULL,
  result MEDIUMBLOB,
  PRIMARY KEY (workflow_id, id)
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin ROW_FORMAT = DYNAMIC;
