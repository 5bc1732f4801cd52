import { describe, expect, test } from 'vitest';
import type { Caller } from '../../../../src/api/action.ts';
import { credentialOffers } from '../../../../src/api/actions/redshift/credential-offers.ts';
import { requireAllowed } from '../../../../src/api/authorize-call.ts';
import { formatIpAddress, parseIpAddress } from '../../../../src/core/ip-range.ts';
import { rootPrincipal } from '../../../../src/iam/principal.ts';
import { compilePolicy } from '../../../../src/policy/compile.ts';
import { parsePolicyDocument } from '../../../../src/policy/document.ts';
import { policySet } from '../../../../src/policy/policy-set.ts';
import type { LoginSettings } from '../../../../src/redshift/login-settings.ts';

const SETTINGS: LoginSettings = {
  sessionSeconds: undefined,
  endSessionsAtExpiry: false,
  revokeOnRemoval: false,
};
const PAIR = { action: 'redshift:GetClusterCredentials', resource: '*' };

interface Part {
  readonly Effect?: string;
  readonly Condition?: object;
}

function callerWith(...parts: readonly Part[]): Caller {
  const Statement = parts.map((part) => ({ Effect: 'Allow', Action: '*', Resource: '*', ...part }));
  const text = JSON.stringify({ Version: '2012-10-17', Statement });
  const policy = compilePolicy(parsePolicyDocument(text, 'identity'), { kind: 'inline', id: 'p' });
  return {
    principal: {
      ...rootPrincipal('123456789012'),
      kind: 'user',
      policies: policySet({ identity: [policy] }),
    },
    requestId: 'r',
    sourceIp: '127.0.0.1',
    secureTransport: true,
    userAgent: '',
    region: 'us-west-2',
    at: new Date('2026-03-01T12:00:00Z'),
    granted: undefined,
    accessKeyId: 'AKIATEST',
    require: () => {},
    may: () => true,
    concerns: () => {},
    note: () => {},
  };
}

function granted(parts: readonly Part[], settings = SETTINGS): unknown {
  const caller = callerWith(...parts);
  try {
    const limits = requireAllowed([PAIR], caller, credentialOffers(settings, caller))?.limits;
    const { sessionSeconds, connectionsMax, network } = limits ?? {};
    return [
      sessionSeconds,
      connectionsMax,
      network && `${formatIpAddress(network.address)}/${network.prefixBits}`,
    ];
  } catch {
    return 'denied';
  }
}

const seconds = (operator: string, value: string): Part => ({
  Condition: { [operator]: { 'keyshift:SessionSeconds': value } },
});
const network = (...values: string[]): Part => ({
  Condition: { IpAddress: { 'keyshift:SourceNetwork': values } },
});
const deny = (part: Part): Part => ({ ...part, Effect: 'Deny' });
const WITHOUT = deny({ Condition: { Null: { 'keyshift:SessionSeconds': 'true' } } });

describe('what a credential is limited to', () => {
  test.each<[string, readonly Part[], unknown]>([
    ['nothing, where a policy asks for nothing', [{}], [undefined, undefined, undefined]],
    [
      'nothing, where one of two policies asks for nothing',
      [{}, seconds('NumericEquals', '60')],
      [undefined, undefined, undefined],
    ],
    [
      'the seconds that are allowed at most',
      [seconds('NumericLessThanEquals', '3600')],
      [3600, undefined, undefined],
    ],
    [
      'one second less than what it must be below',
      [seconds('NumericLessThan', '3600')],
      [3599, undefined, undefined],
    ],
    [
      'the longest of several',
      [seconds('NumericLessThanEquals', '60'), seconds('NumericLessThanEquals', '90')],
      [90, undefined, undefined],
    ],
    [
      'what a deny leaves',
      [{}, WITHOUT, deny(seconds('NumericGreaterThan', '120'))],
      [120, undefined, undefined],
    ],
    ['a network', [network('10.0.0.0/8')], [undefined, undefined, '10.0.0.0/8']],
    ['the widest network', [network('10.1.0.0/16', '10.0.0.0/8')], [undefined, undefined, '10.0.0.0/8']],
    [
      'no network with a hole that a deny makes: the widest without it',
      [network('10.0.0.0/8', '10.2.0.0/16'), deny(network('10.1.0.0/16'))],
      [undefined, undefined, '10.2.0.0/16'],
    ],
    [
      'the network that a deny requires',
      [
        network('10.0.0.0/8'),
        deny({ Condition: { NotIpAddress: { 'keyshift:SourceNetwork': '10.0.0.0/24' } } }),
      ],
      [undefined, undefined, '10.0.0.0/24'],
    ],
    [
      'all three at once',
      [
        {
          Condition: {
            NumericLessThanEquals: { 'keyshift:SessionSeconds': '60', 'keyshift:MaxConnections': '3' },
            IpAddress: { 'keyshift:SourceNetwork': '2001:db8::/32' },
          },
        },
      ],
      [60, 3, '2001:db8:0:0:0:0:0:0/32'],
    ],
    [
      'the most connections that fit',
      [{ Condition: { NumericLessThanEquals: { 'keyshift:MaxConnections': '255' } } }],
      [undefined, 255, undefined],
    ],
    [
      'not more connections than a credential holds',
      [{ Condition: { NumericEquals: { 'keyshift:MaxConnections': '257' } } }],
      'denied',
    ],
    ['not no time at all', [seconds('NumericLessThan', '1')], 'denied'],
    ['not what cannot be met', [seconds('StringEquals', 'soon')], 'denied'],
  ])('is %s', (_what, parts, expected) => {
    expect(granted(parts)).toEqual(expected);
  });

  test('is at most what the account has set', () => {
    const settings = { ...SETTINGS, sessionSeconds: 600 };
    expect(granted([{}], settings)).toEqual([600, undefined, undefined]);
    expect(granted([seconds('NumericLessThanEquals', '900')], settings)).toEqual([600, undefined, undefined]);
    expect(granted([seconds('NumericLessThanEquals', '300')], settings)).toEqual([300, undefined, undefined]);
    expect(granted([seconds('NumericGreaterThan', '600')], settings)).toBe('denied');
  });

  test('is found in a bounded number of tries, however much a policy names', () => {
    const values = Array.from({ length: 500 }, (_, n) => String(n + 10));
    const caller = callerWith(
      {
        Condition: {
          NumericEquals: { 'keyshift:SessionSeconds': values, 'keyshift:MaxConnections': values },
        },
      },
      network(...values.map((value) => `10.0.0.${Number(value) % 256}/32`)),
    );
    expect([...credentialOffers(SETTINGS, caller)].length).toBeLessThanOrEqual(343);
  });
});

test('an address is written as it is read', () => {
  for (const text of ['0.0.0.0', '192.0.2.17', '255.255.255.255', '2001:db8:0:0:0:0:0:1']) {
    expect(formatIpAddress(parseIpAddress(text) ?? [])).toBe(text);
  }
});
