import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Caller, RequiredPermission } from '../../../src/api/action.ts';
import type { AnyAction } from '../../../src/api/decode-call.ts';
import { type ApiDeps, handleRequest } from '../../../src/api/handle-request.ts';
import type { Answer, ReceivedRequest } from '../../../src/api/listen.ts';
import type { AuditEvent } from '../../../src/audit/event.ts';
import { AuditUnavailable } from '../../../src/audit/writer.ts';
import { fixedClock } from '../../../src/core/clock.ts';
import { AwsError } from '../../../src/core/errors.ts';
import { silentLogger } from '../../../src/core/logger.ts';
import { Secret } from '../../../src/core/secret.ts';
import type { AccessKeyUsage } from '../../../src/iam/access-key-usage.ts';
import type { Directory, KnownAccessKey } from '../../../src/iam/directory.ts';
import { type Principal, rootPrincipal } from '../../../src/iam/principal.ts';
import { compilePolicy, parsePolicyDocument, policySet } from '../../../src/policy/index.ts';
import { SigningKeyCache } from '../../../src/sigv4/index.ts';
import { AT, ECHO, KEY_ID, received, SECRET, serviceWith, signed } from './service.ts';

const ACCOUNT = '111122223333';

/** A user of another account than the one that nobody's calls are recorded under, who may do what `action` names. */
function user(action: string): Principal {
  const document = JSON.stringify({
    Version: '2012-10-17',
    Statement: [{ Effect: 'Allow', Action: action, Resource: '*' }],
  });
  const policy = compilePolicy(parsePolicyDocument(document, 'identity'), { kind: 'inline', id: 'test' });
  return {
    ...rootPrincipal(ACCOUNT),
    kind: 'user',
    arn: `arn:aws:iam::${ACCOUNT}:user/bob`,
    userName: 'bob',
    policies: policySet({ identity: [policy] }),
  };
}

interface Setup {
  readonly run: (input: { Text: string }, caller: Caller) => Promise<unknown>;
  readonly permissions: (
    input: { Text: string },
    caller: Caller,
  ) => readonly RequiredPermission[] | Promise<readonly RequiredPermission[]>;
  readonly changes: boolean;
  readonly principal: Principal;
  readonly active: boolean;
  /** What the log does with each event. */
  readonly record: (event: AuditEvent) => Promise<void>;
}

/** The way of a request with a small fake at each place where it would leave the process. */
function api(setup: Partial<Setup> = {}) {
  const events: AuditEvent[] = [];
  const logged: object[] = [];
  /** What happened, in order. */
  const log: string[] = [];
  const action: AnyAction<undefined> = {
    permissions: async (_deps, input, caller) => {
      log.push('permissions');
      return (await setup.permissions?.(input, caller)) ?? [{ action: 'keyshift:Echo', resource: '*' }];
    },
    run: async (_deps, input, caller) => {
      log.push('run');
      return setup.run === undefined ? input : await setup.run(input, caller);
    },
    changes: setup.changes ?? false,
  };
  const key: KnownAccessKey = {
    accountId: ACCOUNT,
    accessKeyId: KEY_ID,
    secret: SECRET,
    active: setup.active ?? true,
    principal: setup.principal ?? user('keyshift:*'),
  };
  const record = async (event: AuditEvent): Promise<void> => {
    log.push(`audit ${event.outcome}`);
    await setup.record?.(event);
    events.push(event);
  };
  const deps: ApiDeps<undefined> = {
    services: [serviceWith(action)],
    actions: undefined,
    authenticator: {
      // Only these two are asked of the directory and of the record of use.
      directory: { findAccessKey: async (id: string) => (id === KEY_ID ? key : undefined) } as Directory,
      usage: { note: () => {} } as unknown as AccessKeyUsage,
      keys: new SigningKeyCache(),
      clock: fixedClock(AT),
      windowMinutes: 15,
      region: 'us-west-2',
    },
    audit: { record },
    unknownCallers: { refused: record },
    clock: fixedClock(AT),
    region: 'us-west-2',
    accountId: '123456789012',
    sealRefusal: (principal, { action }) => `sealed ${principal.arn} ${action}`,
    forget: (accountId) => log.push(`forget ${accountId}`),
    logger: { ...silentLogger, error: (facts) => logged.push(facts) },
  };
  return { events, logged, log, answer: (request: ReceivedRequest) => handleRequest(deps, request) };
}

const codeOf = ({ body }: Answer): string | undefined => /<Code>(.*?)<\/Code>/.exec(body)?.[1];
const idOf = ({ headers }: Answer): string | undefined => headers['x-amzn-RequestId'];

