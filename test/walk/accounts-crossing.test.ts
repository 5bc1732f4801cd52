import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Member, Shape } from '../../src/api/services/table.ts';
import { apiServices } from '../../src/api-services.ts';
import type { Endpoint } from '../../src/client/call.ts';
import { getClusterCredentials } from '../../src/client/index.ts';
import { samlMetadata, selfSigned } from '../unit/iam/self-signed.ts';
import { makeAccount, rowsOfAccount, type SecondAccount } from './support/accounts.ts';
import { ask, askJson, makeUser, type Received, type ServiceName } from './support/api.ts';
import { makeEverything, type Names, namesOfNothing } from './support/everything.ts';
import { Keyshift } from './support/keyshift.ts';
import { logIn } from './support/logins.ts';
import { allow, trust } from './support/sessions.ts';

/**
 * Tries to cross from one account into another: every operation that names a thing is called by administrators of one
 * account with the names of the other's things. Each must be answered as for a thing that nobody has, to the letter,
 * and nothing of the other account may have changed. Operations and their members come from the service tables, so a
 * new operation is tried without a word here.
 */

const MARK = 'ours-a1';
const OWN = 'own-b2';
const NOBODY = 'none-c3';
const CLUSTER_MS_MAX = 60_000;

let keyshift: Keyshift;
let first: SecondAccount;
let second: SecondAccount;
/** Of the first account, of nobody, and of the second account. */
let theirs: Names;
let nobodys: Names;
let own: Names;
let fillers: ReadonlyMap<string, unknown>;
let closing: () => Promise<void> = async () => {};

beforeAll(async () => {
  keyshift = await Keyshift.start({ flags: [] });
  [first, second] = [await makeAccount(keyshift), await makeAccount(keyshift)];
  const signed = await selfSigned('crossing.example.com');
  const [made, ownMade] = await Promise.all([
    makeEverything(first, MARK, signed),
    makeEverything(second, OWN, signed),
  ]);
  own = ownMade;
  for (const { root } of [first, second]) await allAvailable(root);
  const request = { clusterIdentifier: MARK, dbUser: 'somebody', autoCreate: true, dbName: 'dev' };
  const credentials = await getClusterCredentials(first.root, request, new Date());
  const port = Number((await ask(first.root, 'redshift', 'DescribeClusters')).texts('Port')[0]);
  const login = { user: credentials.dbUser, password: credentials.dbPassword.reveal() };
  const client = await logIn(keyshift, login, { port, database: 'dev' });
  closing = () => client.end();
  const [session = '{}'] = (await ask(first.root, 'keyshift', 'ListSessions')).texts('member');
  const { sessionId, credentialId } = JSON.parse(session) as { sessionId: string; credentialId: string };
  const Id = await statementOf(first.root);
  made.set('Id', Id).set('SessionId', sessionId).set('CredentialId', credentialId).set('DbUser', 'somebody');
  theirs = made;
  nobodys = namesOfNothing(made, MARK, NOBODY);
  fillers = fillersWith(signed);
});
afterAll(async () => {
  await closing();
  await keyshift?.close();
});

