import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { redshiftDataActions } from '../../src/api/actions/redshift-data/index.ts';
import { redshiftServerlessActions } from '../../src/api/actions/redshift-serverless/index.ts';
import { redshiftDataTable, redshiftServerlessTable } from '../../src/api/protocol/services.ts';
import type { Member, Shape } from '../../src/api/services/table.ts';
import { type RawRequest, signRequest } from '../../src/sigv4/index.ts';
import { askServerless, plain, type Received, send, signed } from '../walk/support/api.ts';
import { AS_USER, dataApi, ended, executed, told } from '../walk/support/data-api.ts';
import { Keyshift } from '../walk/support/keyshift.ts';
import { type Seeded, seeded } from '../walk/support/seeded.ts';

// Peril: protocols, targets and services mixed up, and bodies that no client would send, to the services in JSON.

/** Requests of the random test, as of those to the query services. */
const RUNS = Number(process.env['KEYSHIFT_FUZZ_RUNS'] ?? 300);
const NOBODYS = '70662acc-f334-46f8-b953-3a9546796d7a';

let keyshift: Keyshift;

beforeAll(async () => {
  keyshift = await Keyshift.start();
});
afterAll(async () => {
  expect(keyshift.output).not.toContain('a request failed');
  await keyshift.close();
});

interface Wanted {
  readonly service: 'redshift' | 'redshift-data' | 'redshift-serverless';
  readonly target?: string;
  readonly type?: string;
  readonly body?: string | Buffer;
  readonly with?: Partial<RawRequest>;
}

/** A request that is well signed for its service, whatever it says. */
function request({ service, target, type = 'application/x-amz-json-1.1', body = '{}', ...more }: Wanted) {
  const { root } = keyshift;
  const raw: RawRequest = {
    method: 'POST',
    path: '/',
    query: '',
    headers: [
      ['host', new URL(root.url).host],
      ['content-type', type],
      ...(target === undefined ? [] : ([['x-amz-target', target]] as const)),
    ],
    body: Buffer.from(body),
    ...more.with,
  };
  const { accessKeyId, secretAccessKey: secret, region } = root;
  return signRequest(raw, { accessKeyId, secret, region, service, at: new Date() });
}

/** Status and code of an answer in JSON, which says the code in body and header. */
function refusal(answer: Received): [number, string] {
  expect(answer.headers['content-type']).toBe('application/x-amz-json-1.1');
  const { __type, message } = JSON.parse(answer.text);
  expect(answer.headers['x-amzn-errortype']).toBe(__type);
  expect(message).toEqual(expect.any(String));
  return [answer.status, __type];
}

const FORM = 'application/x-www-form-urlencoded';
const DATA = 'RedshiftData.ListStatements';
const SERVERLESS = 'RedshiftServerless.ListWorkgroups';

