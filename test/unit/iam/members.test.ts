import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { encodeDocument, tagShapes } from '../../../src/api/actions/iam/shapes.ts';
import { renamed } from '../../../src/api/actions/iam/users.ts';
import {
  requireDescription,
  requireName,
  requirePath,
  requirePolicyPath,
} from '../../../src/iam/member-checks.ts';
import { requireTags } from '../../../src/iam/tags.ts';

const invalid = expect.objectContaining({ code: 'ValidationError', status: 400 });

describe('members of requests', () => {
  test.each([
    ['userName', 64],
    ['groupName', 128],
    ['policyName', 128],
  ] as const)('%s has %i characters at most', (member, max) => {
    expect(() => requireName(member, 'x'.repeat(max))).not.toThrow();
    expect(() => requireName(member, 'x'.repeat(max + 1))).toThrow(
      `at '${member}' failed to satisfy constraint: Member must have length less than or equal to ${max}`,
    );
    expect(() => requireName(member, '')).toThrow(invalid);
  });

  test('no name has a character that means something in an ARN or a policy', () => {
    fc.assert(
      fc.property(fc.string({ minLength: 1, maxLength: 64, unit: 'binary' }), (name) => {
        const isPlain = /^[A-Za-z0-9_+=,.@-]+$/.test(name);
        if (isPlain) expect(() => requireName('userName', name)).not.toThrow();
        else expect(() => requireName('userName', name)).toThrow(invalid);
      }),
    );
  });

  test('a name with a line end is refused', () => {
    expect(() => requireName('userName', 'bob\n')).toThrow(invalid);
  });

  test.each(['/', '/a/', '/a/b/', '/!~/', `/${'x'.repeat(510)}/`])('the path %j is taken', (path) => {
    expect(() => requirePath(path)).not.toThrow();
  });

  test.each(['//', '/a', 'a/', '/a b/', '/a/\n', `/${'x'.repeat(511)}/`])(
    'the path %j is refused',
    (path) => {
      expect(() => requirePath(path)).toThrow(invalid);
    },
  );

  test('the path of a policy has fewer characters to choose from', () => {
    expect(() => requirePolicyPath('/a/b-c/')).not.toThrow();
    for (const path of ['/a!/', '//', '/a*/', 'a/']) expect(() => requirePolicyPath(path)).toThrow(invalid);
  });

  test('a description has 1000 characters at most and no zero byte', () => {
    expect(() => requireDescription('ü'.repeat(1000))).not.toThrow();
    expect(() => requireDescription('x'.repeat(1001))).toThrow(invalid);
    expect(() => requireDescription('a\0b')).toThrow(invalid);
  });
});

describe('tags', () => {
  const tag = (key: string, value = '') => ({ key, value });

  test('may have letters, numbers and spaces of any script, and an empty value', () => {
    expect(() => requireTags([tag('Kostenstelle Süd'), tag('部門', '猫'), tag('a_.:/=+-@')])).not.toThrow();
    expect(() => requireTags([tag('k'.repeat(128), 'v'.repeat(256))])).not.toThrow();
  });

  test.each([
    tag(''),
    tag('k'.repeat(129)),
    tag('a*'),
    tag('a\0'),
    tag('k', 'v'.repeat(257)),
    tag('k', '<v>'),
  ])('cannot be %o', (wrong) => {
    expect(() => requireTags([wrong])).toThrow(invalid);
  });

  test.each(['aws:x', 'AWS:x'])('cannot have the key %s, which is reserved', (key) => {
    expect(() => requireTags([tag(key)])).toThrow(expect.objectContaining({ code: 'InvalidInput' }));
  });

  test('are left out of an answer when there are none', () => {
    expect(tagShapes([])).toBeUndefined();
    expect(tagShapes([tag('K', 'v')])).toEqual([{ Key: 'K', Value: 'v' }]);
  });
});

describe('shapes', () => {
  test('a policy document is encoded after RFC 3986 and decodes to itself', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), (text) => {
        const encoded = encodeDocument(text);
        expect(encoded).toMatch(/^[A-Za-z0-9._~%-]*$/);
        expect(decodeURIComponent(encoded)).toBe(text);
      }),
    );
  });

  test.each([
    ['/x/', 'eve', 'arn:aws:iam::1:user/x/eve'],
    [undefined, 'eve', 'arn:aws:iam::1:user/a/b/eve'],
    ['/', undefined, 'arn:aws:iam::1:user/bob'],
    [undefined, undefined, 'arn:aws:iam::1:user/a/b/bob'],
  ])('a user moved to %s and called %s is %s', (path, name, arn) => {
    expect(renamed('arn:aws:iam::1:user/a/b/bob', path, name)).toBe(arn);
  });
});
