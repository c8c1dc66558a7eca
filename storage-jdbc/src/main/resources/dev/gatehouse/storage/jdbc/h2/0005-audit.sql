-- canonical is the record; every column before it is a copy derived from it, to search by.
CREATE TABLE IF NOT EXISTS gh_audit(
  id BIGINT PRIMARY KEY,
  time_us BIGINT NOT NULL,
  operation_type INT NOT NULL,
  result_type INT NOT NULL,
  source_node VARCHAR(256) NOT NULL,
  namespace VARCHAR(256) NOT NULL,
  severity VARCHAR(256) NOT NULL,
  user_name VARCHAR(256),
  request_id VARCHAR(256),
  service VARCHAR(256),
  canonical VARBINARY(150000) NOT NULL,
  leaf_hash VARBINARY(32) NOT NULL,
  leaf_index BIGINT
);

CREATE INDEX IF NOT EXISTS gh_audit_time ON gh_audit(time_us, id);

CREATE INDEX IF NOT EXISTS gh_audit_user ON gh_audit(user_name, time_us, id);

CREATE INDEX IF NOT EXISTS gh_audit_request ON gh_audit(request_id, time_us, id);

CREATE TABLE IF NOT EXISTS gh_audit_cursor_key(
  id INT PRIMARY KEY,
  content VARBINARY(32) NOT NULL
);