describe('a request that mixes things up is refused with 400', () => {
  test.each<[string, Wanted, string]>([
    [
      'the target of the one service signed for the other',
      { service: 'redshift-serverless', target: DATA },
      'InvalidSignatureException',
    ],
    [
      'and the other way round',
      { service: 'redshift-data', target: SERVERLESS },
      'InvalidSignatureException',
    ],
    [
      'a target signed for the query service',
      { service: 'redshift', target: DATA },
      'InvalidSignatureException',
    ],
    [
      'a target for the query service',
      { service: 'redshift', target: 'RedshiftServiceVersion20121201.DescribeClusters' },
      'UnknownOperationException',
    ],
    [
      'the target of an operation of the other service',
      { service: 'redshift-data', target: 'RedshiftData.ListWorkgroups' },
      'UnknownOperationException',
    ],
    [
      'a target in another case',
      { service: 'redshift-data', target: 'redshiftdata.ListStatements' },
      'UnknownOperationException',
    ],
    [
      'a target with a further part',
      { service: 'redshift-data', target: `${DATA}.x` },
      'UnknownOperationException',
    ],
    [
      'a target without a service',
      { service: 'redshift-data', target: 'ListStatements' },
      'UnknownOperationException',
    ],
    [
      'an operation of the prototype',
      { service: 'redshift-data', target: 'RedshiftData.constructor' },
      'UnknownOperationException',
    ],
    ['JSON without a target', { service: 'redshift-data' }, 'UnknownOperationException'],
    [
      'JSON without a target, and an action in the query',
      { service: 'redshift-data', with: { query: 'Action=ListStatements&Version=2019-12-20' } },
      'UnknownOperationException',
    ],
    [
      'a target by GET',
      { service: 'redshift-data', target: DATA, with: { method: 'GET' } },
      'UnknownOperationException',
    ],
    [
      'a target at another path',
      { service: 'redshift-data', target: DATA, with: { path: '/data' } },
      'UnknownOperationException',
    ],
    [
      'a form to a target',
      { service: 'redshift-data', target: DATA, type: FORM, body: 'Status=ALL' },
      'SerializationException',
    ],
    [
      'a body of another encoding',
      { service: 'redshift-data', target: DATA, body: Buffer.from('{"Status":"ALL"}', 'utf16le') },
      'SerializationException',
    ],
    [
      'bytes that are not UTF-8',
      { service: 'redshift-data', target: DATA, body: Buffer.from([0x7b, 0xff, 0x7d]) },
      'SerializationException',
    ],
    ['a list', { service: 'redshift-data', target: DATA, body: '[]' }, 'SerializationException'],
    ['null', { service: 'redshift-data', target: DATA, body: 'null' }, 'SerializationException'],
    ['two bodies', { service: 'redshift-data', target: DATA, body: '{}{}' }, 'SerializationException'],
    [
      'lists without end',
      { service: 'redshift-data', target: DATA, body: '['.repeat(100_000) },
      'SerializationException',
    ],
  ])('%s', async (_, wanted, code) => {
    expect(refusal(await send(keyshift.root, request(wanted)))).toEqual([400, code]);
  });

  test.each([
    ['redshift-data', 'ExecuteStatement', '2019-12-20'],
    ['redshift-serverless', 'GetCredentials', '2021-04-21'],
    ['redshift', 'ExecuteStatement', '2012-12-01'],
  ] as const)('an operation in JSON as a query, signed for %s: %s', async (service, Action, Version) => {
    const body = new URLSearchParams({ Action, Version, Sql: 'SELECT 1' }).toString();
    const answer = await send(keyshift.root, request({ service, type: FORM, body }));
    expect([answer.status, answer.headers['content-type'], answer.code]).toEqual([
      400,
      'text/xml',
      'InvalidAction',
    ]);
  });

  test('and an operation of the query service in JSON, with its action too', async () => {
    const raw = signed(keyshift.root, 'redshift', { Action: 'DescribeClusters' });
    const json = request({
      service: 'redshift',
      target: 'Redshift.DescribeClusters',
      with: { query: 'Action=DescribeClusters&Version=2012-12-01' },
    });
    expect((await send(keyshift.root, raw)).status).toBe(200);
    expect(refusal(await send(keyshift.root, json))).toEqual([400, 'UnknownOperationException']);
  });

  test('what is not signed, by the names of the protocol that it speaks', async () => {
    const query = await send(keyshift.root, plain(keyshift.root, 'redshift', { Action: 'DescribeClusters' }));
    expect([query.status, query.code]).toEqual([403, 'MissingAuthenticationToken']);
    const { headers, ...bare } = request({ service: 'redshift-data', target: DATA });
    const unsigned = {
      ...bare,
      headers: headers.filter(([name]) => !/^(?:authorization|x-amz-date)$/i.test(name)),
    };
    const [status, code] = refusal(await send(keyshift.root, unsigned));
    expect([status, code]).toEqual([400, 'MissingAuthenticationTokenException']);
  });
});

test('members that are null or unknown are as good as absent, and those of the prototype are none', async () => {
  const body = '{"Status":null,"Unknown":{"a":[1]},"__proto__":{"MaxResults":"x"},"constructor":1}';
  const answer = await send(keyshift.root, request({ service: 'redshift-data', target: DATA, body }));
  expect([answer.status, Object.keys(JSON.parse(answer.text))]).toEqual([200, ['Statements']]);
});

test('texts that no database holds are refused or kept as they are, and never an error of ours', async () => {
  const { root } = keyshift;
  const nul = await dataApi(root, 'ExecuteStatement', { ...AS_USER, Sql: "SELECT '\0'" });
  expect(refusal(nul)).toEqual([400, 'SerializationException']);
  const inName = await dataApi(root, 'ListTables', { ...AS_USER, TablePattern: 'a\0b' });
  expect(refusal(inName)).toEqual([400, 'SerializationException']);
  // Half a character becomes the sign for one that cannot be read.
  const half = await executed(root, "SELECT '\ud800' AS half");
  expect(half).toMatchObject({ Status: 'FINISHED' });
  const pattern = await dataApi(root, 'ListTables', { ...AS_USER, TablePattern: '\\' });
  expect(pattern.status).toBeLessThan(500);
});

test('a token is good for the list that it was given for, and for nothing else', async () => {
  const { root } = keyshift;
  for (const Sql of ['SELECT 1', 'SELECT 2', 'SELECT 3']) await executed(root, Sql);
  const { NextToken } = await told(root, 'ListStatements', { MaxResults: 1 });
  const { NextToken: ofTables } = await told(root, 'ListTables', { ...AS_USER, MaxResults: 1 });
  const { Id } = await executed(root, 'SELECT 4');
  const invalid = [400, 'ValidationException'];
  for (const [operation, input] of [
    ['ListTables', { ...AS_USER, NextToken }],
    ['ListStatements', { NextToken: ofTables }],
    ['GetStatementResult', { Id, NextToken }],
    ['ListStatements', { NextToken: Buffer.from('{"a":1}').toString('base64url') }],
    ['ListStatements', { NextToken: Buffer.from('["a",1]').toString('base64url') }],
    ['ListSessions', { NextToken: 'x'.repeat(5_000) }],
  ] as const) {
    expect(refusal(await dataApi(root, operation, input)), operation).toEqual(invalid);
  }
  // One of the right form that names nothing of the caller's is the end of the list.
  const other = Buffer.from(JSON.stringify([NOBODYS])).toString('base64url');
  expect(await told(root, 'ListStatements', { NextToken: other })).toEqual({ Statements: [] });
  const workgroups = await askServerless(root, 'ListWorkgroups', { nextToken: 'nonsense' });
  expect(refusal(workgroups)).toEqual(invalid);
});