describe('a call that succeeds', () => {
  test('is authorized, performed, recorded and then answered', async () => {
    const { answer, events, log } = api();
    const told = await answer(signed(ECHO));
    expect(told.status).toBe(200);
    expect(told.body).toContain('<EchoResult><Text>hello</Text></EchoResult>');
    expect(log).toEqual(['permissions', 'run', 'audit success']);
    expect(events).toEqual([
      {
        accountId: ACCOUNT,
        eventId: expect.stringMatching(/^[0-9a-f-]{36}$/),
        at: AT,
        kind: 'api',
        name: 'keyshift:Echo',
        outcome: 'success',
        code: undefined,
        principalArn: `arn:aws:iam::${ACCOUNT}:user/bob`,
        sourceIp: '10.1.2.3',
        requestId: idOf(told),
        details: {},
      },
    ]);
    expect(told.body).toContain(`<RequestId>${idOf(told)}</RequestId>`);
  });

  test('is not answered before it is recorded', async () => {
    let finish = (): void => {};
    const recorded = new Promise<void>((resolve) => {
      finish = resolve;
    });
    const { answer, log } = api({ record: () => recorded });
    let isAnswered = false;
    const answering = answer(signed(ECHO)).then(() => {
      isAnswered = true;
    });
    while (!log.includes('audit success')) await new Promise((resolve) => setImmediate(resolve));
    for (let turn = 0; turn < 5; turn++) await new Promise((resolve) => setImmediate(resolve));
    expect(isAnswered).toBe(false);
    finish();
    await answering;
    expect(isAnswered).toBe(true);
  });

  test('has what is held of its account dropped when it changes something, and only then', async () => {
    const changing = api({ changes: true });
    await changing.answer(signed(ECHO));
    expect(changing.log).toEqual(['permissions', 'run', `forget ${ACCOUNT}`, 'audit success']);
    const reading = api({ changes: false });
    await reading.answer(signed(ECHO));
    expect(reading.log.join()).not.toContain('forget');
  });

  test('knows its caller', async () => {
    const callers: Caller[] = [];
    const { answer } = api({
      run: async (input, caller) => {
        callers.push(caller);
        return input;
      },
    });
    const told = await answer(signed(ECHO));
    expect(callers[0]).toMatchObject({
      principal: { arn: `arn:aws:iam::${ACCOUNT}:user/bob` },
      requestId: idOf(told),
      sourceIp: '10.1.2.3',
      secureTransport: true,
      userAgent: 'unit/1.0',
      region: 'us-west-2',
    });
  });

  test('has an id of its own, each time', async () => {
    const { answer } = api();
    const ids = [];
    for (let call = 0; call < 5; call++) ids.push(idOf(await answer(signed(ECHO))));
    expect(new Set(ids).size).toBe(5);
  });
});

describe('notes', () => {
  test('go into the event of a call that succeeds, the later before the earlier', async () => {
    const { answer, events } = api({
      permissions: (input, caller) => {
        caller.note({ text: input.Text, step: 'permissions' });
        return [];
      },
      run: async (input, caller) => {
        caller.note({ step: 'run' });
        return input;
      },
    });
    await answer(signed(ECHO));
    expect(events[0]?.details).toEqual({ text: 'hello', step: 'run' });
  });

  test('go into the event of one that is refused, beside the reason', async () => {
    const { answer, events } = api({
      run: (_input, caller) => {
        caller.note({ dbUser: 'u' });
        throw new AwsError('ClusterNotFound', 404, 'Cluster c not found.');
      },
    });
    await answer(signed(ECHO));
    expect(events[0]?.details).toEqual({ dbUser: 'u', reason: 'Cluster c not found.' });
  });

  test('of one call do not go into the next', async () => {
    let calls = 0;
    const { answer, events } = api({
      run: async (input, caller) => {
        calls += 1;
        if (calls === 1) caller.note({ first: true });
        return input;
      },
    });
    await answer(signed(ECHO));
    await answer(signed(ECHO));
    expect(events.map(({ details }) => details)).toEqual([{ first: true }, {}]);
  });
});

