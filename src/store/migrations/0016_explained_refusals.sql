-- What a refused call is explained by: the documents of the policies that decided, each kept once, and ways to find
-- the event of a refusal. Allowed calls cost nothing here: they keep no documents and are in none of the indexes.

CREATE TABLE keyshift.audit_documents (
  account_id  text NOT NULL,
  digest      text NOT NULL,
  document    text NOT NULL,
  PRIMARY KEY (account_id, digest)
);

CREATE INDEX audit_events_refused ON keyshift.audit_events (account_id, sequence) WHERE outcome <> 'success';
CREATE INDEX audit_events_refused_request ON keyshift.audit_events (account_id, request_id)
  WHERE outcome <> 'success';
CREATE INDEX audit_events_refused_event ON keyshift.audit_events (account_id, event_id) WHERE outcome <> 'success';
