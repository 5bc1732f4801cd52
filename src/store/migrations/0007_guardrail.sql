-- The guardrail of an account: a policy that limits everybody in it. `id` names one document for ever.
CREATE TABLE keyshift.iam_guardrails (
  account_id  text PRIMARY KEY REFERENCES keyshift.accounts,
  id          text NOT NULL,
  document    text NOT NULL,
  changed_at  timestamptz NOT NULL
);