describe('a call that is refused', () => {
  const REFUSED: [string, ReceivedRequest, string, number][] = [
    ['without a signature', received(ECHO), 'MissingAuthenticationToken', 403],
    ['with a wrong signature', signed(ECHO, {}, new Secret('wrong')), 'SignatureDoesNotMatch', 403],
    [
      'with another body than was signed',
      { ...signed(ECHO), body: Buffer.from(`${ECHO}!`) },
      'SignatureDoesNotMatch',
      403,
    ],
  ];

  test.each(REFUSED)(
    '%s is recorded for nobody, and neither authorized nor performed',
    async (_how, request, code, status) => {
      const { answer, events, log } = api();
      const told = await answer(request);
      expect([told.status, codeOf(told)]).toEqual([status, code]);
      expect(log).toEqual(['audit refused']);
      expect(events[0]).toMatchObject({
        accountId: '123456789012',
        name: 'keyshift:Echo',
        outcome: 'refused',
        code,
        principalArn: undefined,
        requestId: idOf(told),
      });
    },
  );

  test('with a key that is not active is refused like one with an unknown key', async () => {
    const { answer, log } = api({ active: false });
    const told = await answer(signed(ECHO));
    expect([told.status, codeOf(told)]).toEqual([403, 'InvalidClientTokenId']);
    expect(log).toEqual(['audit refused']);
  });

  test('because nobody knows its operation is recorded as unknown', async () => {
    const { answer, events, log } = api();
    const told = await answer(signed('Action=Nothing&Version=2000-01-01'));
    expect([told.status, codeOf(told)]).toEqual([400, 'InvalidAction']);
    expect(log).toEqual(['audit refused']);
    expect(events[0]).toMatchObject({ name: 'unknown', code: 'InvalidAction', accountId: '123456789012' });
  });

  test('for its input is refused before it is authorized', async () => {
    const { answer, events, log } = api();
    const told = await answer(signed('Action=Echo&Version=2000-01-01'));
    expect([told.status, codeOf(told)]).toEqual([400, 'ValidationError']);
    expect(log).toEqual(['audit refused']);
    expect(events[0]).toMatchObject({ accountId: ACCOUNT, principalArn: `arn:aws:iam::${ACCOUNT}:user/bob` });
  });

  test('by policy is not performed; the first pair that is not allowed is told and recorded', async () => {
    const { answer, events, log } = api({
      principal: user('keyshift:Allowed'),
      permissions: () => [
        { action: 'keyshift:Allowed', resource: 'arn:a' },
        { action: 'keyshift:First', resource: 'arn:b' },
        { action: 'keyshift:Second', resource: 'arn:c' },
      ],
      changes: true,
    });
    const told = await answer(signed(ECHO));
    expect(told.headers['x-keyshift-authorization-message']).toMatch(/^sealed arn:aws:iam::/);
    expect([told.status, codeOf(told)]).toEqual([403, 'AccessDenied']);
    expect(told.body).toContain('is not authorized to perform: keyshift:First on resource: arn:b');
    expect(log).toEqual(['permissions', 'audit refused']);
    expect(events[0]).toMatchObject({
      outcome: 'refused',
      code: 'AccessDenied',
      details: { deniedAction: 'keyshift:First', deniedResource: 'arn:b' },
    });
  });

  test('by the operation drops nothing that is held', async () => {
    const { answer, log } = api({
      changes: true,
      run: () => Promise.reject(new AwsError('EntityAlreadyExists', 409, 'User with name X already exists.')),
    });
    const told = await answer(signed(ECHO));
    expect([told.status, codeOf(told)]).toEqual([409, 'EntityAlreadyExists']);
    expect(log).toEqual(['permissions', 'run', 'audit refused']);
  });

  test('is not logged: it is the caller’s', async () => {
    const { answer, logged } = api();
    for (const [, request] of REFUSED) await answer(request);
    expect(logged).toEqual([]);
  });
});

describe('a failure of ours', () => {
  const REASON = 'password "hunter2" refused by 10.9.8.7 at /var/lib/keyshift';

  const failures: [string, Partial<Setup>][] = [
    ['in the operation', { run: () => Promise.reject(new Error(REASON)) }],
    ['in its permissions', { permissions: () => Promise.reject(new Error(REASON)) }],
    ['that is no error', { run: () => Promise.reject(REASON) }],
    ['in the answer', { run: async () => ({ Text: { toString: () => REASON } }) }],
  ];

  test.each(failures)(
    '%s tells nothing but that there is one, and where to look for it',
    async (_where, setup) => {
      const { answer, events, logged } = api(setup);
      const told = await answer(signed(ECHO));
      expect([told.status, codeOf(told)]).toEqual([500, 'InternalFailure']);
      expect(JSON.stringify(told)).not.toMatch(/hunter2|10\.9\.8\.7|\/var\/lib|Error:|\.ts/);
      expect(events.at(-1)).toMatchObject({ outcome: 'failed', code: 'InternalFailure' });
      expect(JSON.stringify(events)).not.toContain('hunter2');
      expect(logged).toHaveLength(1);
      expect(logged[0]).toMatchObject({ requestId: idOf(told) });
    },
  );

  test('in the operation is told to the log', async () => {
    const { answer, logged } = api({ run: () => Promise.reject(new Error(REASON)) });
    await answer(signed(ECHO));
    expect(logged[0]).toMatchObject({ cause: REASON });
  });

  test('whose words were chosen is told in them', async () => {
    const { answer } = api({ run: () => Promise.reject(new AwsError('ServiceFailure', 500, 'Try again.')) });
    const told = await answer(signed(ECHO));
    expect([told.status, codeOf(told)]).toEqual([500, 'ServiceFailure']);
    expect(told.body).toContain('Try again.');
  });
});

