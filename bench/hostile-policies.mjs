// The worst that documents of the greatest length can do to a decision about the longest resource: patterns made for
// trying without end, thousands of statements, values without number. What the parser refuses is shown with its reason.
import {
  compilePolicy,
  evaluate,
  parsePolicyDocument,
  policySet,
  requestContext,
} from '../dist/policy/index.js';

const DOCUMENT_CHARACTERS_MAX = 131_072;
const HEAD = 'arn:aws:s3:::';
const LONG = HEAD + 'a'.repeat(2048 - HEAD.length);
const SEGMENTS = HEAD + 'a:'.repeat((2048 - HEAD.length) / 2);

const allow = (Resource, more = {}) => ({ Effect: 'Allow', Action: '*', Resource, ...more });
/** As many as a document can have. */
const fill = (make, spare = 200) => {
  const size = JSON.stringify(make(1000)).length + 1;
  return Array.from({ length: Math.floor((DOCUMENT_CHARACTERS_MAX - spare) / size) }, (_, n) =>
    make(n % 10_000),
  );
};
const anyLike = (pattern, values) => [
  [allow('*', { Condition: { 'ForAnyValue:StringLike': { 'k:v': fill(() => pattern) } } })],
  `${HEAD}x`,
  { 'k:v': values },
];

const CASES = new Map([
  ['128 KiB of stars', [[allow(HEAD + '*'.repeat(130_000))], LONG]],
  ['*a*a*a… of 128 KiB', [[allow(`${HEAD}${'*a'.repeat(65_000)}b*`)], LONG]],
  ['*a*a*a… 70 times', [[allow(fill(() => `${HEAD}${'*a'.repeat(900)}b*`))], LONG]],
  ['*?a?a?a… 128 times', [[allow(fill(() => `${HEAD}*${'?a'.repeat(500)}b*`))], LONG]],
  ['*?????… 128 times', [[allow(fill(() => `${HEAD}*${'?'.repeat(1000)}b*`))], LONG]],
  ['*aaaa…b 128 times', [[allow(fill(() => `${HEAD}*${'a'.repeat(1000)}b*`))], LONG]],
  ['*a…ba…a 128 times', [[allow(fill(() => `${HEAD}*${'a'.repeat(500)}b${'a'.repeat(500)}*`))], LONG]],
  ['*a?b* 7,000 times', [[allow(fill(() => `${HEAD}*a?b*`))], LONG]],
  ['*:?*b* 6,000 times', [[allow(fill(() => `${HEAD}*:?*b*`))], SEGMENTS]],
  ['*:a*:a*… 100 times', [[allow(fill(() => `${HEAD}${'*:a*b'.repeat(250)}*`))], SEGMENTS]],
  ['NotResource *a?b*', [[{ Effect: 'Allow', Action: '*', NotResource: fill(() => `${HEAD}*a?b*`) }], LONG]],
  ['2,000 statements', [fill(() => ({ ...allow(`${HEAD}*b*`), Effect: 'Deny' })), LONG]],
  ['50 heads in each other', [[allow(fill((n) => `${HEAD}${'a'.repeat(n % 2000)}*b*`, 131_072 / 2))], LONG]],
  ['StringLike, 4 × 4,096', anyLike(`*${'?a'.repeat(500)}b*`, new Array(4).fill('a'.repeat(4096)))],
  ['StringLike, 256 × 64', anyLike(`*${'?a'.repeat(20)}b*`, new Array(256).fill('a'.repeat(64)))],
  ['too many values', anyLike('*a', new Array(256).fill('a'.repeat(65)))],
  ['arrays in arrays', ['['.repeat(120_000), LONG]],
]);

export function measureHostile() {
  console.log(
    '\nhostile documents                parse ms   compile ms   first decision ms   further ones ms',
  );
  for (const [name, [statements, resource, context = {}]] of CASES) {
    const text =
      typeof statements === 'string'
        ? `{"Statement":${statements}`
        : JSON.stringify({ Statement: statements });
    const parsed = timed(() => tryTo(() => parsePolicyDocument(text, 'identity')));
    if (typeof parsed.result === 'string') {
      console.log(`${name.padEnd(28)} ${figure(parsed.ms)}   refused: ${parsed.result}`);
      continue;
    }
    const compiled = timed(() => compilePolicy(parsed.result, { kind: 'inline', id: name }));
    const set = policySet({ identity: [compiled.result] });
    const request = { action: 's3:GetObject', resource, context: requestContext(context) };
    const first = timed(() => evaluate(set, request));
    const next = timed(() => evaluate(set, request));
    const figures = [parsed, compiled, first, next].map(({ ms }) => figure(ms)).join(' ');
    console.log(`${name.padEnd(28)} ${figures}   ${next.result.because}`);
  }
}

function tryTo(work) {
  try {
    return work();
  } catch (error) {
    return error.detail;
  }
}

function timed(work) {
  const from = process.cpuUsage();
  const result = work();
  const { user, system } = process.cpuUsage(from);
  return { result, ms: (user + system) / 1000 };
}

const figure = (ms) => ms.toFixed(1).padStart(12);
