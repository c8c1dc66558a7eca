-- Keys of applications. Material is opaque here: clear or encrypted, as the key ring made it. The
-- version is that of gh_key_version at the last change of the row.
CREATE TABLE IF NOT EXISTS gh_key(
  id BIGINT NOT NULL PRIMARY KEY,
  application_id BIGINT NOT NULL,
  algorithm VARCHAR(32) NOT NULL,
  purpose VARCHAR(32) NOT NULL,
  state VARCHAR(16) NOT NULL,
  not_before BIGINT NOT NULL,
  not_after BIGINT NOT NULL,
  material VARBINARY(4096) NOT NULL,
  version BIGINT NOT NULL
);
CREATE INDEX IF NOT EXISTS gh_key_application ON gh_key(application_id, id);
CREATE INDEX IF NOT EXISTS gh_key_changed ON gh_key(version, application_id);

-- One row, which every change of keys updates first: it counts changes and keeps them in turn.
CREATE TABLE IF NOT EXISTS gh_key_version(
  id INT NOT NULL PRIMARY KEY,
  version BIGINT NOT NULL
);
INSERT INTO gh_key_version(id, version)
  SELECT 1, 0 WHERE NOT EXISTS (SELECT 1 FROM gh_key_version WHERE id = 1);

-- Used nonces. id: the first 64 bits of SHA-256 over application and nonce. H2 keeps the rows by it.
CREATE TABLE IF NOT EXISTS gh_nonce(
  id BIGINT PRIMARY KEY,
  application_id BIGINT NOT NULL,
  expires_at BIGINT NOT NULL
);
CREATE INDEX IF NOT EXISTS gh_nonce_expiry ON gh_nonce(application_id, expires_at);
