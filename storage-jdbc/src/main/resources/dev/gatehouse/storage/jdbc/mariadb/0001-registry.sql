-- Tables of registry. A ..._key is a name in lower case, which can be twice as long as the name.
-- Times are epoch milliseconds. Names are compared and ordered as bytes, spaces at their end included,
-- whatever the database's character set and collation. MariaDB commits with each table, and whoever
-- was interrupted runs the script again: so what is there stays.

-- One row. Who changes the registry locks it first, so that versions are committed in their order.
CREATE TABLE IF NOT EXISTS gh_registry(
  id INT PRIMARY KEY,
  version BIGINT NOT NULL
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin ROW_FORMAT = DYNAMIC;
INSERT INTO gh_registry(id, version)
  SELECT 1, 0 FROM DUAL WHERE NOT EXISTS (SELECT 1 FROM gh_registry WHERE id = 1);

-- What each of the latest versions changed.
CREATE TABLE IF NOT EXISTS gh_registry_change(
  version BIGINT PRIMARY KEY,
  subject VARCHAR(20) NOT NULL,
  name_key VARCHAR(200) NOT NULL
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin ROW_FORMAT = DYNAMIC;

CREATE TABLE IF NOT EXISTS gh_application(
  id BIGINT PRIMARY KEY,
  name_key VARCHAR(200) NOT NULL,
  name VARCHAR(100) NOT NULL,
  app_key VARCHAR(16) NOT NULL,
  callback VARCHAR(200),
  retry_policy VARCHAR(40) NOT NULL,
  status VARCHAR(20) NOT NULL,
  remark VARCHAR(255) NOT NULL,
  created_at BIGINT NOT NULL,
  CONSTRAINT gh_application_name UNIQUE (name_key),
  CONSTRAINT gh_application_app_key UNIQUE (app_key)
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin ROW_FORMAT = DYNAMIC;

-- Metadata hold a line of key:value for each entry. The owner is an application, or 0 for the host.
CREATE TABLE IF NOT EXISTS gh_server(
  name_key VARCHAR(60) PRIMARY KEY,
  name VARCHAR(30) NOT NULL,
  host VARCHAR(253) NOT NULL,
  port INT NOT NULL,
  protocol VARCHAR(10) NOT NULL,
  weight INT NOT NULL,
  metadata VARCHAR(4200) NOT NULL,
  owner_id BIGINT NOT NULL,
  created_at BIGINT NOT NULL,
  updated_at BIGINT NOT NULL
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin ROW_FORMAT = DYNAMIC;

-- A further address of a server. Its address_key is host and port as in a URI, in lower case. Its lease
-- ends at expires_at by the database's clock; one without a lease has a length of 0 and no end.
CREATE TABLE IF NOT EXISTS gh_instance(
  server_key VARCHAR(60) NOT NULL,
  address_key VARCHAR(262) NOT NULL,
  server VARCHAR(30) NOT NULL,
  host VARCHAR(253) NOT NULL,
  port INT NOT NULL,
  protocol VARCHAR(10) NOT NULL,
  weight INT NOT NULL,
  metadata VARCHAR(4200) NOT NULL,
  lease_millis BIGINT NOT NULL,
  epoch BIGINT NOT NULL,
  expires_at BIGINT,
  created_at BIGINT NOT NULL,
  updated_at BIGINT NOT NULL,
  CONSTRAINT gh_instance_pk PRIMARY KEY (server_key, address_key),
  CONSTRAINT gh_instance_server FOREIGN KEY (server_key) REFERENCES gh_server(name_key),
  INDEX gh_instance_expiry (expires_at)
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin ROW_FORMAT = DYNAMIC;

-- Params and data hold the text of a JSON object, headers a line of name:value for each of them.
CREATE TABLE IF NOT EXISTS gh_service(
  server_key VARCHAR(60) NOT NULL,
  name_key VARCHAR(60) NOT NULL,
  server VARCHAR(30) NOT NULL,
  name VARCHAR(30) NOT NULL,
  uri VARCHAR(1000) NOT NULL,
  origin VARCHAR(275) NOT NULL,
  method VARCHAR(16) NOT NULL,
  protocol VARCHAR(10),
  params MEDIUMTEXT NOT NULL CHECK (CHAR_LENGTH(params) <= 32768),
  data MEDIUMTEXT NOT NULL CHECK (CHAR_LENGTH(data) <= 32768),
  headers MEDIUMTEXT NOT NULL CHECK (CHAR_LENGTH(headers) <= 33024),
  created_at BIGINT NOT NULL,
  updated_at BIGINT NOT NULL,
  CONSTRAINT gh_service_pk PRIMARY KEY (server_key, name_key),
  CONSTRAINT gh_service_server FOREIGN KEY (server_key) REFERENCES gh_server(name_key)
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin ROW_FORMAT = DYNAMIC;
