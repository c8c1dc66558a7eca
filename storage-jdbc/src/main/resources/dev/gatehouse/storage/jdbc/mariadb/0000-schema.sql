-- The scripts that were run, a row each, and the row 0, which is locked by who runs them.
CREATE TABLE IF NOT EXISTS gh_schema(
  version INT PRIMARY KEY,
  script VARCHAR(80) NOT NULL
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin ROW_FORMAT = DYNAMIC;

INSERT INTO gh_schema(version, script)
  SELECT 0, 'lock' FROM DUAL WHERE NOT EXISTS (SELECT 1 FROM gh_schema WHERE version = 0);
