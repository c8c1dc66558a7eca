-- Tables of permission. Each statement may run again: DDL that failed half way is not undone.

-- Rows of roles, memberships and grants stay after their removal, until they are forgotten: each is
-- part of the versions from added_in up to, without, removed_in, which is the greatest BIGINT while
-- it is there.

-- One row; whoever changes permissions locks it first, so that versions are committed in order.
-- oldest: versions before that one are forgotten.
CREATE TABLE IF NOT EXISTS gh_permission_version (
  id         INT    NOT NULL PRIMARY KEY,
  number     BIGINT NOT NULL,
  change_id  BIGINT NOT NULL,
  changed_ms BIGINT NOT NULL,
  oldest     BIGINT NOT NULL
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin ROW_FORMAT = DYNAMIC;
INSERT INTO gh_permission_version (id, number, change_id, changed_ms, oldest)
  SELECT 1, 0, 0, 0, 0 FROM DUAL WHERE NOT EXISTS (SELECT 1 FROM gh_permission_version WHERE id = 1);

CREATE TABLE IF NOT EXISTS gh_permission_change (
  number     BIGINT      NOT NULL PRIMARY KEY,
  change_id  BIGINT      NOT NULL,
  operation  VARCHAR(20) NOT NULL,
  row_id     BIGINT      NOT NULL,
  changed_ms BIGINT      NOT NULL
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin ROW_FORMAT = DYNAMIC;

CREATE TABLE IF NOT EXISTS gh_role (
  id         BIGINT    NOT NULL PRIMARY KEY,
  name       VARCHAR(200) NOT NULL,
  added_in   BIGINT    NOT NULL,
  removed_in BIGINT    NOT NULL,
  CONSTRAINT gh_role_name UNIQUE (name, removed_in),
  INDEX gh_role_added (added_in),
  INDEX gh_role_removed (removed_in)
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin ROW_FORMAT = DYNAMIC;

CREATE TABLE IF NOT EXISTS gh_role_member (
  id          BIGINT       NOT NULL PRIMARY KEY,
  member_type VARCHAR(32)  NOT NULL,
  member_name VARCHAR(200) NOT NULL,
  role_name   VARCHAR(200) NOT NULL,
  added_in    BIGINT       NOT NULL,
  removed_in  BIGINT       NOT NULL,
  CONSTRAINT gh_role_member_place UNIQUE (member_type, member_name, role_name, removed_in),
  INDEX gh_role_member_added (added_in),
  INDEX gh_role_member_removed (removed_in),
  INDEX gh_role_member_role (role_name)
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin ROW_FORMAT = DYNAMIC;

-- terms_hash: SHA-256 of all terms but the limits (expires_ms, condition_json, uses); together they
-- are too long for a unique index.
CREATE TABLE IF NOT EXISTS gh_grant (
  id            BIGINT       NOT NULL PRIMARY KEY,
  terms_hash    VARCHAR(64)  NOT NULL,
  holder_type   VARCHAR(32)  NOT NULL,
  holder_name   VARCHAR(200) NOT NULL,
  effect        VARCHAR(5)   NOT NULL,
  action_name   VARCHAR(100) NOT NULL,
  resource_type VARCHAR(32)  NOT NULL,
  resource_path VARCHAR(512) NOT NULL,
  expires_ms    BIGINT,
  condition_json VARCHAR(4096),
  uses          BIGINT,
  added_in      BIGINT       NOT NULL,
  removed_in    BIGINT       NOT NULL,
  CONSTRAINT gh_grant_terms UNIQUE (terms_hash, removed_in),
  INDEX gh_grant_added (added_in),
  INDEX gh_grant_removed (removed_in),
  INDEX gh_grant_holder (holder_type, holder_name)
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin ROW_FORMAT = DYNAMIC;

-- Of grants that count their uses, how many are left, and the version since which none is.
CREATE TABLE IF NOT EXISTS gh_grant_use (
  grant_id   BIGINT NOT NULL PRIMARY KEY,
  uses_left  BIGINT NOT NULL,
  used_up_in BIGINT NOT NULL
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin ROW_FORMAT = DYNAMIC;
