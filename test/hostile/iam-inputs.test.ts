import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { iamActions } from '../../src/api/actions/iam/index.ts';
import { stsActions } from '../../src/api/actions/sts/index.ts';
import { iamTable, stsTable } from '../../src/api/protocol/services.ts';
import { ask, makeUser, must, type Parameters, type Received, send, signed } from '../walk/support/api.ts';
import { Keyshift } from '../walk/support/keyshift.ts';
import { allow, makeRole, trust } from '../walk/support/sessions.ts';
import { throughXml } from './model-problems.ts';
import { leastInput, type Trial, trialsOf } from './wrong-inputs.ts';

/** Every member of every operation of IAM and STS with what its model forbids, and with the most that it allows. */

const AT_ONCE = 8;
const WALK_MS_MAX = 240_000;

const TRIALS = [
  { service: 'iam' as const, table: iamTable, names: Object.keys(iamActions) },
  { service: 'sts' as const, table: stsTable, names: Object.keys(stsActions) },
].flatMap(({ service, table, names }) =>
  names.flatMap((name) => {
    const operation = table.operation(name);
    if (operation === undefined) throw new Error(`no operation ${name}`);
    return trialsOf(operation).map((trial) => ({ service, name, trial }));
  }),
);

let keyshift: Keyshift;
beforeAll(async () => {
  keyshift = await Keyshift.start({ flags: [] });
  const { root } = keyshift;
  await makeUser(root, 'bob', allow('iam:*'));
  await must(root, 'iam', 'CreateGroup', { GroupName: 'bob' });
  await must(root, 'iam', 'CreateInstanceProfile', { InstanceProfileName: 'bob' });
  await must(root, 'iam', 'CreateAccountAlias', { AccountAlias: 'bob' });
  await makeRole(root, 'bob', trust({ AWS: 'arn:aws:iam::123456789012:user/bob' }));
});
afterAll(async () => {
  expect(keyshift.output).not.toContain('a request failed');
  await keyshift.close();
});

async function answerTo({ service, name, trial }: (typeof TRIALS)[number]): Promise<Received> {
  // What is not known is passed over, with whatever else is wrong.
  const parameters = { Action: name, Nonsense: '1', 'Nonsense.member.1.Key': 'x', ...trial.parameters };
  const raw = signed(keyshift.root, service, parameters);
  if (trial.again === undefined) return send(keyshift.root, raw);
  const body = Buffer.concat([raw.body, Buffer.from(trial.again)]);
  return send(keyshift.root, signed(keyshift.root, service, { Action: name }, { with: { body } }));
}

function hasInput(name: string): boolean {
  const operation = iamTable.operation(name) ?? stsTable.operation(name);
  return (operation?.input?.members.length ?? 0) > 0;
}

/** Tells which trials do not go as `verdict` says. */
async function failuresOf(
  trials: typeof TRIALS,
  verdict: (trial: Trial, answer: Received) => string | undefined,
): Promise<string[]> {
  const waiting = trials[Symbol.iterator]();
  const failures: string[] = [];
  const work = async (): Promise<void> => {
    for (const one of waiting) {
      const failure = verdict(one.trial, await answerTo(one));
      if (failure !== undefined) failures.push(`${one.name} ${one.trial.what.slice(0, 100)}: ${failure}`);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
  return failures;
}

/** Everything that the operations could have changed. */
async function state(): Promise<string[]> {
  const lists = [
    'GetAccountAuthorizationDetails',
    'GetAccountSummary',
    'ListAccountAliases',
    'ListInstanceProfiles',
  ];
  const more = [
    'ListSAMLProviders',
    'ListOpenIDConnectProviders',
    'ListServerCertificates',
    'ListVirtualMFADevices',
  ];
  const answers = await Promise.all([...lists, ...more].map((name) => ask(keyshift.root, 'iam', name)));
  return answers.map(({ text }) => text.replace(/<RequestId>.*<\/RequestId>/, ''));
}

test('there is something to try with every operation that has an input', () => {
  const tried = new Set(TRIALS.map(({ name }) => name));
  const named = [...Object.keys(iamActions), ...Object.keys(stsActions)];
  const without = named.filter((name) => !tried.has(name));
  expect(without.filter((name) => hasInput(name))).toEqual([]);
  expect(TRIALS.length).toBeGreaterThan(20 * named.length);
});

test('what the model forbids is refused with its text, and changes nothing', {
  timeout: WALK_MS_MAX,
}, async () => {
  const before = await state();
  const failures = await failuresOf(
    TRIALS.filter(({ trial }) => trial.refusal !== undefined),
    ({ refusal }, { status, code, message }) => {
      const expected = `400 ${refusal?.code}: ${throughXml(refusal?.message ?? '')}`;
      const found = `${status} ${code}: ${message}`;
      return found === expected ? undefined : `${found}\n  not ${expected}`;
    },
  );
  expect(failures).toEqual([]);
  expect(await state()).toEqual(before);
});

describe('who may nothing', () => {
  /** What every principal may ask, says the API reference, or may ask of itself. */
  const OPEN = new Set(['GetCallerIdentity', 'GetSessionToken']);
  /** Members that are ARNs of something else than a user. */
  const ARNS: Parameters = {
    PolicyArn: 'arn:aws:iam::123456789012:policy/bob',
    PermissionsBoundary: 'arn:aws:iam::123456789012:policy/bob',
    SAMLProviderArn: 'arn:aws:iam::123456789012:saml-provider/bob',
    OpenIDConnectProviderArn: 'arn:aws:iam::123456789012:oidc-provider/bob.example.com',
    RoleArn: 'arn:aws:iam::123456789012:role/bob',
    AWSServiceName: 'redshift.amazonaws.com',
  };
  const inputOf = (service: 'iam' | 'sts', name: string): Parameters => {
    const operation = (service === 'iam' ? iamTable : stsTable).operation(name);
    if (operation === undefined) throw new Error(`no operation ${name}`);
    const least = leastInput(operation);
    const known = Object.entries(ARNS).filter(([member]) => Object.hasOwn(least, member));
    return { ...least, ...Object.fromEntries(known) };
  };
  const CALLS = [
    ...Object.keys(iamActions).map((name) => ({ service: 'iam' as const, name })),
    ...Object.keys(stsActions).map((name) => ({ service: 'sts' as const, name })),
  ].filter(({ name }) => !OPEN.has(name));

  test('is refused every operation, by its name, and changes nothing', { timeout: WALK_MS_MAX }, async () => {
    const nobody = await makeUser(keyshift.root, 'nobody');
    const before = await state();
    const outcomes: string[] = [];
    for (const { service, name } of CALLS) {
      const { status, code, message } = await ask(nobody, service, name, inputOf(service, name));
      const text = `User: arn:aws:iam::123456789012:user/nobody is not authorized to perform: ${service}:${name} on resource: `;
      if (status !== 403 || code !== 'AccessDenied' || !message.startsWith(text)) {
        outcomes.push(`${name}: ${status} ${code}: ${message}`);
      }
    }
    expect(outcomes).toEqual([]);
    expect(await state()).toEqual(before);
  });
});

test('what the model just allows is not refused for its length, and is no fault of ours', {
  timeout: WALK_MS_MAX,
}, async () => {
  const failures = await failuresOf(
    TRIALS.filter(({ trial }) => trial.refusal === undefined),
    ({ label }, { status, code, message }) => {
      const isLimit =
        label !== undefined && message.includes(`at '${label}' failed`) && message.includes('length');
      return status >= 500 || isLimit ? `${status} ${code}: ${message}` : undefined;
    },
  );
  expect(failures).toEqual([]);
});
