import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { systemRandom } from '../../../src/core/ids.ts';
import { parseIpRange } from '../../../src/core/ip-range.ts';
import {
  type CredentialCheck,
  checkCredential,
  issuerTag,
  mintCredential,
} from '../../../src/redshift/credential.ts';
import { CREDENTIAL_CONNECTIONS_MAX, SESSION_SECONDS_MAX } from '../../../src/redshift/credential-limits.ts';
import { ARN, clusterKeys, seededRandom, termsOf } from './keys.ts';

const KEYS = clusterKeys();
const EXPIRES = new Date('2026-03-01T12:15:00Z');
const BEFORE = new Date(EXPIRES.getTime() - 1);
const CLAIMS = { clusterArn: ARN, loginName: 'IAMA:temp_creds_user:g1,g2' };
const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';

const userName = fc.stringMatching(/^[A-Za-z][A-Za-z0-9_+.@-]{0,62}$/);
const groupName = fc.stringMatching(/^[a-z][a-z0-9_+.@-]{0,20}$/);
const loginName = fc
  .tuple(fc.constantFrom('IAM', 'IAMA'), userName, fc.array(groupName, { maxLength: 4 }))
  .map(([prefix, user, groups]) => [prefix, user, ...(groups.length === 0 ? [] : [groups.join()])].join(':'));
const expiry = fc.integer({ min: 1, max: 0xffff_ffff }).map((seconds) => new Date(seconds * 1000));
const database = fc.option(userName, { nil: undefined });

function minted(name: string | undefined = 'dev', random = seededRandom()) {
  const { password, credentialId } = mintCredential(KEYS, CLAIMS, termsOf(name, EXPIRES), random);
  return { password: password.reveal(), credentialId };
}

const outcome = (check: CredentialCheck): string => (check.ok ? 'ok' : check.reason);
const check = (password: string, with_: { claims?: typeof CLAIMS; database?: string; now?: Date } = {}) =>
  checkCredential(KEYS, password, with_.claims ?? CLAIMS, with_.database ?? 'dev', with_.now ?? BEFORE);

describe('a credential', () => {
  test('opens what it was minted for until it expires, whatever the names and the time', () => {
    fc.assert(
      fc.property(loginName, database, expiry, userName, (name, bound, expiresAt, wanted) => {
        const claims = { clusterArn: ARN, loginName: name };
        const { password, credentialId } = mintCredential(
          KEYS,
          claims,
          termsOf(bound, expiresAt),
          systemRandom,
        );
        const at = (ms: number) =>
          checkCredential(
            KEYS,
            password.reveal(),
            claims,
            bound ?? wanted,
            new Date(expiresAt.getTime() + ms),
          );
        expect(at(-1)).toMatchObject({ ok: true, credential: { credentialId, expiresAt } });
        expect(at(-1000)).toMatchObject({ ok: true, credential: { credentialId, expiresAt } });
        expect(at(0)).toMatchObject({
          ok: false,
          reason: 'expired',
          credential: { credentialId, expiresAt },
        });
        expect(at(1)).toMatchObject({
          ok: false,
          reason: 'expired',
          credential: { credentialId, expiresAt },
        });
      }),
    );
  });

  test('is shorter than 128 characters, of letters, digits, - and _, whatever it is for', () => {
    fc.assert(
      fc.property(loginName, database, expiry, (name, bound, expiresAt) => {
        const claims = { clusterArn: ARN, loginName: name };
        const { password, credentialId } = mintCredential(
          KEYS,
          claims,
          termsOf(bound, expiresAt),
          systemRandom,
        );
        expect(password.reveal()).toMatch(/^[A-Za-z0-9_-]{32,127}$/);
        expect(credentialId).toMatch(/^[0-9a-f]{24}$/);
      }),
    );
  });

  test('is another one at every call', () => {
    const all = Array.from({ length: 100 }, () => minted('dev', systemRandom));
    expect(new Set(all.map(({ password }) => password)).size).toBe(100);
    expect(new Set(all.map(({ credentialId }) => credentialId)).size).toBe(100);
  });

  test('is as long, and holds as well, for the longest name: 50 groups of 63 characters', () => {
    const groups = Array.from({ length: 50 }, (_, at) => `g${at}`.padEnd(63, 'x'));
    const claims = { clusterArn: ARN, loginName: `IAMA:${'u'.repeat(63)}:${groups.join()}` };
    const password = mintCredential(KEYS, claims, termsOf('dev', EXPIRES), seededRandom()).password.reveal();
    expect(password.length).toBeLessThan(128);
    expect(outcome(check(password, { claims }))).toBe('ok');
    const other = { ...claims, loginName: `${claims.loginName.slice(0, -1)}y` };
    expect(outcome(check(password, { claims: other }))).toBe('not-authentic');
  });

  test('may be used again and again', () => {
    const { password } = minted();
    expect([check(password), check(password), check(password)].map(outcome)).toEqual(['ok', 'ok', 'ok']);
  });

  test('does not show the names that it is for', () => {
    const { password } = minted();
    const bytes = Buffer.from(password, 'base64url').toString('latin1');
    for (const name of ['temp_creds_user', 'g1', 'dev', 'examplecluster']) expect(bytes).not.toContain(name);
  });

  test('expires in whole seconds, rounded down', () => {
    const late = new Date(EXPIRES.getTime() + 999);
    const { password } = mintCredential(KEYS, CLAIMS, termsOf('dev', late), seededRandom());
    expect(check(password.reveal())).toMatchObject({ ok: true, credential: { expiresAt: EXPIRES } });
    expect(outcome(check(password.reveal(), { now: EXPIRES }))).toBe('expired');
  });
});

