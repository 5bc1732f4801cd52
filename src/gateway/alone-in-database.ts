import type { WarmBackends } from './warm-backends.ts';

/** Lets statements that want to be alone with a database not wait for warm backends, which belong to nobody. */

type Rewrite = (sql: string) => Promise<string> | undefined;

/**
 * DROP, RENAME, SET TABLESPACE and TEMPLATE wait up to five seconds for other connections to end. One that this does
 * not recognize waits until the warm backends have grown old.
 */
const WANTS_DATABASE_ALONE = /^\s*(?:drop|alter|create)\s+database\b/i;

/** The same rewriting, after which the idle backends have ended if the statement needs that. */
export function aloneInDatabase(rewrite: Rewrite, warm: WarmBackends): Rewrite {
  return (sql) => {
    if (!WANTS_DATABASE_ALONE.test(sql)) return rewrite(sql);
    return warm.clear().then(() => rewrite(sql) ?? sql);
  };
}
