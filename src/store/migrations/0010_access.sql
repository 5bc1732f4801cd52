-- Access that ends: what is revoked, and how nodes that share the store ask each other.

-- An entry is good until every credential that it can be about has expired, and is then deleted.
CREATE TABLE keyshift.revocations (
  account_id     text NOT NULL REFERENCES keyshift.accounts,
  revocation_id  uuid NOT NULL,
  sequence       bigint GENERATED ALWAYS AS IDENTITY,
  kind           text NOT NULL CHECK (kind IN ('credential', 'principal', 'role', 'db-user', 'all')),
  subject        text NOT NULL,
  -- Null for every cluster of the account.
  cluster        text,
  issued_before  timestamptz NOT NULL,
  ends_at        timestamptz NOT NULL,
  reason         text NOT NULL,
  revoked_by     text NOT NULL,
  revoked_at     timestamptz NOT NULL,
  PRIMARY KEY (account_id, revocation_id)
);

-- Questions live for seconds; a crash may lose them.
CREATE UNLOGGED TABLE keyshift.node_questions (
  question_id  uuid PRIMARY KEY,
  question     json NOT NULL,
  asked_at     timestamptz NOT NULL DEFAULT now()
);

CREATE UNLOGGED TABLE keyshift.node_answers (
  question_id  uuid NOT NULL REFERENCES keyshift.node_questions ON DELETE CASCADE,
  node         integer NOT NULL,
  answer       json NOT NULL,
  PRIMARY KEY (question_id, node)
);

-- To find who obtained a credential, by the time at which it was issued. It costs an insert next to nothing.
CREATE INDEX audit_events_at ON keyshift.audit_events USING brin (at) WITH (pages_per_range = 16, autosummarize = on);
