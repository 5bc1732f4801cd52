import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { ask, makeUser, must } from './support/api.ts';
import { Keyshift } from './support/keyshift.ts';
import { run } from './support/run.ts';

/** The guardrail of the account over HTTP, and the command for it. */

const CLI = new URL('../../dist/cli.js', import.meta.url).pathname;
const policy = (...Statement: object[]): object => ({ Version: '2012-10-17', Statement });
const ANYTHING = { Effect: 'Allow', Action: '*', Resource: '*' };

let keyshift: Keyshift;

beforeAll(async () => {
  keyshift = await Keyshift.start();
});
afterAll(() => keyshift?.close());

async function guardrail(...words: string[]) {
  const { code, stdout, stderr } = await run(process.execPath, [CLI, 'guardrail', ...words], {
    KEYSHIFT_DATA_DIR: keyshift.dataDir,
  });
  return { code, text: (code === 0 ? stdout : stderr).trim() };
}

async function write(document: object): Promise<string> {
  const file = join(keyshift.dataDir, 'guardrail.json');
  await writeFile(file, JSON.stringify(document));
  return file;
}

test('the command sets a guardrail that binds everybody at once, shows it and removes it', async () => {
  const admin = await makeUser(keyshift.root, 'admin', policy(ANYTHING));
  const document = policy(ANYTHING, { Effect: 'Deny', Action: 'iam:ListGroups', Resource: '*' });
  expect(await guardrail('set', await write(document))).toMatchObject({ code: 0 });
  for (const who of [admin, keyshift.root]) {
    const refused = await ask(who, 'iam', 'ListGroups');
    expect([refused.status, refused.code]).toEqual([403, 'AccessDenied']);
    expect(refused.message).toMatch(/with an explicit deny in a service control policy$/);
    expect((await ask(who, 'iam', 'ListUsers')).status).toBe(200);
  }
  expect(JSON.parse((await guardrail('show')).text)).toEqual(document);
  expect(await guardrail('remove')).toMatchObject({ code: 0 });
  expect((await ask(admin, 'iam', 'ListGroups')).status).toBe(200);
  expect(await guardrail('show')).toMatchObject({ code: 1 });
  expect((await guardrail('show')).text).toContain('The account has no guardrail.');
});

test('a guardrail that allows nothing can be removed by the root user alone', async () => {
  const admin = await makeUser(keyshift.root, 'second', policy(ANYTHING));
  await must(keyshift.root, 'keyshift', 'PutAccountGuardrail', {
    PolicyDocument: JSON.stringify(policy({ Effect: 'Deny', Action: '*', Resource: '*' })),
  });
  expect((await ask(keyshift.root, 'iam', 'ListUsers')).code).toBe('AccessDenied');
  for (const operation of ['GetAccountGuardrail', 'DeleteAccountGuardrail', 'PutAccountGuardrail']) {
    const parameters: Record<string, string> = operation.startsWith('Put') ? { PolicyDocument: '{}' } : {};
    expect((await ask(admin, 'keyshift', operation, parameters)).code).toBe('AccessDenied');
  }
  await must(keyshift.root, 'keyshift', 'DeleteAccountGuardrail');
  expect((await ask(admin, 'iam', 'ListUsers')).status).toBe(200);
});

test('what is no policy is refused with its reason, and what was set stays', async () => {
  const set = await guardrail('set', await write({ Statement: [] }));
  expect(set.code).toBe(1);
  expect(set.text).toContain('Syntax errors in policy.');
  expect((await guardrail('set', '/nowhere/at-all.json')).code).toBe(1);
});
