// Logs in once with each login that it is given and asks one question, some at a time; prints the seconds. A process of
// its own, so that its CPU is nobody else's. Standard input: JSON with `logins` (environments of libpq) and `clients`.
import { readFileSync } from 'node:fs';
import pg from 'pg';

const { logins, clients } = JSON.parse(readFileSync(0, 'utf8'));
const started = performance.now();
await Promise.all(Array.from({ length: clients }, work));
console.log((performance.now() - started) / 1000);

async function work() {
  for (let env = logins.pop(); env !== undefined; env = logins.pop()) {
    const client = new pg.Client({
      ...{ host: env.PGHOST, port: Number(env.PGPORT), user: env.PGUSER, password: env.PGPASSWORD },
      ...{ database: env.PGDATABASE, ssl: env.PGSSLMODE !== 'disable' && { rejectUnauthorized: false } },
    });
    await client.connect();
    await client.query('SELECT 1');
    await client.end();
  }
}
