-- canonical with its openings is the record; every column before them is a copy derived from them,
-- to search by. Rows are only ever added, but for fields that are erased: what becomes of a record
-- is in tables of its own, so that neither the rows nor their indexes are written twice.
CREATE TABLE IF NOT EXISTS gh_event(
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
  canonical MEDIUMBLOB NOT NULL CHECK (OCTET_LENGTH(canonical) <= 150000),
  openings MEDIUMBLOB NOT NULL CHECK (OCTET_LENGTH(openings) <= 150000),
  leaf_hash VARBINARY(32) NOT NULL CHECK (OCTET_LENGTH(leaf_hash) = 32),
  row_mac VARBINARY(32) CHECK (OCTET_LENGTH(row_mac) = 32),
  INDEX gh_event_time (time_us, id),
  INDEX gh_event_user (user_name, time_us, id),
  INDEX gh_event_request (request_id, time_us, id),
  INDEX gh_event_service (service, time_us, id),
  INDEX gh_event_operation (operation_type, time_us, id),
  INDEX gh_event_result (result_type, time_us, id),
  INDEX gh_event_node (source_node, time_us, id),
  INDEX gh_event_namespace (namespace, time_us, id),
  INDEX gh_event_severity (severity, time_us, id)
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin ROW_FORMAT = DYNAMIC;

CREATE TABLE IF NOT EXISTS gh_event_cursor_key(
  id INT PRIMARY KEY,
  content VARBINARY(32) NOT NULL CHECK (OCTET_LENGTH(content) = 32)
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin ROW_FORMAT = DYNAMIC;

-- Records that are not in the tree yet; refused = 1 marks those that are never to be.
CREATE TABLE IF NOT EXISTS gh_event_pending(
  refused SMALLINT NOT NULL,
  id BIGINT NOT NULL,
  PRIMARY KEY (refused, id)
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin ROW_FORMAT = DYNAMIC;

CREATE TABLE IF NOT EXISTS gh_event_leaf(
  leaf_index BIGINT PRIMARY KEY,
  id BIGINT NOT NULL,
  leaf_hash VARBINARY(32) NOT NULL CHECK (OCTET_LENGTH(leaf_hash) = 32),
  CONSTRAINT gh_event_leaf_id UNIQUE (id)
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin ROW_FORMAT = DYNAMIC;

CREATE TABLE IF NOT EXISTS gh_event_tile(
  tile_level INT NOT NULL,
  tile_index BIGINT NOT NULL,
  hashes VARBINARY(8192) NOT NULL CHECK (OCTET_LENGTH(hashes) = 8192),
  root VARBINARY(32) NOT NULL CHECK (OCTET_LENGTH(root) = 32),
  PRIMARY KEY (tile_level, tile_index)
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin ROW_FORMAT = DYNAMIC;

CREATE TABLE IF NOT EXISTS gh_event_head(
  tree_size BIGINT PRIMARY KEY,
  root VARBINARY(32) NOT NULL CHECK (OCTET_LENGTH(root) = 32),
  note VARCHAR(4000) NOT NULL
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin ROW_FORMAT = DYNAMIC;

-- Leaves whose records were removed because their time was over, and the record that tells of it.
CREATE TABLE IF NOT EXISTS gh_event_removed(
  to_index BIGINT PRIMARY KEY,
  from_index BIGINT NOT NULL,
  evidence BIGINT NOT NULL
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin ROW_FORMAT = DYNAMIC;

-- The one row says who may let the tree grow, and how large it is; at first, the root of no leaves.
CREATE TABLE IF NOT EXISTS gh_event_tree(
  id INT PRIMARY KEY,
  owner VARCHAR(36) NOT NULL,
  fence BIGINT NOT NULL,
  expires_ms BIGINT NOT NULL,
  tree_size BIGINT NOT NULL,
  root VARBINARY(32) NOT NULL CHECK (OCTET_LENGTH(root) = 32)
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin ROW_FORMAT = DYNAMIC;

INSERT INTO gh_event_tree(id, owner, fence, expires_ms, tree_size, root)
SELECT 1, '', 0, 0, 0, X'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855'
FROM DUAL WHERE NOT EXISTS (SELECT 1 FROM gh_event_tree WHERE id = 1);
