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
  version BIGINT NOT NULL,
  INDEX gh_key_application (application_id, id),
  INDEX gh_key_changed (version, application_id)
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin ROW_FORMAT = DYNAMIC;

-- One row, which every change of keys updates first: it counts changes and keeps them in turn.
CREATE TABLE IF NOT EXISTS gh_key_version(
  id INT NOT NULL PRIMARY KEY,
  version BIGINT NOT NULL
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin ROW_FORMAT = DYNAMIC;
INSERT INTO gh_key_version(id, version)
  SELECT 1, 0 FROM DUAL WHERE NOT EXISTS (SELECT 1 FROM gh_key_version WHERE id = 1);

-- Used nonces. id: the first 64 bits of SHA-256 over application and nonce.
CREATE TABLE IF NOT EXISTS gh_nonce(
  id BIGINT NOT NULL PRIMARY KEY,
  application_id BIGINT NOT NULL,
  expires_at BIGINT NOT NULL,
  INDEX gh_nonce_expiry (application_id, expires_at)
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin ROW_FORMAT = DYNAMIC;
