-- Keys of applications. Material is opaque here: clear or encrypted, as the key ring made it. The
-- version is that of gh_key_version at the last change of the row.
CREATE TABLE gh_key(
  id BIGINT NOT NULL PRIMARY KEY,
  application_id BIGINT NOT NULL,
  algorithm VARCHAR(32) COLLATE "C" NOT NULL,
  purpose VARCHAR(32) COLLATE "C" NOT NULL,
  state VARCHAR(16) COLLATE "C" NOT NULL,
  not_before BIGINT NOT NULL,
  not_after BIGINT NOT NULL,
  material BYTEA NOT NULL CHECK (octet_length(material) <= 4096),
  version BIGINT NOT NULL
);
CREATE INDEX gh_key_application ON gh_key(application_id, id);
CREATE INDEX gh_key_changed ON gh_key(version, application_id);

-- One row, which every change of keys updates first: it counts changes and keeps them in turn.
CREATE TABLE gh_key_version(
  id INT NOT NULL PRIMARY KEY,
  version BIGINT NOT NULL
);
INSERT INTO gh_key_version(id, version) VALUES (1, 0);

-- Used nonces. id: the first 64 bits of SHA-256 over application and nonce.
CREATE TABLE gh_nonce(
  id BIGINT NOT NULL PRIMARY KEY,
  application_id BIGINT NOT NULL,
  expires_at BIGINT NOT NULL
);
CREATE INDEX gh_nonce_expiry ON gh_nonce(application_id, expires_at);