describe('a log that takes no event', () => {
  const unavailable = () => Promise.reject(new AuditUnavailable('the store refused it: hunter2'));

  test('turns success into 503, and nothing of the result leaves', async () => {
    const { answer, events, log } = api({ record: unavailable });
    const told = await answer(signed(ECHO));
    expect([told.status, codeOf(told)]).toEqual([503, 'ServiceUnavailable']);
    expect(JSON.stringify(told)).not.toMatch(/hello|hunter2|EchoResult/);
    expect(events).toEqual([]);
    expect(log.slice(0, 3)).toEqual(['permissions', 'run', 'audit success']);
  });

  test.each<[string, Partial<Setup>, ReceivedRequest]>([
    [
      'a refusal of the operation',
      { run: () => Promise.reject(new AwsError('Gone', 404, 'told')) },
      signed(ECHO),
    ],
    ['a refusal by policy', { principal: user('s3:*') }, signed(ECHO)],
    ['a refusal of the signature', {}, signed(ECHO, {}, new Secret('wrong'))],
    ['an unknown operation', {}, signed('Action=Nothing&Version=2000-01-01')],
  ])('turns %s into 503, and nothing of the reason leaves', async (_what, setup, request) => {
    const { answer } = api({ ...setup, record: unavailable });
    const told = await answer(request);
    expect([told.status, codeOf(told)]).toEqual([503, 'ServiceUnavailable']);
    expect(told.body).not.toMatch(/told|keyshift:Echo|Signature|Nothing|hunter2/);
  });

  test('for a reason of its own is a failure of ours', async () => {
    const { answer } = api({ record: () => Promise.reject(new Error('hunter2')) });
    const told = await answer(signed(ECHO));
    expect([told.status, codeOf(told)]).toEqual([500, 'InternalFailure']);
    expect(JSON.stringify(told)).not.toMatch(/hello|hunter2/);
  });

  test('once, still records that the call got no answer', async () => {
    let events = 0;
    const api2 = api({
      record: () => {
        events += 1;
        return events === 1 ? unavailable() : Promise.resolve();
      },
    });
    const told = await api2.answer(signed(ECHO));
    expect(told.status).toBe(503);
    expect(api2.events).toHaveLength(1);
    expect(api2.events[0]).toMatchObject({
      outcome: 'failed',
      code: 'ServiceUnavailable',
      name: 'keyshift:Echo',
    });
  });
});

describe('any request', () => {
  test('of the JSON protocol for a service that is not here is answered in JSON, and recorded', async () => {
    const { answer, log } = api();
    const told = await answer(
      signed('{}', {
        headers: [
          ['Host', 'x'],
          ['X-Amz-Target', 'RedshiftServerless.GetCredentials'],
        ],
      }),
    );
    expect(told.status).toBe(400);
    expect(JSON.parse(told.body)).toMatchObject({ __type: 'UnknownOperationException' });
    expect(log).toEqual(['audit refused']);
  });

  test('however broken, gets an answer that is an error, and is recorded', async () => {
    const text = fc.string({ unit: 'binary', maxLength: 40 });
    const header = fc.tuple(
      fc.constantFrom(
        'authorization',
        'content-type',
        'x-amz-date',
        'host',
        'x-amz-security-token',
        'user-agent',
      ),
      fc.oneof(text, fc.constantFrom('AWS4-HMAC-SHA256 Credential=a/b/c/d/e, SignedHeaders=, Signature=')),
    );
    const request = fc.record({
      method: fc.constantFrom('GET', 'POST', 'PUT'),
      path: fc.oneof(fc.constant('/'), text),
      query: fc.oneof(text, fc.constant('X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=a')),
      headers: fc.array(header, { maxLength: 6 }),
      body: fc.oneof(fc.uint8Array({ maxLength: 40 }), fc.constant(Buffer.from(ECHO))),
    });
    const { answer, events, log } = api();
    let count = 0;
    await fc.assert(
      fc.asyncProperty(request, async (sent) => {
        const told = await answer(received('', sent));
        count += 1;
        expect(told.status).toBeGreaterThanOrEqual(400);
        expect(told.status).toBeLessThan(500);
        expect(codeOf(told)).toMatch(/^\w+$/);
        expect(events).toHaveLength(count);
      }),
    );
    expect(log).not.toContain('run');
  });
});