describe('a changed credential is refused', () => {
  test('with any single bit flipped', () => {
    const { password } = minted();
    const bytes = Buffer.from(password, 'base64url');
    for (let bit = 0; bit < bytes.length * 8; bit++) {
      const changed = Buffer.from(bytes);
      changed.writeUInt8(changed.readUInt8(bit >> 3) ^ (1 << (bit & 7)), bit >> 3);
      const reason = outcome(check(changed.toString('base64url')));
      expect(['malformed', 'unknown-key', 'not-authentic'], `bit ${bit}`).toContain(reason);
    }
  });

  test('with any single character exchanged for any other', () => {
    const { password } = minted();
    fc.assert(
      fc.property(fc.nat(password.length - 1), fc.constantFrom(...ALPHABET), (at, letter) => {
        fc.pre(password.charAt(at) !== letter);
        const changed = password.slice(0, at) + letter + password.slice(at + 1);
        expect(check(changed).ok).toBe(false);
      }),
      { numRuns: 500 },
    );
  });

  test('with its parts taken from two credentials', () => {
    // What stands at the front of both is the same, so the earliest cuts give the second one whole.
    const [a, b] = [minted('dev', seededRandom('a')), minted('dev', seededRandom('b'))];
    for (let cut = 1; cut < a.password.length; cut++) {
      const joined = a.password.slice(0, cut) + b.password.slice(cut);
      expect(check(joined).ok, `cut at ${cut}`).toBe(joined === b.password || joined === a.password);
    }
  });

  test.each<[string, (password: string) => string]>([
    ['nothing', () => ''],
    ['one character less', (password) => password.slice(0, -1)],
    ['one character more', (password) => `${password}A`],
    ['padding', (password) => `${password}==`],
    ['a blank', (password) => ` ${password.slice(1)}`],
    ['a line feed behind it', (password) => `${password}\n`],
    ['a line feed in it', (password) => `${password.slice(0, -1)}\n`],
    ['a null character', (password) => `${password.slice(0, -1)}\0`],
    ['the ordinary base64 alphabet', (password) => `+/${password.slice(2)}`],
    ['letters outside ASCII', (password) => `\u0661${password.slice(1)}`],
    ['itself twice', (password) => password + password],
  ])('as malformed when it is %s', (_what, change) => {
    expect(outcome(check(change(minted().password)))).toBe('malformed');
  });

  test('and no text that was not minted is taken, nor does any make it fail', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 200 }), (text) => {
        expect(check(text).ok).toBe(false);
      }),
    );
    const token = fc.array(fc.constantFrom(...ALPHABET), { minLength: 96, maxLength: 96 });
    fc.assert(
      fc.property(token, (letters) => {
        expect(check(letters.join('')).ok).toBe(false);
      }),
    );
  });
});

