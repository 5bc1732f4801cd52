-- What the nodes know together about credentials in use: how many sessions one has, and from which networks.

-- Sessions of credentials that are for so many at a time. A row is its node's to delete; those of a node that is gone
-- do not count, and go when their credential has expired.
CREATE TABLE keyshift.credential_sessions (
  session_id    uuid PRIMARY KEY,
  credential_id text NOT NULL,
  node          integer NOT NULL,
  expires_at    timestamptz NOT NULL
);
CREATE INDEX ON keyshift.credential_sessions (credential_id);

-- Takes a session in, if there is room. Nodes are present while they hold the lock of that class. One statement after
-- the other sees what was committed before it, so that of two that come at once one counts the other.
CREATE FUNCTION keyshift.enter_credential_session(
  session uuid, credential text, own_node integer, expires timestamptz, sessions_max integer, presence_class integer
) RETURNS boolean LANGUAGE plpgsql AS $$
DECLARE
  others integer;
BEGIN
  PERFORM pg_advisory_xact_lock(x'4b455955'::integer, hashtext(credential));
  SELECT count(*) INTO others FROM keyshift.credential_sessions s
  WHERE s.credential_id = credential AND (s.node = own_node OR s.node IN (
    SELECT l.objid::bigint FROM pg_locks l
    WHERE l.locktype = 'advisory' AND l.classid::bigint = presence_class AND l.objsubid = 2 AND l.granted
      AND l.database = (SELECT d.oid FROM pg_database d WHERE d.datname = current_database())));
  IF others >= sessions_max THEN
    RETURN false;
  END IF;
  INSERT INTO keyshift.credential_sessions (session_id, credential_id, node, expires_at)
  VALUES (session, credential, own_node, expires);
  RETURN true;
END $$;

-- The networks that each credential was used from, in the order in which they were seen.
CREATE TABLE keyshift.credential_networks (
  credential_id text NOT NULL,
  network       text NOT NULL,
  seen          bigint GENERATED ALWAYS AS IDENTITY,
  expires_at    timestamptz NOT NULL,
  PRIMARY KEY (credential_id, network)
);
CREATE INDEX ON keyshift.credential_networks (expires_at);

-- Notes uses, and tells for each network that is new, by its place in the lists, from where the credential was used
-- before. One node after the other, so that of two that come at once the later one sees the earlier.
CREATE FUNCTION keyshift.note_credential_networks(
  credentials text[], networks text[], expiries timestamptz[]
) RETURNS TABLE (place integer, earlier text[]) LANGUAGE plpgsql AS $$
BEGIN
  PERFORM pg_advisory_xact_lock(x'4b455956'::integer, 0);
  RETURN QUERY
  WITH noted AS (
    SELECT c, n, e, o::integer AS o FROM unnest(credentials, networks, expiries) WITH ORDINALITY AS u(c, n, e, o)
  ), added AS (
    INSERT INTO keyshift.credential_networks (credential_id, network, expires_at)
    SELECT c, n, e FROM noted ORDER BY o
    ON CONFLICT DO NOTHING RETURNING credential_id, network, seen
  )
  SELECT noted.o, ARRAY(
    SELECT network FROM (
      SELECT k.network, k.seen FROM keyshift.credential_networks k WHERE k.credential_id = noted.c
      UNION ALL
      SELECT a.network, a.seen FROM added a WHERE a.credential_id = noted.c
    ) known(network, seen) WHERE known.seen < added.seen ORDER BY known.seen
  )
  FROM noted JOIN added ON added.credential_id = noted.c AND added.network = noted.n;
END $$;
