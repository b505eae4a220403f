-- A role for the exporter, for psql 15 or newer, as the owner of the platform's tables:
--   gate_password=... psql --dbname caracal --single-transaction --set ON_ERROR_STOP=1 --set gate_role=caracal_gate \
--     --file grants.sql
-- It reads three tables and the states of sessions, and can't write. It may be run again and again; the password is
-- that of the last run.
SET client_min_messages = warning;
\getenv gate_password gate_password

SELECT format('CREATE ROLE %I LOGIN CONNECTION LIMIT 6', :'gate_role')
WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = :'gate_role')
\gexec

ALTER ROLE :"gate_role" PASSWORD :'gate_password';
GRANT SELECT ON event_outbox, caracal_outbox, schema_migrations TO :"gate_role";
GRANT pg_read_all_stats TO :"gate_role";
