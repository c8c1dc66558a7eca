-- canonical with its openings is the record; terms and every column before them is a copy derived
-- from them, to search by. Rows are only ever added, but for fields that are erased: what becomes of a record
-- is in tables of its own, so that neither the rows nor their indexes are written twice.
CREATE TABLE gh_event(
  id BIGINT PRIMARY KEY,
  time_us BIGINT NOT NULL,
  operation_type INT NOT NULL,
  result_type INT NOT NULL,
  source_node VARCHAR(256) COLLATE "C" NOT NULL,
  namespace VARCHAR(256) COLLATE "C" NOT NULL,
  severity VARCHAR(256) COLLATE "C" NOT NULL,
  user_name VARCHAR(256) COLLATE "C",
  request_id VARCHAR(256) COLLATE "C",
  service VARCHAR(256) COLLATE "C",
  canonical BYTEA NOT NULL CHECK (octet_length(canonical) <= 150000),
  openings BYTEA NOT NULL CHECK (octet_length(openings) <= 150000),
  leaf_hash BYTEA NOT NULL CHECK (octet_length(leaf_hash) = 32),
  row_mac BYTEA CHECK (octet_length(row_mac) = 32),
  terms BIGINT[]
);

CREATE INDEX gh_event_time ON gh_event(time_us, id);

-- What is absent is never looked up by.
CREATE INDEX gh_event_user ON gh_event(user_name, time_us, id) WHERE user_name IS NOT NULL;

CREATE INDEX gh_event_request ON gh_event(request_id, time_us, id) WHERE request_id IS NOT NULL;

CREATE INDEX gh_event_service ON gh_event(service, time_us, id) WHERE service IS NOT NULL;

CREATE INDEX gh_event_operation ON gh_event(operation_type, time_us, id);

CREATE INDEX gh_event_result ON gh_event(result_type, time_us, id);

CREATE INDEX gh_event_node ON gh_event(source_node, time_us, id);

CREATE INDEX gh_event_namespace ON gh_event(namespace, time_us, id);

CREATE INDEX gh_event_severity ON gh_event(severity, time_us, id);

CREATE TABLE gh_event_cursor_key(
  id INT PRIMARY KEY,
  content BYTEA NOT NULL CHECK (octet_length(content) = 32)
);

-- Records that are not in the tree yet; refused = 1 marks those that are never to be.
CREATE TABLE gh_event_pending(
  refused SMALLINT NOT NULL,
  id BIGINT NOT NULL,
  PRIMARY KEY (refused, id)
);

-- A setting, without which all works too.
ALTER TABLE gh_event_pending SET (
  autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 5000,
  autovacuum_vacuum_cost_delay = 0, vacuum_truncate = false
);

CREATE TABLE gh_event_leaf(
  leaf_index BIGINT PRIMARY KEY,
  id BIGINT NOT NULL,
  leaf_hash BYTEA NOT NULL CHECK (octet_length(leaf_hash) = 32)
);

CREATE UNIQUE INDEX gh_event_leaf_id ON gh_event_leaf(id);

CREATE TABLE gh_event_tile(
  tile_level INT NOT NULL,
  tile_index BIGINT NOT NULL,
  hashes BYTEA NOT NULL CHECK (octet_length(hashes) = 8192),
  root BYTEA NOT NULL CHECK (octet_length(root) = 32),
  PRIMARY KEY (tile_level, tile_index)
);

-- Hashes do not compress.
ALTER TABLE gh_event_tile ALTER COLUMN hashes SET STORAGE EXTERNAL;

CREATE TABLE gh_event_head(
  tree_size BIGINT PRIMARY KEY,
  root BYTEA NOT NULL CHECK (octet_length(root) = 32),
  note VARCHAR(4000) COLLATE "C" NOT NULL
);

-- Leaves whose records were removed because their time was over, and the record that tells of it.
CREATE TABLE gh_event_removed(
  to_index BIGINT PRIMARY KEY,
  from_index BIGINT NOT NULL,
  evidence BIGINT NOT NULL
);

-- The one row says who may let the tree grow, and how large it is; at first, the root of no leaves.
CREATE TABLE gh_event_tree(
  id INT PRIMARY KEY,
  owner VARCHAR(36) COLLATE "C" NOT NULL,
  fence BIGINT NOT NULL,
  expires_ms BIGINT NOT NULL,
  tree_size BIGINT NOT NULL,
  root BYTEA NOT NULL CHECK (octet_length(root) = 32)
);

INSERT INTO gh_event_tree(id, owner, fence, expires_ms, tree_size, root)
VALUES (1, '', 0, 0, 0,
  '\xe3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855');
