-- canonical with its openings is the record; every column before them is a copy derived from them,
-- to search by. Rows are only ever added, but for fields that are erased: what becomes of a record
-- is in tables of its own, so that neither the rows nor their indexes are written twice.
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
  openings VARBINARY(150000) NOT NULL,
  leaf_hash VARBINARY(32) NOT NULL,
  row_mac VARBINARY(32)
);

CREATE INDEX IF NOT EXISTS gh_audit_time ON gh_audit(time_us, id);

CREATE INDEX IF NOT EXISTS gh_audit_user ON gh_audit(user_name, time_us, id);

CREATE INDEX IF NOT EXISTS gh_audit_request ON gh_audit(request_id, time_us, id);

CREATE INDEX IF NOT EXISTS gh_audit_service ON gh_audit(service, time_us, id);

CREATE INDEX IF NOT EXISTS gh_audit_operation ON gh_audit(operation_type, time_us, id);

CREATE INDEX IF NOT EXISTS gh_audit_result ON gh_audit(result_type, time_us, id);

CREATE INDEX IF NOT EXISTS gh_audit_node ON gh_audit(source_node, time_us, id);

CREATE INDEX IF NOT EXISTS gh_audit_namespace ON gh_audit(namespace, time_us, id);

CREATE INDEX IF NOT EXISTS gh_audit_severity ON gh_audit(severity, time_us, id);

CREATE TABLE IF NOT EXISTS gh_audit_cursor_key(
  id INT PRIMARY KEY,
  content VARBINARY(32) NOT NULL
);

-- Records that are not in the tree yet; refused = 1 marks those that are never to be.
CREATE TABLE IF NOT EXISTS gh_audit_pending(
  refused SMALLINT NOT NULL,
  id BIGINT NOT NULL,
  PRIMARY KEY (refused, id)
);

CREATE TABLE IF NOT EXISTS gh_audit_leaf(
  leaf_index BIGINT PRIMARY KEY,
  id BIGINT NOT NULL,
  leaf_hash VARBINARY(32) NOT NULL
);

CREATE UNIQUE INDEX IF NOT EXISTS gh_audit_leaf_id ON gh_audit_leaf(id);

CREATE TABLE IF NOT EXISTS gh_audit_tile(
  tile_level INT NOT NULL,
  tile_index BIGINT NOT NULL,
  hashes VARBINARY(8192) NOT NULL,
  root VARBINARY(32) NOT NULL,
  PRIMARY KEY (tile_level, tile_index)
);

CREATE TABLE IF NOT EXISTS gh_audit_head(
  tree_size BIGINT PRIMARY KEY,
  root VARBINARY(32) NOT NULL,
  note VARCHAR(4000) NOT NULL
);

-- Leaves whose records were removed because their time was over, and the record that tells of it.
CREATE TABLE IF NOT EXISTS gh_audit_removed(
  to_index BIGINT PRIMARY KEY,
  from_index BIGINT NOT NULL,
  evidence BIGINT NOT NULL
);

-- The one row says who may let the tree grow, and how large it is; at first, the root of no leaves.
CREATE TABLE IF NOT EXISTS gh_audit_tree(
  id INT PRIMARY KEY,
  owner VARCHAR(36) NOT NULL,
  fence BIGINT NOT NULL,
  expires_ms BIGINT NOT NULL,
  tree_size BIGINT NOT NULL,
  root VARBINARY(32) NOT NULL
);

INSERT INTO gh_audit_tree(id, owner, fence, expires_ms, tree_size, root)
SELECT 1, '', 0, 0, 0, X'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855'
WHERE NOT EXISTS (SELECT 1 FROM gh_audit_tree WHERE id = 1);
