-- The scripts that were run, a row each, and the row 0, which is locked by who runs them.
CREATE TABLE IF NOT EXISTS gh_schema(
  version INT PRIMARY KEY,
  script VARCHAR(80) NOT NULL
);

INSERT INTO gh_schema(version, script)
  SELECT 0, 'lock' WHERE NOT EXISTS (SELECT 1 FROM gh_schema WHERE version = 0);
