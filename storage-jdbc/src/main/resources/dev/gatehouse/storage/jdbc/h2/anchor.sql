-- An anchor of an audit log's tree, in another database than the log: heads as signed notes. Who
-- publishes needs the rights to insert and select, who verifies the right to select.
CREATE TABLE IF NOT EXISTS gh_audit_anchor(
  tree_size BIGINT NOT NULL,
  note_hash VARCHAR(64) NOT NULL,
  note VARCHAR(4000) NOT NULL,
  PRIMARY KEY (tree_size, note_hash)
);
