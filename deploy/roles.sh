#!/bin/sh
# Makes the three roles and the database when the postgres container starts for the first time.
set -eu
psql -v ON_ERROR_STOP=1 --username "$POSTGRES_USER" \
  -v owner="$OWNER_PASSWORD" -v web="$WEB_PASSWORD" -v worker="$WORKER_PASSWORD" <<'SQL'
CREATE ROLE seneschal_owner LOGIN PASSWORD :'owner';
CREATE ROLE seneschal_web LOGIN PASSWORD :'web';
CREATE ROLE seneschal_worker LOGIN PASSWORD :'worker';
CREATE DATABASE seneschal OWNER seneschal_owner;
REVOKE ALL ON DATABASE seneschal FROM PUBLIC;
GRANT CONNECT ON DATABASE seneschal TO seneschal_web, seneschal_worker;
SQL
