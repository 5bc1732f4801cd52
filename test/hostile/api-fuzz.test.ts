import { afterAll, beforeAll, expect, test } from 'vitest';
import { iamActions } from '../../src/api/actions/iam/index.ts';
import { keyshiftActions } from '../../src/api/actions/keyshift/index.ts';
import { redshiftActions } from '../../src/api/actions/redshift/index.ts';
import { stsActions } from '../../src/api/actions/sts/index.ts';
import { iamTable, keyshiftTable, redshiftTable, stsTable } from '../../src/api/protocol/services.ts';
import type { Shape } from '../../src/api/services/table.ts';
import type { RawRequest } from '../../src/sigv4/index.ts';
import { ask, type Parameters, plain, presigned, type Received, send, signed } from '../walk/support/api.ts';
import { Keyshift } from '../walk/support/keyshift.ts';
import { type Seeded, seeded } from '../walk/support/seeded.ts';

/**
 * Requests at random: whatever comes, the answer is a refusal in well-formed XML, never an error of Keyshift's
 * own and never a page for people. KEYSHIFT_FUZZ_RUNS sets how many there are of each kind.
 */

const RUNS = Number(process.env['KEYSHIFT_FUZZ_RUNS'] ?? 400);
const AT_ONCE = 8;

let keyshift: Keyshift;
beforeAll(async () => {
  keyshift = await Keyshift.start();
});
afterAll(async () => {
  expect(keyshift.output).not.toContain('a request failed');
  await keyshift.close();
});

/** Those that make, change or end servers or move the clock are left out: they would change the test itself. */
const LEFT_OUT = new Set(['CreateCluster', 'ModifyCluster', 'DeleteCluster', 'MoveClock']);
const OPERATIONS = [
  { table: iamTable, names: Object.keys(iamActions) },
  { table: stsTable, names: Object.keys(stsActions) },
  { table: redshiftTable, names: Object.keys(redshiftActions) },
  { table: keyshiftTable, names: Object.keys(keyshiftActions) },
].flatMap(({ table, names }) =>
  names
    .filter((name) => !LEFT_OUT.has(name))
    .map((name) => ({ service: table.name as 'iam' | 'redshift', operation: table.operation(name) })),
);

const VALUES: readonly string[] = [
  ...[
    '',
    ' ',
    '0',
    '-1',
    '1',
    'true',
    'alice',
    'examplecluster',
    'temp_creds_user',
    'null',
    'undefined',
    'NaN',
  ],
  ...[
    '2026-01-01T00:00:00Z',
    '9'.repeat(30),
    '1e308',
    '-0',
    'a'.repeat(64),
    'a'.repeat(129),
    'b'.repeat(70_000),
  ],
  ...[
    '😀'.repeat(700),
    `${'x'.repeat(1023)}😀`,
    '\u0001\u0007',
    '\u2028\ufffe\uffff',
    'e\u0301',
    '\u202egnp.exe',
  ],
  ...[
    '<!DOCTYPE a [<!ENTITY b "c">]>&b;',
    ']]>',
    '<script>',
    "'; DROP TABLE keyshift.audit_events; --",
    '$1',
  ],
  ...['../../etc/passwd', '%00', '{"Version":"2012-10-17","Statement":[]}', '[[[[[[', `${'['.repeat(9_000)}`],
  ...[
    '{"Statement":{"Effect":"Allow","Action":"*","Resource":"*"}}',
    'arn:aws:iam::aws:policy/AdministratorAccess',
  ],
  ...['arn:aws:iam::123456789012:policy/none', '/', '/a/', '*', '$' + '{aws:username}', '\\u0000', '\\ud83d'],
];

