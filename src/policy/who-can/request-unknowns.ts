import type { Unknown, UnknownKey } from './unknown.ts';

/** What is not known of any request before it is made: where it comes from, how, when. */

const plainKey = (key: string): UnknownKey => ({ key, valueOf: (candidate) => candidate });

/** Printable ASCII, letters first: what a header can hold. */
const PRINTABLE = [
  'xqzXQZ',
  ...Array.from({ length: 94 }, (_, at) => String.fromCharCode(33 + at)),
  ' ',
].join('');
/** Long enough for every pattern that a policy can hold against it. */
const USER_AGENT_CHARACTERS_MAX = 1024;

/** `at` is the time from which on requests are asked about. */
export function requestUnknowns(at: Date): readonly Unknown[] {
  return [
    {
      name: 'source address',
      isOptional: false,
      domain: { kind: 'address' },
      keys: [plainKey('aws:sourceip')],
    },
    {
      name: 'TLS',
      isOptional: false,
      domain: { kind: 'choice', values: ['true', 'false'] },
      keys: [plainKey('aws:securetransport')],
    },
    {
      name: 'time',
      isOptional: false,
      domain: { kind: 'time', from: Math.floor(at.getTime() / 1000) },
      keys: [
        {
          key: 'aws:currenttime',
          valueOf: (seconds) => `${new Date(Number(seconds) * 1000).toISOString().slice(0, 19)}Z`,
        },
        plainKey('aws:epochtime'),
      ],
    },
    {
      name: 'user agent',
      isOptional: true,
      domain: {
        kind: 'text',
        prefix: '',
        first: PRINTABLE.trimEnd(),
        characters: PRINTABLE,
        lengthMin: 1,
        lengthMax: USER_AGENT_CHARACTERS_MAX,
        accepts: (text) => !text.endsWith(' '),
      },
      keys: [plainKey('aws:useragent')],
    },
  ];
}
