-- Deletions of service-linked roles, which AWS does in the background and clients ask after by the id of the task.
CREATE TABLE keyshift.iam_role_deletions (
  account_id  text NOT NULL REFERENCES keyshift.accounts,
  task_id     text NOT NULL,
  deleted_at  timestamptz NOT NULL,
  PRIMARY KEY (account_id, task_id)
);
