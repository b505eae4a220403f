/** The migrations that a database of version 1.0.0 has seen. */
export const releasedMigrations = [
  '0001_baseline',
  '0002_approval_hardening',
  '0003_operator_run_token_usage',
] as const

export const roles = {
  api: 'caracalapi',
  coordinator: 'caracalcoordinator',
  sts: 'caracalsts',
  gateway: 'caracalgateway',
  audit: 'caracalaudit',
  web: 'caracalauth',
} as const

/** The login that a monitor gets; it can read three tables and see the sessions of others. */
export const monitorRole = 'caracal_gate'

/** The tables, columns and indexes that the platform's own work and a gate exporter meet. */
export const tables = `
CREATE TABLE schema_migrations (
  version text PRIMARY KEY,
  applied_at timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE admin_tokens (
  id text PRIMARY KEY,
  name text NOT NULL,
  token_sha256 text NOT NULL UNIQUE,
  token_hash text
);

CREATE TABLE event_outbox (
  id text PRIMARY KEY,
  stream_name text NOT NULL,
  payload_json jsonb NOT NULL,
  attempts integer NOT NULL DEFAULT 0,
  available_at timestamptz NOT NULL DEFAULT now(),
  locked_until timestamptz,
  locked_by text,
  last_error text,
  dispatched_at timestamptz,
  request_id text,
  created_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX event_outbox_dispatch_ready ON event_outbox (available_at) WHERE dispatched_at IS NULL;
CREATE INDEX event_outbox_undispatched_age ON event_outbox (created_at) WHERE dispatched_at IS NULL;

CREATE TABLE caracal_outbox (
  id text PRIMARY KEY,
  producer text NOT NULL CHECK (producer IN ('api', 'coordinator')),
  topic text NOT NULL,
  dedupe_key text NOT NULL,
  payload_json jsonb NOT NULL,
  status text NOT NULL DEFAULT 'pending' CHECK (status IN ('pending', 'published', 'dead')),
  attempts integer NOT NULL DEFAULT 0,
  available_at timestamptz NOT NULL DEFAULT now(),
  published_at timestamptz,
  created_at timestamptz NOT NULL DEFAULT now(),
  updated_at timestamptz NOT NULL DEFAULT now(),
  UNIQUE (producer, topic, dedupe_key)
);
CREATE INDEX caracal_outbox_status_available_at_idx ON caracal_outbox (status, available_at);
CREATE INDEX caracal_outbox_topic_status_idx ON caracal_outbox (topic, status);

CREATE TABLE audit_events (
  id text PRIMARY KEY,
  zone_id text NOT NULL,
  event_type text NOT NULL,
  request_id text NOT NULL DEFAULT '',
  data text NOT NULL,
  content_hash text NOT NULL,
  occurred_at timestamptz NOT NULL,
  ingested_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX audit_events_ingested ON audit_events (ingested_at);
CREATE INDEX audit_events_request ON audit_events (zone_id, request_id);
ALTER TABLE audit_events ENABLE ROW LEVEL SECURITY;
CREATE POLICY zone_only ON audit_events
  USING (current_setting('caracal.zone_id', true) IN ('*', zone_id))
  WITH CHECK (current_setting('caracal.zone_id', true) IN ('*', zone_id));

CREATE TABLE audit_ingest_alerts (
  event_id text NOT NULL,
  zone_id text NOT NULL,
  kind text NOT NULL,
  detail text,
  observed_at timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE authority_records (
  id text PRIMARY KEY,
  zone_id text NOT NULL,
  status text NOT NULL,
  expires_at timestamptz NOT NULL
);
CREATE TABLE sessions (
  id text PRIMARY KEY,
  zone_id text NOT NULL,
  application_id text NOT NULL,
  subject_authority_record_id text NOT NULL,
  ttl_seconds integer NOT NULL,
  status text NOT NULL,
  updated_at timestamptz NOT NULL DEFAULT now()
);
CREATE TABLE delegation_edges (
  id text PRIMARY KEY,
  zone_id text NOT NULL,
  source_session_id text NOT NULL,
  target_session_id text NOT NULL,
  scopes text[] NOT NULL,
  resources text[] NOT NULL,
  status text NOT NULL,
  expires_at timestamptz NOT NULL,
  revoked_at timestamptz
);
CREATE TABLE agent_invocations (
  id text PRIMARY KEY,
  status text NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now()
);
CREATE TABLE coordinator_idempotency_receipts (
  id text PRIMARY KEY,
  created_at timestamptz NOT NULL DEFAULT now(),
  expires_at timestamptz NOT NULL
);
`

/** The Coordinator has no DELETE on its outbox and on the edges, as in the released schema. */
export const grants = `
GRANT SELECT, INSERT, UPDATE ON admin_tokens TO caracalapi;
GRANT SELECT, INSERT, UPDATE, DELETE ON event_outbox TO caracalapi;
GRANT SELECT, INSERT, UPDATE ON caracal_outbox TO caracalapi, caracalcoordinator;
GRANT INSERT ON event_outbox TO caracalsts;
GRANT SELECT, INSERT, UPDATE ON audit_events TO caracalaudit;
GRANT SELECT, INSERT ON audit_ingest_alerts TO caracalaudit;
GRANT SELECT, INSERT, UPDATE ON authority_records TO caracalapi, caracalsts;
GRANT SELECT, INSERT, UPDATE, DELETE ON sessions TO caracalcoordinator;
GRANT SELECT, INSERT, UPDATE ON delegation_edges TO caracalcoordinator;
GRANT SELECT ON authority_records TO caracalcoordinator;
GRANT SELECT ON sessions, delegation_edges TO caracalsts;
GRANT SELECT ON audit_events TO caracalapi;
GRANT SELECT ON authority_records, sessions, delegation_edges TO caracalgateway;
GRANT SELECT, INSERT, UPDATE ON agent_invocations, coordinator_idempotency_receipts TO caracalcoordinator;
GRANT SELECT ON event_outbox, caracal_outbox, schema_migrations TO ${monitorRole};
GRANT pg_monitor TO ${monitorRole};
`