describe('a credential is refused as not authentic', () => {
  test.each([
    'IAM:temp_creds_user:g1,g2',
    'IAMA:temp_creds_user',
    'IAMA:temp_creds_user:g1',
    'IAMA:temp_creds_user:g2,g1',
    'IAMA:temp_creds_user:g1,g2,g3',
    'IAMA:Temp_creds_user:g1,g2',
    'IAMA:temp_creds_use:rg1,g2',
    'iama:temp_creds_user:g1,g2',
    'IAMA:temp_creds_user:g1,g2 ',
    'temp_creds_user',
    '',
  ])('for the login name %j', (name) => {
    const claims = { clusterArn: ARN, loginName: name };
    expect(outcome(check(minted().password, { claims }))).toBe('not-authentic');
  });

  test('for any other login name or ARN', () => {
    const { password } = minted();
    fc.assert(
      fc.property(fc.oneof(loginName, fc.string({ unit: 'binary' })), (name) => {
        fc.pre(name !== CLAIMS.loginName);
        expect(outcome(check(password, { claims: { clusterArn: ARN, loginName: name } }))).toBe(
          'not-authentic',
        );
        const claims = { clusterArn: name, loginName: CLAIMS.loginName };
        expect(outcome(check(password, { claims }))).toBe('not-authentic');
      }),
    );
  });

  test.each([
    ARN.replace('us-west-2', 'us-east-1'),
    ARN.replace('123456789012', '123456789013'),
    `${ARN}2`,
    ARN.toUpperCase(),
  ])('for the cluster %s, even with the same key', (clusterArn) => {
    expect(outcome(check(minted().password, { claims: { ...CLAIMS, clusterArn } }))).toBe('not-authentic');
  });

  test('when a character moves from the ARN to the login name', () => {
    const claims = { clusterArn: ARN.slice(0, -1), loginName: `${ARN.at(-1)}${CLAIMS.loginName}` };
    expect(outcome(check(minted().password, { claims }))).toBe('not-authentic');
  });

  test('by the keys of another cluster and of another installation', () => {
    const { password } = minted();
    const other = clusterKeys(`${ARN}2`);
    expect(outcome(checkCredential(other, password, CLAIMS, 'dev', BEFORE))).toBe('not-authentic');
    const foreign = clusterKeys(ARN, [1], 99);
    expect(outcome(checkCredential(foreign, password, CLAIMS, 'dev', BEFORE))).toBe('not-authentic');
  });

  test('before anything else is told of it: not that it is expired, nor that it is for another database', () => {
    const claims = { ...CLAIMS, loginName: 'IAM:other' };
    const late = new Date(EXPIRES.getTime() + 1000);
    const refused = check(minted().password, { claims, database: 'other', now: late });
    expect(refused).toEqual({ ok: false, reason: 'not-authentic' });
  });
});

describe('the database of a credential', () => {
  test('is the one it was minted for, exactly', () => {
    const { password, credentialId } = minted('dev');
    for (const other of ['', 'Dev', 'DEV', 'dev ', 'dev2', 'de', 'postgres', CLAIMS.loginName]) {
      const refused = check(password, { database: other });
      expect(refused).toMatchObject({
        ok: false,
        reason: 'other-database',
        credential: { credentialId, expiresAt: EXPIRES },
      });
    }
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (other) => {
        expect(outcome(check(password, { database: other }))).toBe(other === 'dev' ? 'ok' : 'other-database');
      }),
    );
  });

  test('is any one when none was named', () => {
    const password = mintCredential(
      KEYS,
      CLAIMS,
      termsOf(undefined, EXPIRES),
      seededRandom(),
    ).password.reveal();
    for (const any of ['dev', 'postgres', '', 'Ä'])
      expect(outcome(check(password, { database: any }))).toBe('ok');
  });

  test('does not matter once the credential is expired', () => {
    const { password } = minted('dev');
    expect(outcome(check(password, { database: 'other', now: EXPIRES }))).toBe('expired');
  });
});

