import { scryptSync } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { systemRandom } from '../../../src/core/ids.ts';
import { Secret } from '../../../src/core/secret.ts';
import { PasswordHasher } from '../../../src/iam/password-hasher.ts';
import type { PasswordPolicy } from '../../../src/iam/password-policy.ts';
import { requireGoodPassword } from '../../../src/iam/password-rules.ts';

const cheap = () => new PasswordHasher(systemRandom, 1);

describe('a password hash', () => {
  test('is of the full cost unless a test asks for less, and is scrypt', async () => {
    const salt = Buffer.alloc(16, 1);
    const hash = await new PasswordHasher(() => salt).hash(new Secret('pä$$'));
    const expected = scryptSync('pä$$', salt, 32, { N: 2 ** 15, r: 8, p: 3, maxmem: 64 * 1024 * 1024 });
    const text = (bytes: Buffer) => bytes.toString('base64').replaceAll('=', '');
    expect(hash).toBe(`$scrypt$ln=15,r=8,p=3$${text(salt)}$${text(expected)}`);
  });

  test('is verified with its own parameters, whatever new ones have', async () => {
    const hash = await cheap().hash(new Secret('one'));
    const hasher = new PasswordHasher(systemRandom, 2);
    expect(await hasher.verify(new Secret('one'), hash)).toBe(true);
    expect(await hasher.verify(new Secret('two'), hash)).toBe(false);
    expect(await hasher.verify(new Secret('one'), undefined)).toBe(false);
  });

  test('of one password is another each time', async () => {
    const hasher = cheap();
    expect(await hasher.hash(new Secret('one'))).not.toBe(await hasher.hash(new Secret('one')));
  });

  test.each(['', 'plain', '$scrypt$ln=15,r=8,p=3$AAAA$AAAA', '$argon2id$v=19$x$y$z'])(
    'of the unknown form %j is an error, not a no',
    async (hash) => {
      await expect(cheap().verify(new Secret('one'), hash)).rejects.toThrow('unknown form');
    },
  );

  test('is made two at a time; fifty wait, and the next is told to come back', async () => {
    const hasher = cheap();
    const jobs = Array.from({ length: 60 }, () => hasher.hash(new Secret('one')));
    const outcomes = await Promise.allSettled(jobs);
    const refused = outcomes.filter((outcome) => outcome.status === 'rejected');
    expect(refused).toHaveLength(8);
    for (const { reason } of refused) expect(reason).toMatchObject({ code: 'Throttling', status: 400 });
    // The turns are all given back.
    const again = await Promise.allSettled(Array.from({ length: 52 }, () => hasher.hash(new Secret('two'))));
    expect(again.every(({ status }) => status === 'fulfilled')).toBe(true);
  });
});

describe('the rules for passwords', () => {
  test.each(['Abcdefg1', 'abcdefg1!', 'ABCDEFG1!', `Ab1${'x'.repeat(125)}`, "Abcdefg'", 'Größe 12'])(
    'let %j pass',
    (text) => {
      expect(() => requireGoodPassword(new Secret(text), undefined, [])).not.toThrow();
    },
  );

  test.each([
    '',
    'Abcdef1',
    'abcdefgh',
    'abcdefg1',
    'Abcdefgh',
    'abcdefg!',
    `Ab1${'x'.repeat(126)}`,
    'Abcdefg1\0',
    'Abcdefg1猫',
  ])('do not let %j pass', (text) => {
    expect(() => requireGoodPassword(new Secret(text), undefined, [])).toThrow(
      expect.objectContaining({ code: 'PasswordPolicyViolation', status: 400 }),
    );
  });

  test('do not let the name of the account pass, in any case, nor print the password', () => {
    const password = new Secret('Example-Corp-1');
    expect(() => requireGoodPassword(password, undefined, ['example-corp-1'])).toThrow(
      expect.objectContaining({ message: expect.not.stringContaining('Example-Corp-1') }),
    );
    expect(() => requireGoodPassword(password, undefined, ['other'])).not.toThrow();
  });
});

describe('the rules that an account has set', () => {
  const lax: PasswordPolicy = {
    charactersMin: 6,
    requireSymbols: false,
    requireNumbers: false,
    requireUppercase: false,
    requireLowercase: false,
    usersMayChange: false,
    ageDaysMax: undefined,
    reusePrevention: undefined,
    hardExpiry: false,
  };
  const strict = {
    ...lax,
    charactersMin: 10,
    requireSymbols: true,
    requireNumbers: true,
    requireUppercase: true,
    requireLowercase: true,
  };

  test.each(['aaaaaa', 'Abcdef', `${'x'.repeat(128)}`])('replace the default ones: %j', (text) => {
    expect(() => requireGoodPassword(new Secret(text), lax, ['aaaaaa'])).not.toThrow();
  });

  test.each([
    ['aaaaa', lax, 'Password should have a minimum length of 6'],
    [
      'x'.repeat(129),
      lax,
      'Password should have at most 128 characters, of the Basic Latin and Latin-1 sets',
    ],
    ['Abcdef1!9', strict, 'Password should have a minimum length of 10'],
    ['Abcdefg123', strict, 'Password should have at least one symbol'],
    ['Abcdefghi!', strict, 'Password should have at least one number'],
    ['abcdefg12!', strict, 'Password should have at least one uppercase letter'],
    ['ABCDEFG12!', strict, 'Password should have at least one lowercase letter'],
  ])('say of %j what it lacks', (text, policy, message) => {
    expect(() => requireGoodPassword(new Secret(text), policy, [])).toThrow(
      expect.objectContaining({ code: 'PasswordPolicyViolation', status: 400, message }),
    );
  });

  test('let a password pass that follows every one of them', () => {
    expect(() => requireGoodPassword(new Secret('Abcdefg12!'), strict, [])).not.toThrow();
  });
});
