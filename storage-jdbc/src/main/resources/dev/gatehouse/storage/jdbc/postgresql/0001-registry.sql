-- Tables of registry. A ..._key is a name in lower case, which can be twice as long as the name.
-- Times are epoch milliseconds. Names are compared and ordered as bytes, whatever the database's collation.

-- One row. Who changes the registry locks it first, so that versions are committed in their order.
CREATE TABLE gh_registry(
  id INT PRIMARY KEY,
  version BIGINT NOT NULL
);
INSERT INTO gh_registry(id, version) VALUES (1, 0);

-- What each of the latest versions changed.
CREATE TABLE gh_registry_change(
  version BIGINT PRIMARY KEY,
  subject VARCHAR(20) NOT NULL,
  name_key VARCHAR(200) COLLATE "C" NOT NULL
);

CREATE TABLE gh_application(
  id BIGINT PRIMARY KEY,
  name_key VARCHAR(200) COLLATE "C" NOT NULL,
  name VARCHAR(100) NOT NULL,
  app_key VARCHAR(16) COLLATE "C" NOT NULL,
  callback VARCHAR(200),
  retry_policy VARCHAR(40) NOT NULL,
  status VARCHAR(20) NOT NULL,
  remark VARCHAR(255) NOT NULL,
  created_at BIGINT NOT NULL,
  CONSTRAINT gh_application_name UNIQUE (name_key),
  CONSTRAINT gh_application_app_key UNIQUE (app_key)
);

CREATE TABLE gh_server(
  name_key VARCHAR(60) COLLATE "C" PRIMARY KEY,
  name VARCHAR(30) NOT NULL,
  host VARCHAR(253) NOT NULL,
  port INT NOT NULL,
  protocol VARCHAR(10) NOT NULL,
  created_at BIGINT NOT NULL,
  updated_at BIGINT NOT NULL
);

-- Params and data hold the text of a JSON object, headers a line of name:value for each of them.
CREATE TABLE gh_service(
  server_key VARCHAR(60) COLLATE "C" NOT NULL,
  name_key VARCHAR(60) COLLATE "C" NOT NULL,
  server VARCHAR(30) NOT NULL,
  name VARCHAR(30) NOT NULL,
  uri VARCHAR(1000) NOT NULL,
  method VARCHAR(16) NOT NULL,
  params VARCHAR(32768) NOT NULL,
  data VARCHAR(32768) NOT NULL,
  headers VARCHAR(33024) NOT NULL,
  created_at BIGINT NOT NULL,
  updated_at BIGINT NOT NULL,
  CONSTRAINT gh_service_pk PRIMARY KEY (server_key, name_key),
  CONSTRAINT gh_service_server FOREIGN KEY (server_key) REFERENCES gh_server(name_key)
);