describe('what a credential carries', () => {
  const address = fc.oneof(
    fc.tuple(fc.ipV4(), fc.integer({ min: 0, max: 32 })),
    fc.tuple(fc.ipV6(), fc.integer({ min: 0, max: 128 })),
  );
  const network = address.map(([text, bits]) => parseIpRange(`${text}/${bits}`));
  const limits = fc.record({
    sessionSeconds: fc.option(fc.integer({ min: 1, max: SESSION_SECONDS_MAX }), { nil: undefined }),
    connectionsMax: fc.option(fc.integer({ min: 1, max: CREDENTIAL_CONNECTIONS_MAX }), { nil: undefined }),
    network: fc.option(network, { nil: undefined }),
  });
  const terms = fc.record({
    limits,
    endsSessions: fc.boolean(),
    lifetimeSeconds: fc.integer({ min: 900, max: 3600 }),
    database,
    roleArn: fc.option(fc.constant('arn:aws:iam::123456789012:role/reader'), { nil: undefined }),
  });

  test('comes out as it went in, in 96, 104, 108 or 124 characters', () => {
    fc.assert(
      fc.property(terms, loginName, ({ lifetimeSeconds, roleArn, database: bound, ...given }, name) => {
        const claims = { clusterArn: ARN, loginName: name };
        const issuedAt = new Date(EXPIRES.getTime() - lifetimeSeconds * 1000);
        const issuer = { principalArn: 'arn:aws:iam::123456789012:user/alice', roleArn };
        const all = termsOf(bound, EXPIRES, { ...given, issuedAt, issuer });
        const password = mintCredential(KEYS, claims, all, systemRandom).password.reveal();
        expect([96, 104, 108, 124]).toContain(password.length);
        expect(checkCredential(KEYS, password, claims, bound ?? 'any', BEFORE)).toMatchObject({
          ok: true,
          credential: {
            ...given,
            issuedAt,
            expiresAt: EXPIRES,
            principalTag: issuerTag(issuer.principalArn),
            roleTag: roleArn === undefined ? '' : issuerTag(roleArn),
          },
        });
      }),
    );
  });

  test('cannot be changed: no bit of limits, issuer or times', () => {
    const network_ = parseIpRange('2001:db8::/48');
    const all = termsOf('dev', EXPIRES, {
      limits: { sessionSeconds: 600, connectionsMax: 3, network: network_ },
      endsSessions: true,
    });
    const bytes = Buffer.from(
      mintCredential(KEYS, CLAIMS, all, seededRandom()).password.reveal(),
      'base64url',
    );
    expect(bytes).toHaveLength(93);
    for (let bit = 0; bit < bytes.length * 8; bit++) {
      const changed = Buffer.from(bytes);
      changed.writeUInt8(changed.readUInt8(bit >> 3) ^ (1 << (bit & 7)), bit >> 3);
      expect(check(changed.toString('base64url')).ok, `bit ${bit}`).toBe(false);
    }
  });

  test('has tags that differ between issuers, and between clusters for one database', () => {
    expect(issuerTag('arn:aws:iam::123456789012:user/alice')).toMatch(/^[0-9a-f]{10}$/);
    expect(issuerTag('arn:aws:iam::123456789012:user/alice')).not.toBe(
      issuerTag('arn:aws:iam::123456789012:user/Alice'),
    );
    const tag = (arn: string): string => {
      const minting = mintCredential(clusterKeys(arn), CLAIMS, termsOf('dev', EXPIRES), seededRandom());
      return Buffer.from(minting.password.reveal(), 'base64url').toString('hex', 22, 30);
    };
    expect(tag(ARN)).not.toBe(tag(`${ARN}2`));
  });
});

describe('the versions of the key', () => {
  const old = clusterKeys(ARN, [1]);
  const both = clusterKeys(ARN, [1, 2]);
  const young = clusterKeys(ARN, [2]);
  const mintBy = (keys: typeof old) =>
    mintCredential(keys, CLAIMS, termsOf('dev', EXPIRES), seededRandom()).password.reveal();
  const checkBy = (keys: typeof old, password: string) =>
    outcome(checkCredential(keys, password, CLAIMS, 'dev', BEFORE));

  test('that are kept verify what they minted', () => {
    expect(checkBy(both, mintBy(old))).toBe('ok');
    expect(checkBy(both, mintBy(both))).toBe('ok');
  });

  test('that are gone or not yet known verify nothing', () => {
    expect(checkBy(young, mintBy(old))).toBe('unknown-key');
    expect(checkBy(old, mintBy(both))).toBe('unknown-key');
  });

  test('mint with the newest', () => {
    expect(checkBy(young, mintBy(both))).toBe('ok');
  });

  test('are never mistaken for each other', () => {
    const token = Buffer.from(mintBy(old), 'base64url');
    const renamed = Buffer.from(token);
    renamed.writeUInt16BE(2, 2);
    expect(checkBy(both, renamed.toString('base64url'))).toBe('not-authentic');
  });

  test('must have the current one to mint with', () => {
    expect(() => mintBy({ current: 3, keys: both.keys })).toThrow('no current key');
  });
});
