import { describe, expect, test } from 'vitest';
import { contextOf, type RequestFacts } from '../../../src/iam/context.ts';
import { type Principal, rootPrincipal } from '../../../src/iam/principal.ts';

const BOB: Principal = {
  ...rootPrincipal('123456789012'),
  kind: 'user',
  arn: 'arn:aws:iam::123456789012:user/a/bob',
  userId: 'AIDAEXAMPLE',
  userName: 'bob',
  tags: new Map([['team', 'red']]),
};

const FACTS: RequestFacts = {
  sourceIp: '10.0.0.1',
  secureTransport: true,
  userAgent: 'aws-cli/2',
  region: 'us-west-2',
  at: new Date('2026-11-22T10:11:12.987Z'),
};

const factOf = (key: string, principal = BOB, facts = FACTS) => contextOf(principal, facts).get(key);

describe('the context of a request', () => {
  test.each([
    ['aws:userid', 'AIDAEXAMPLE'],
    ['aws:username', 'bob'],
    ['aws:principalarn', 'arn:aws:iam::123456789012:user/a/bob'],
    ['aws:principaltype', 'User'],
    ['aws:principalaccount', '123456789012'],
    ['aws:principaltag/team', 'red'],
    ['aws:principaltag/TEAM', 'red'],
    ['aws:resourceaccount', '123456789012'],
    ['aws:viaawsservice', 'false'],
    ['aws:principalisawsservice', 'false'],
    ['aws:sourceip', '10.0.0.1'],
    ['aws:securetransport', 'true'],
    ['aws:useragent', 'aws-cli/2'],
    ['aws:requestedregion', 'us-west-2'],
    ['aws:currenttime', '2026-11-22T10:11:12Z'],
    ['aws:epochtime', '1795342272'],
  ])('has %s = %s for a user', (key, value) => {
    expect(factOf(key)).toEqual([value]);
  });

  test('of the root user has its account as id, and no user name', () => {
    const root = rootPrincipal('123456789012');
    expect(factOf('aws:userid', root)).toEqual(['123456789012']);
    expect(factOf('aws:principaltype', root)).toEqual(['Account']);
    expect(factOf('aws:username', root)).toBeUndefined();
  });

  test.each([
    'aws:tokenissuetime',
    'aws:multifactorauthpresent',
    'aws:principaltag/',
    'aws:principaltag/x',
    'x',
    '__proto__',
  ])('does not have %s', (key) => {
    expect(factOf(key)).toBeUndefined();
  });

  test('has no user agent when the request has none', () => {
    expect(factOf('aws:useragent', BOB, { ...FACTS, userAgent: '' })).toBeUndefined();
  });

  test('shows an IPv4 address as such when it came through an IPv6 socket', () => {
    expect(factOf('aws:sourceip', BOB, { ...FACTS, sourceIp: '::ffff:10.1.2.3' })).toEqual(['10.1.2.3']);
    expect(factOf('aws:sourceip', BOB, { ...FACTS, sourceIp: '2001:db8::1' })).toEqual(['2001:db8::1']);
  });

  test('has the keys of the action besides, which hide nothing of the caller', () => {
    const extra = new Map([
      ['redshift:dbuser', ['bob', 'eve']],
      ['aws:userid', ['AIDASOMEONEELSE']],
    ]);
    const context = contextOf(BOB, FACTS, extra);
    expect(context.get('redshift:dbuser')).toEqual(['bob', 'eve']);
    expect(context.get('aws:userid')).toEqual(['AIDAEXAMPLE']);
  });
});
