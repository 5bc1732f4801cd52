import { expect, test } from 'vitest';
import type { Client } from 'pg';
import { Keyshift } from './support/keyshift.ts';
import { issue, logIn, newClient, refusalOf } from './support/logins.ts';
test('try', async () => {
  const keyshift = await Keyshift.start();
  const login = await issue(keyshift, { dbGroups: ['example_group'] });
  const c = await logIn(keyshift, login);
  const open: Client[] = [];
  const start = Date.now();
  const results = await Promise.all(Array.from({ length: 230 }, async () => {
    const client = newClient(keyshift, login);
    open.push(client);
    return client.connect().then(() => 'in', (e) => `${e.code} ${e.message} ${e.detail}`);
  }));
  const counts: Record<string, number> = {};
  for (const r of results) counts[r] = (counts[r] ?? 0) + 1;
  console.log(counts, Date.now() - start);
  console.log(await refusalOf(logIn(keyshift, login)).catch(String));
  console.log(await issue(keyshift).then(() => 'issued'));
  for (const o of open) o.end().catch(() => {});
  await new Promise((r) => setTimeout(r, 500));
  console.log(await logIn(keyshift, login).then((x) => x.end()).then(() => 'again'));
  console.log(keyshift.output.slice(-3000));
  await keyshift.close();
});
