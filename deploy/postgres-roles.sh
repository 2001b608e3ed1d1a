#!/bin/sh
# Run once by the image of PostgreSQL, when its volume is new: makes the role that the service uses, which owns its
# database and is no superuser. The superuser `postgres` then has no password, so that it comes in through the
# container's own socket alone (`docker compose exec postgres psql -U postgres`). docs/operations.md says what to do
# with a volume made before this script.
set -eu

psql -v ON_ERROR_STOP=1 --no-psqlrc --username "$POSTGRES_USER" --dbname "$POSTGRES_DB" <<'SQL'
\getenv password POSTGRES_PASSWORD
create role marketflow login password :'password' nosuperuser nocreatedb nocreaterole noreplication;
alter database :"DBNAME" owner to marketflow;
alter role :"USER" password null;
SQL