/** Parameter names that belong to the shape, and some that nearly do. */
function namesOf(shape: Shape, prefix: string, chance: Seeded): string[] {
  switch (shape.kind) {
    case 'structure':
      return shape.members.flatMap((member) =>
        namesOf(member.shape, prefix === '' ? member.wire : `${prefix}.${member.wire}`, chance),
      );
    case 'list': {
      const index = chance.oneOf(['1', '1', '2', '0', '01', '10001', 'x', '']);
      return namesOf(shape.element, `${prefix}.${chance.oneOf([shape.item, 'member'])}.${index}`, chance);
    }
    case 'map':
      return [`${prefix}.entry.1.key`, `${prefix}.entry.1.value`];
    default:
      return [prefix, ...(chance.below(20) === 0 ? [`${prefix}.x`, `${prefix}.1`] : [])];
  }
}

/** Operations after which a cluster does not serve, for a while or for good. */
const STOPPING: ReadonlySet<string> = new Set([
  'DeleteCluster',
  'ModifyCluster',
  'PauseCluster',
  'RebootCluster',
]);

function randomCall(chance: Seeded): { service: 'iam' | 'redshift'; parameters: Parameters } {
  const { service, operation } = chance.oneOf(OPERATIONS);
  const names = operation?.input === undefined ? [] : namesOf(operation.input, '', chance);
  const wanted = names.filter(() => chance.below(3) > 0);
  if (chance.below(10) === 0) wanted.push(chance.oneOf(['__proto__', 'x.'.repeat(30), 'é', '.', 'Action.1']));
  const parameters = Object.fromEntries(wanted.map((name) => [name, chance.oneOf(VALUES)]));
  // What really stops the cluster would show nothing but that in the last test.
  if (STOPPING.has(operation?.name ?? '')) parameters['ClusterIdentifier'] = 'another';
  return { service, parameters: { Action: operation?.name ?? '', ...parameters } };
}

function expectRefusal(answer: Received, request: RawRequest): void {
  const told = `${describe(request)}\n${answer.status} ${answer.text.slice(0, 500)}`;
  expect(answer.status, told).toBeGreaterThanOrEqual(400);
  expectAnswer(answer, request);
  expect(answer.code, told).toMatch(/^[A-Za-z.]+$/);
  expect(answer.message.length, told).toBeGreaterThan(5);
}

function expectAnswer(answer: Received, request: RawRequest): void {
  const told = `${describe(request)}\n${answer.status} ${answer.text.slice(0, 500)}`;
  expect(answer.status, told).toBeLessThan(500);
  expect(answer.headers['content-type'], told).toBe('text/xml');
  expect(answer.xml.name, told).toMatch(answer.status < 400 ? /^\w+Response$/ : /^ErrorResponse$/);
  if (answer.status !== 413)
    expect(answer.texts('RequestId')[0], told).toBe(answer.headers['x-amzn-requestid']);
}

const describe = (request: RawRequest): string =>
  JSON.stringify({ ...request, body: Buffer.from(request.body).toString().slice(0, 500) });

/** Runs `one` for every number, some at a time, each with chance of its own so that the order does not matter. */
async function runs(chance: Seeded, one: () => () => Promise<void>): Promise<void> {
  for (let done = 0; done < RUNS; done += AT_ONCE) {
    const batch = Array.from({ length: Math.min(AT_ONCE, RUNS - done) }, () => one());
    await Promise.all(batch.map((work) => work()));
  }
  expect(chance.seed).toBeGreaterThanOrEqual(0);
}

