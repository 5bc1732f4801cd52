-- The audit log: one row for each API call and each login, written before the answer leaves.

CREATE TABLE keyshift.audit_events (
  account_id     text NOT NULL,
  sequence       bigint GENERATED ALWAYS AS IDENTITY,
  event_id       uuid NOT NULL,
  at             timestamptz NOT NULL,
  kind           text NOT NULL,
  name           text NOT NULL,
  outcome        text NOT NULL,
  code           text,
  principal_arn  text,
  source_ip      text,
  request_id     text,
  details        json NOT NULL,
  PRIMARY KEY (account_id, sequence)
);
