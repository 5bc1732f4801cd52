-- How many users, groups, roles and policies an account has, kept by the database itself, so that asking costs the
-- same in an account of any size. Changes of one account's identities are made one after the other.

CREATE TABLE keyshift.iam_counts (
  account_id  text NOT NULL,
  thing       text NOT NULL,
  count       bigint NOT NULL,
  PRIMARY KEY (account_id, thing)
);

CREATE FUNCTION keyshift.count_rows() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO keyshift.iam_counts AS c (account_id, thing, count)
  SELECT account_id, TG_TABLE_NAME, count(*) * CASE TG_OP WHEN 'DELETE' THEN -1 ELSE 1 END
  FROM changed_rows GROUP BY account_id
  ON CONFLICT (account_id, thing) DO UPDATE SET count = c.count + excluded.count;
  RETURN NULL;
END $$;

DO $$
DECLARE
  thing text;
BEGIN
  FOREACH thing IN ARRAY ARRAY['iam_users', 'iam_groups', 'iam_roles', 'iam_policies'] LOOP
    EXECUTE format('INSERT INTO keyshift.iam_counts SELECT account_id, %L, count(*) FROM keyshift.%I GROUP BY 1', thing, thing);
    EXECUTE format('CREATE TRIGGER count_inserted AFTER INSERT ON keyshift.%I REFERENCING NEW TABLE AS changed_rows
      FOR EACH STATEMENT EXECUTE FUNCTION keyshift.count_rows()', thing);
    EXECUTE format('CREATE TRIGGER count_deleted AFTER DELETE ON keyshift.%I REFERENCING OLD TABLE AS changed_rows
      FOR EACH STATEMENT EXECUTE FUNCTION keyshift.count_rows()', thing);
  END LOOP;
END $$;
