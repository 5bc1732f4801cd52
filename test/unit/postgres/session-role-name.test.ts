import fc from 'fast-check';
import { expect, test } from 'vitest';
import { isIamUserName, isReservedRoleName } from '../../../src/core/names.ts';
import { sessionRoleName, sortedGroups } from '../../../src/postgres/session-role-name.ts';

const user = fc.stringMatching(/^[A-Za-z][A-Za-z0-9_+.@-]{0,62}$/);
const anyName = fc.oneof(
  user,
  fc.string({ minLength: 1, maxLength: 70, unit: 'grapheme' }),
  fc.constantFrom('a,b', 'a', 'b', 'a:b', 'b#'),
);
const groups = fc.array(anyName, { maxLength: 6 });

test('it names the user and its groups, sorted, each once', () => {
  expect(sessionRoleName('temp_creds_user', ['example_group'])).toBe('IAM:temp_creds_user:example_group');
  expect(sessionRoleName('u', ['b', 'a', 'b'])).toBe('IAM:u:a,b');
});

test('without groups it is still not the name of an IAM user', () => {
  expect(sessionRoleName('temp_creds_user', [])).toBe('IAM:temp_creds_user:');
  expect(sessionRoleName('u', [])).not.toBe(sessionRoleName('u', ['']));
  expect(sessionRoleName('u:g', [])).not.toBe(sessionRoleName('u', ['g']));
});

test('a name of 63 bytes is readable, one of 64 has a hash', () => {
  const room = 63 - 'IAM:u:'.length;
  expect(sessionRoleName('u', ['g'.repeat(room)])).toBe(`IAM:u:${'g'.repeat(room)}`);
  expect(sessionRoleName('u', ['g'.repeat(room + 1)])).toMatch(/^IAM:u:g{24}#[0-9a-f]{32}$/);
});

test('separators inside names never make two sets of groups one', () => {
  expect(sessionRoleName('u', ['a,b'])).not.toBe(sessionRoleName('u', ['a', 'b']));
  expect(sessionRoleName('u:a', ['b'])).not.toBe(sessionRoleName('u', ['a:b']));
});

test('it fits PostgreSQL’s names, whatever goes in, and is never one that a client may use', () => {
  fc.assert(
    fc.property(anyName, groups, (name, list) => {
      const role = sessionRoleName(name, list);
      expect(Buffer.byteLength(role)).toBeLessThanOrEqual(63);
      expect(isIamUserName(role)).toBe(false);
      expect(Buffer.from(role).toString()).toBe(role);
      expect(isReservedRoleName(role)).toBe(true);
    }),
    { numRuns: 500 },
  );
});

test('two users or two sets of groups never share a role; the order of groups does not matter', () => {
  fc.assert(
    fc.property(anyName, groups, anyName, groups, (name1, groups1, name2, groups2) => {
      const same =
        name1 === name2 && JSON.stringify(sortedGroups(groups1)) === JSON.stringify(sortedGroups(groups2));
      expect(sessionRoleName(name1, groups1) === sessionRoleName(name2, groups2)).toBe(same);
      expect(sessionRoleName(name1, [...groups1].reverse())).toBe(sessionRoleName(name1, groups1));
    }),
    { numRuns: 500 },
  );
});