/** A statement of the Data API that has run. */
async function statementOf(root: Endpoint): Promise<string> {
  const call = async (operation: string, input: object) => {
    const answer = await askJson(root, 'redshift-data', 'RedshiftData', operation, input);
    if (answer.status !== 200) throw new Error(answer.text);
    return JSON.parse(answer.text) as { Id: string; Status: string };
  };
  const order = { ClusterIdentifier: MARK, Database: 'dev', DbUser: 'somebody', Sql: 'SELECT 42 AS secret' };
  const { Id } = await call('ExecuteStatement', order);
  const deadline = Date.now() + CLUSTER_MS_MAX;
  for (;;) {
    const { Status } = await call('DescribeStatement', { Id });
    if (Status === 'FINISHED') return Id;
    if (Status === 'FAILED' || Date.now() > deadline) throw new Error(`the statement is ${Status}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

async function allAvailable(root: Endpoint): Promise<void> {
  const deadline = Date.now() + CLUSTER_MS_MAX;
  for (;;) {
    const statuses = (await ask(root, 'redshift', 'DescribeClusters')).texts('ClusterStatus');
    if (statuses.every((status) => status === 'available')) return;
    if (Date.now() > deadline) throw new Error(`clusters are ${statuses.join(', ')}`);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

/** What is required and names nothing. */
function fillersWith(signed: { readonly certificate: string; readonly privateKey: string }) {
  const document = JSON.stringify(allow('iam:GetUser'));
  return new Map<string, unknown>([
    ['AWSServiceName', 'autoscaling.amazonaws.com'],
    ['ActionNames', ['iam:GetUser']],
    ['ActionType', 'recommend-node-config'],
    ['AssumeRolePolicyDocument', JSON.stringify(trust({ AWS: '*' }))],
    ['AuthenticationCode1', '123456'],
    ['AuthenticationCode2', '654321'],
    ['AuthenticationProfileContent', '{}'],
    ['BySeconds', 1],
    ['CertificateBody', signed.certificate],
    ['ClientID', 'client'],
    ['ClusterIdentifier', OWN],
    ['CustomDomainCertificateArn', 'arn:aws:acm:us-west-2:123456789012:certificate/1234'],
    ['DbUser', 'somebody'],
    ['Database', 'dev'],
    ['Description', 'described'],
    ['EncodedMessage', 'x'],
    ['Encoding', 'SSH'],
    ['GlobalEndpointTokenVersion', 'v1Token'],
    ['Name', 'somebody'],
    ['NewPassword', 'Sunny-Day-2027'],
    ['OldPassword', 'Sunny-Day-2026'],
    ['ParameterGroupFamily', 'redshift-1.0'],
    ['Parameters', [{ ParameterName: 'statement_timeout', ParameterValue: '1000' }]],
    ['PolicyDocument', document],
    ['PolicyInputList', [document]],
    ['PrivateKey', signed.privateKey],
    ['Quotas', [{ Name: 'users', Value: 5 }]],
    ['RoleSessionName', 'session'],
    ['SAMLMetadataDocument', samlMetadata(signed.certificate)],
    ['SSHPublicKeyBody', 'ssh-rsa AAAA'],
    ['ServiceName', 'codecommit.amazonaws.com'],
    ['ServiceNamespace', 'iam'],
    ['ServiceNamespaces', ['iam']],
    ['Sql', 'SELECT 1'],
    ['Sqls', ['SELECT 1']],
    ['Status', 'Inactive'],
    ['SubnetIds', ['subnet-1']],
    ['TagKeys', ['key']],
    ['Tags', [{ Key: 'key', Value: 'value' }]],
    ['ThumbprintList', ['0'.repeat(40)]],
    ['VersionId', 'v1'],
  ]);
}

interface Attempt {
  readonly service: string;
  /** Of the JSON protocol. */
  readonly target: string | undefined;
  readonly operation: string;
  readonly members: readonly Member[];
  /** The member that names a thing of the other account; `all` for every one that has to be given. */
  readonly member: string;
  inputWith(names: Names): Record<string, unknown>;
}

/** Not tried, with the reason. */
const NOT_TRIED = new Map([
  ['redshift:CreateCluster', 'it starts a server; two clusters of one name are in accounts-clusters'],
  ['keyshift:MoveClock', 'it names nothing'],
]);

function attempts(): Attempt[] {
  return apiServices().flatMap(({ table, actions }) =>
    [...actions.keys()]
      .filter((operation) => !NOT_TRIED.has(`${table.name}:${operation}`))
      .flatMap((operation) => {
        const members = table.operation(operation)?.input?.members ?? [];
        const naming = members.filter(({ name }) => theirs.has(name)).map(({ name }) => name);
        // The Data API looks at a cluster only if it knows the database.
        const isGiven = (member: Member) =>
          member.required || (table.name === 'redshift-data' && member.name === 'Database');
        const required = members.filter(isGiven);
        const inputWith = (chosen: readonly string[]) => (names: Names) =>
          Object.fromEntries([
            ...required.map(({ name }) => [name, chosen.includes(name) ? names.get(name) : givenBy(name)]),
            ...chosen.map((name) => [name, names.get(name)]),
          ]);
        const one = naming.map((member) => ({ member, inputWith: inputWith([member]) }));
        const together = naming.filter((name) => required.some((member) => member.name === name));
        const all = together.length > 1 ? [{ member: 'all', inputWith: inputWith(together) }] : [];
        return [...one, ...all].map((attempt) => ({
          service: table.name,
          target: table.target,
          operation,
          members,
          ...attempt,
        }));
      }),
  );
}

/** A value of the second account's own, or one that names nothing. */
function givenBy(name: string): unknown {
  const value = own.get(name) ?? fillers.get(name);
  if (value === undefined) throw new Error(`the required member ${name} has no filler: add one`);
  return value;
}

function send(caller: Endpoint, attempt: Attempt, names: Names): Promise<Received> {
  const input = attempt.inputWith(names);
  const { service, target, operation } = attempt;
  if (target !== undefined) return askJson(caller, service, target, operation, input);
  const parameters = Object.entries(input).flatMap(([name, value]) => {
    const member = attempt.members.find((one) => one.name === name);
    return member === undefined ? [] : flattened(member.wire, member.shape, value);
  });
  return ask(caller, attempt.service as ServiceName, attempt.operation, Object.fromEntries(parameters));
}

/** As the query protocol writes a value. */
function flattened(prefix: string, shape: Shape, value: unknown): [string, string][] {
  if (shape.kind === 'list') {
    const items = Array.isArray(value) ? value : [value];
    return items.flatMap((item, n) => flattened(`${prefix}.${shape.item}.${n + 1}`, shape.element, item));
  }
  if (shape.kind === 'structure') {
    return Object.entries(value as object).flatMap(([name, member]) => {
      const found = shape.members.find((one) => one.name === name);
      return found === undefined ? [] : flattened(`${prefix}.${found.wire}`, found.shape, member);
    });
  }
  return [[prefix, String(value)]];
}

/** An answer without what is of this one call, and with what was named taken out. */
function shape({ status, text }: Received, named: Names): string {
  let told = text;
  // An ARN that was named tells the account too.
  const values = [...named.values(), first.accountId].sort((a, b) => b.length - a.length);
  for (const value of values) {
    for (const form of [value, encodeURIComponent(value)]) told = told.replaceAll(form, '<named>');
  }
  const isRefusal = status >= 400;
  // What was made differs in its ids, times and secrets.
  const body = isRefusal ? told.replaceAll(/<RequestId>[^<]*<\/RequestId>/g, '') : '';
  return `${status} ${body}`;
}

/** Whether an answer holds anything of the first account's things that was not said in the question. */
function tellsMore({ text }: Received, { member }: Attempt): boolean {
  let told = text;
  for (const value of [...theirs.values()].filter((one) => one.includes(first.accountId))) {
    for (const form of [value, encodeURIComponent(value)]) told = told.replaceAll(form, '');
  }
  const statement = theirs.get('Id') ?? '';
  if (member !== 'Id' && told.includes(statement)) return true;
  return [first.accountId, `tag-of-${MARK}`, `described-for-${MARK}`].some((secret) => told.includes(secret));
}

/** Calls that name no thing of an account, so that they succeed: each with what it does. */
const SUCCEEDING = new Map([
  ['iam:DeleteOpenIDConnectProvider OpenIDConnectProviderArn', 'deleting what is not there succeeds'],
  ['iam:SimulateCustomPolicy CallerArn', 'the caller of a simulation may be anybody'],
  ['iam:SimulatePrincipalPolicy CallerArn', 'the same'],
  ['sts:GetAccessKeyInfo AccessKeyId', 'tells the account of a key, as on AWS'],
  ['redshift-data:ListSessions ClusterIdentifier', 'lists what its own account has there, which is nothing'],
  ['redshift-data:ListSessions WorkgroupName', 'the same'],
  ['redshift-data:ListStatements ClusterIdentifier', 'the same'],
  ['redshift-data:ListStatements WorkgroupName', 'the same'],
  ['keyshift:RevokeAccess CredentialId', 'revokes an id in its own account, where nobody has it'],
  ['keyshift:RevokeAccess DbUser', 'revokes a name in its own account'],
  ['keyshift:WhoCanGetCredentials DbUser', 'asks about a name in its own account'],
  ['keyshift:WhyNotGetCredentials DbUser', 'the same'],
]);

/** Names that stand for one account everywhere: whether one is taken is told. */
const TOLD = new Set(['iam:CreateAccountAlias AccountAlias', 'sts:GetAccessKeyInfo AccessKeyId']);

/** Makes a thing of the name that it is given, in the caller's own account. */
const isMaking = ({ operation }: Attempt): boolean => /^(Create|Put|Upload)/.test(operation);

/** Makes the attempts, and tells which succeeded, which were not answered as for nobody, and which told too much. */
async function tried(
  list: readonly Attempt[],
  callers: readonly Endpoint[],
  [of, ofNobody] = [theirs, nobodys],
) {
  const succeeded = new Set<string>();
  const told = new Map<string, string>();
  const tooMuch: string[] = [];
  for (const attempt of list) {
    for (const caller of callers) {
      const name = `${attempt.service}:${attempt.operation} ${attempt.member}`;
      const answer = await send(caller, attempt, of);
      const other = await send(caller, attempt, ofNobody);
      if (answer.status < 400) succeeded.add(name);
      const [one, another] = [shape(answer, of), shape(other, ofNobody)];
      if (one !== another || answer.status >= 500) told.set(name, `${one} AGAINST ${another}`);
      if (tellsMore(answer, attempt) && !TOLD.has(name)) tooMuch.push(`${name}: ${answer.text}`);
    }
  }
  return { succeeded, told, tooMuch };
}

describe('an administrator of another account', () => {
  let before: readonly string[];
  let callers: readonly Endpoint[];
  beforeAll(async () => {
    before = await rowsOfAccount(keyshift, first.accountId);
    callers = [await makeUser(second.root, 'admin', allow('*')), second.root];
  });

  test('gets nowhere with the names of an account: each is answered as if nobody had it', async () => {
    expect(before.length).toBeGreaterThan(60);
    const list = attempts().filter((attempt) => !isMaking(attempt));
    expect(list.length).toBeGreaterThan(150);
    const { succeeded, told, tooMuch } = await tried(list, callers);
    expect([...told].filter(([name]) => !TOLD.has(name))).toEqual([]);
    expect([...succeeded].sort()).toEqual([...SUCCEEDING.keys()].sort());
    expect(tooMuch).toEqual([]);
    expect(await rowsOfAccount(keyshift, first.accountId)).toEqual(before);
  }, 120_000);

  test('gets nowhere with ARNs in the place of names', async () => {
    const asArns = (names: Names): Names =>
      new Map(
        [...names].map(([member, value]) => [member, value.startsWith('arn:') ? value : arnLike(value)]),
      );
    const arnLike = (value: string) => `arn:aws:iam::${first.accountId}:user/${value}`;
    const list = attempts().filter(({ member }) => !theirs.get(member)?.startsWith('arn:'));
    const { succeeded, told, tooMuch } = await tried(list, callers.slice(0, 1), [
      asArns(theirs),
      asArns(nobodys),
    ]);
    expect([...told]).toEqual([]);
    expect([...succeeded].sort()).toEqual(['keyshift:RevokeAccess DbUser']);
    expect(tooMuch).toEqual([]);
    expect(await rowsOfAccount(keyshift, first.accountId)).toEqual(before);
  }, 120_000);

  test('makes things of the same names in its own account, and nothing else changes', async () => {
    const { succeeded, told, tooMuch } = await tried(attempts().filter(isMaking), callers);
    expect([...told.keys()]).toEqual(['iam:CreateAccountAlias AccountAlias']);
    expect(succeeded).toContain('iam:CreateUser UserName');
    expect(tooMuch).toEqual([]);
    expect(await rowsOfAccount(keyshift, first.accountId)).toEqual(before);
  }, 120_000);
});