const TEXTS = [
  '',
  'x',
  '%',
  "'; DROP TABLE x; --",
  '\ud83d',
  'é'.repeat(300),
  NOBODYS,
  `${NOBODYS}:1`,
  'examplecluster',
  'exampledb',
  'ALL',
  '../..',
  'a'.repeat(3_000),
];

/** What makes a request good, so that some get further than the first check. */
const GOOD: ReadonlyMap<string, unknown> = new Map<string, unknown>([
  ['ClusterIdentifier', 'examplecluster'],
  ['Database', 'exampledb'],
  ['DbUser', 'temp_creds_user'],
  ['Sql', 'SELECT :a::text'],
  ['Sqls', ['SELECT 1', 'SELECT :a']],
  ['Parameters', [{ name: 'a', value: '1' }]],
  ['Id', NOBODYS],
  ['NextToken', undefined],
  ['SecretArn', undefined],
  ['SessionId', undefined],
  ['WorkgroupName', undefined],
  ['ConnectedDatabase', undefined],
  ['workgroupName', 'examplecluster'],
  ['namespaceName', 'examplecluster'],
]);

function randomMember(chance: Seeded, { wire, shape }: Member, depth: number): unknown {
  if (GOOD.has(wire) && chance.below(5) > 0) return GOOD.get(wire);
  return randomValue(chance, shape, depth);
}

/** A value of the shape most of the time, of its limits sometimes, and of something else now and then. */
function randomValue(chance: Seeded, shape: Shape, depth = 0): unknown {
  if (chance.below(25) === 0)
    return chance.oneOf([null, 1, -1, 1.5, 1e308, true, '', [], {}, [[]], { a: 1 }]);
  switch (shape.kind) {
    case 'structure':
      return Object.fromEntries(
        shape.members
          .filter(() => chance.below(4) > 0 && depth < 4)
          .map((member) => [member.wire, randomMember(chance, member, depth + 1)]),
      );
    case 'list':
      return Array.from({ length: chance.oneOf([0, 1, 2, 41]) }, () =>
        randomValue(chance, shape.element, depth + 1),
      );
    case 'map':
      return { [chance.oneOf(TEXTS)]: randomValue(chance, shape.value, depth + 1) };
    case 'boolean':
      return chance.below(2) === 0;
    case 'string':
      return chance.oneOf(TEXTS);
    case 'integer':
      return chance.oneOf([0, 1, 60, 900, 3_600, 86_401, -1, 2 ** 31, 2 ** 53]);
    default:
      return chance.oneOf([0, 1.5, 'MQ==', -1]);
  }
}

test('any input of any operation gets a result or a refusal', { timeout: 120_000 }, async () => {
  const chance = seeded('inputs in JSON');
  const operations = [
    { table: redshiftDataTable, service: 'redshift-data' as const, names: Object.keys(redshiftDataActions) },
    {
      table: redshiftServerlessTable,
      service: 'redshift-serverless' as const,
      names: Object.keys(redshiftServerlessActions),
    },
  ].flatMap(({ table, service, names }) =>
    names.map((name) => ({
      service,
      target: `${table.target}.${name}`,
      input: table.operation(name)?.input,
    })),
  );
  const begun: string[] = [];
  for (let run = 0; run < RUNS; run += 10) {
    const wanted = Array.from({ length: 10 }, () => {
      const { service, target, input } = chance.oneOf(operations);
      const given = input === undefined ? {} : randomValue(chance, input);
      // Nobody waits for a minute here.
      const body = JSON.stringify(
        typeof given === 'object' && given !== null && 'WaitTimeSeconds' in given
          ? { ...given, WaitTimeSeconds: undefined }
          : given,
      );
      return { service, target, body };
    });
    await Promise.all(
      wanted.map(async (one) => {
        const answer = await send(keyshift.root, request(one));
        const said = `${JSON.stringify(one).slice(0, 600)}\n${answer.status} ${answer.text.slice(0, 300)}`;
        expect(answer.status, said).toBeLessThan(500);
        if (answer.status >= 400) expect(refusal(answer)[1], said).toMatch(/Exception$/);
        else begun.push(...[JSON.parse(answer.text).Id].filter((id) => typeof id === 'string'));
      }),
    );
  }
  // Statements end, whatever they say.
  for (const id of begun.filter((one) => /^[0-9a-f-]{36}$/.test(one))) await ended(keyshift.root, id);
  expect(await executed(keyshift.root, 'SELECT 1')).toMatchObject({ Status: 'FINISHED' });
});
