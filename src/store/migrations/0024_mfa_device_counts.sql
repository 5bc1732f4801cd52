-- How many virtual MFA devices an account has is counted as users are: an account may have as many of them.

INSERT INTO keyshift.iam_counts
SELECT account_id, 'iam_mfa_devices', count(*) FROM keyshift.iam_mfa_devices GROUP BY account_id;

CREATE TRIGGER count_inserted AFTER INSERT ON keyshift.iam_mfa_devices REFERENCING NEW TABLE AS changed_rows
  FOR EACH STATEMENT EXECUTE FUNCTION keyshift.count_rows();
CREATE TRIGGER count_deleted AFTER DELETE ON keyshift.iam_mfa_devices REFERENCING OLD TABLE AS changed_rows
  FOR EACH STATEMENT EXECUTE FUNCTION keyshift.count_rows();
