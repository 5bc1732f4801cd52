-- What the gateway asks of a backend that it has reset, in the session's own name, before another session gets it. Run
-- by the administrator in every database, in one transaction with prepare-database.sql, any number of times. Only for
-- embedded servers: it names functions of PostgreSQL 18.
--
-- DISCARD ALL leaves some things behind. The seed of random() is set anew, and the counts of the process are zeroed.
-- What cannot be undone is told, so that it can be compared with a backend that nobody has used:
--   config    when the configuration was read: a process that read it again has it from another moment;
--   settings  bytes that settings take: one with a dot in its name (SET a.b) stays, empty but defined;
--   modules   libraries that were loaded, which may keep state that no SQL can reach. plpgsql is, by this function;
--   temporary the schema of temporary objects, which stays once it was used;
--   roles     the role as which the session begins.
--
-- One query, because DISCARD ALL lets every query of a function be planned anew.
CREATE OR REPLACE FUNCTION keyshift.prove_reset(nonce text)
RETURNS text
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $body$
BEGIN
  RETURN (
    SELECT json_build_object(
      'nonce', nonce,
      'at', extract(epoch FROM clock_timestamp())::float8,
      'bytes', sum(total_bytes),
      'state', json_build_object(
        'config', pg_conf_load_time(),
        'settings', sum(used_bytes) FILTER (WHERE name = 'GUCMemoryContext'),
        'modules', (SELECT json_agg(file_name ORDER BY file_name) FROM pg_get_loaded_modules()),
        'temporary', pg_my_temp_schema(),
        'roles', json_build_array(session_user, current_setting('role'))
      )::text,
      'done', json_build_array(
        setseed(('x' || substr(replace(gen_random_uuid()::text, '-', ''), 1, 12))::bit(48)::bigint / 2.0 ^ 47 - 1),
        pg_stat_reset_backend_stats(pg_backend_pid())
      )
    )::text
    FROM pg_get_backend_memory_contexts()
  );
END
$body$;

GRANT EXECUTE ON FUNCTION keyshift.prove_reset(text) TO PUBLIC;
