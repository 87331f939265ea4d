#!/bin/sh
# Run once by the Postgres image, on an empty volume: the service's own role, which is no superuser, and its database.
set -eu
psql -v ON_ERROR_STOP=1 -v password="$DATABASE_PASSWORD" --username "${POSTGRES_USER:-postgres}" --dbname postgres <<'SQL'
CREATE ROLE factcheck LOGIN PASSWORD :'password';
CREATE DATABASE factcheck OWNER factcheck;
\connect factcheck
CREATE EXTENSION IF NOT EXISTS vector;
SQL