test('a signed request that was changed in any byte is refused', { timeout: 120_000 }, async () => {
  const chance = seeded('changed requests');
  const visible = (): string => String.fromCharCode(33 + chance.below(94));
  const otherThan = (character: string): string => {
    for (;;) {
      const other = visible();
      if (other !== character) return other;
    }
  };
  const atByte = (text: string): string => {
    const at = chance.below(text.length);
    return text.slice(0, at) + otherThan(text.charAt(at)) + text.slice(at + 1);
  };
  const header = (raw: RawRequest, change: (value: string) => string[]): RawRequest => {
    const [chosen] = chance.oneOf(raw.headers);
    return {
      ...raw,
      headers: raw.headers.flatMap(([name, value]): [string, string][] =>
        name === chosen ? change(value).map((one) => [name, one]) : [[name, value]],
      ),
    };
  };
  const CHANGES: readonly ((raw: RawRequest) => RawRequest)[] = [
    (raw) => header(raw, (value) => [atByte(value)]),
    (raw) => header(raw, (value) => [value + visible()]),
    (raw) => header(raw, (value) => [value.slice(0, chance.below(value.length))]),
    (raw) => ({ ...raw, headers: raw.headers.filter(([name]) => name !== 'x-amz-date') }),
    (raw) => ({ ...raw, headers: raw.headers.filter(([name]) => name !== 'authorization') }),
    (raw) => ({ ...raw, body: Buffer.from(atByte(raw.body.toString())) }),
    (raw) => ({ ...raw, body: raw.body.subarray(0, chance.below(raw.body.length)) }),
    (raw) => ({
      ...raw,
      body: Buffer.concat([raw.body, Buffer.from([chance.below(256), chance.below(256)])]),
    }),
    (raw) => ({ ...raw, query: `${visible().replace(/[#&]/, 'a')}x=${chance.below(100)}` }),
    (raw) => ({ ...raw, path: `/${visible().replace(/[#?]/, 'a')}` }),
    (raw) => ({ ...raw, method: chance.oneOf(['GET', 'PUT', 'DELETE', 'OPTIONS', 'PATCH', 'SEARCH']) }),
  ];
  await runs(chance, () => {
    const { service, parameters } = randomCall(chance);
    const raw = chance.oneOf(CHANGES)(signed(keyshift.root, service, parameters));
    return async () => expectRefusal(await send(keyshift.root, raw), raw);
  });
});

test('a presigned request that was changed in any byte is refused', { timeout: 120_000 }, async () => {
  const chance = seeded('changed presigned requests');
  await runs(chance, () => {
    const raw = presigned(keyshift.root, 'sts', { Action: 'GetCallerIdentity' }, 600);
    const at = chance.below(raw.query.length);
    const other = chance.oneOf([...'abcXYZ019_.%&=+-/'].filter((one) => one !== raw.query.charAt(at)));
    const changed = { ...raw, query: raw.query.slice(0, at) + other + raw.query.slice(at + 1) };
    return async () => expectRefusal(await send(keyshift.root, changed), changed);
  });
});

test('an unsigned request of any form is refused', { timeout: 120_000 }, async () => {
  const chance = seeded('unsigned requests');
  await runs(chance, () => {
    const { service, parameters } = randomCall(chance);
    const raw = plain(keyshift.root, service, parameters);
    return async () => expectRefusal(await send(keyshift.root, raw), raw);
  });
});

test('a signed request with any parameters gets a result or a refusal', { timeout: 120_000 }, async () => {
  const chance = seeded('signed requests');
  const outcomes = new Set<string>();
  await runs(chance, () => {
    const { service, parameters } = randomCall(chance);
    const raw = signed(keyshift.root, service, parameters);
    return async () => {
      const answer = await send(keyshift.root, raw);
      expectAnswer(answer, raw);
      if (answer.status >= 400) expectRefusal(answer, raw);
      outcomes.add(answer.status === 200 ? 'success' : answer.code);
    };
  });
  // The requests get deep enough to mean something.
  if (RUNS >= 200)
    expect([...outcomes]).toEqual(expect.arrayContaining(['success', 'ValidationError', 'NoSuchEntity']));
});

test('after all of it, it serves as before', async () => {
  expect((await ask(keyshift.root, 'sts', 'GetCallerIdentity')).status).toBe(200);
  const health = await fetch(new URL('/health', keyshift.root.url));
  expect([health.status, await health.json()]).toEqual([
    200,
    { status: 'ok', store: true, clusters: { examplecluster: true } },
  ]);
});
