-- canonical is the record; every column before it is a copy derived from it, to search by.
CREATE TABLE gh_audit(
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
  leaf_hash BYTEA NOT NULL CHECK (octet_length(leaf_hash) = 32),
  leaf_index BIGINT
);

CREATE INDEX gh_audit_time ON gh_audit(time_us, id);

CREATE INDEX gh_audit_user ON gh_audit(user_name, time_us, id);

CREATE INDEX gh_audit_request ON gh_audit(request_id, time_us, id);

CREATE INDEX gh_audit_pending ON gh_audit(id) WHERE leaf_index IS NULL;

CREATE TABLE gh_audit_cursor_key(
  id INT PRIMARY KEY,
  content BYTEA NOT NULL CHECK (octet_length(content) = 32)
);
