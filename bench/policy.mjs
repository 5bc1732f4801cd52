// bench/policy: what one decision costs with 1, 10 and 100 attached policies, in CPU and in allocated bytes, beside a
// naive interpreter of the same documents and Cedar with preparsed policies; and the worst that hostile documents
// can do. Interleaved in one run: every contender takes its turn in every round, and the medians are compared.
// `npm run bench-policy [rounds]`; about a minute.
import { strict as assert } from 'node:assert';
import {
  compilePolicy,
  evaluate,
  parsePolicyDocument,
  policySet,
  requestContext,
} from '../dist/policy/index.js';
import { measureHostile } from './hostile-policies.mjs';
import { decideNaively } from './naive-policy.mjs';
import { policy, REQUESTS } from './policy-cases.mjs';

const [rounds = '15'] = process.argv.slice(2);
/** Its WebAssembly ends Node 20 after a while with a fatal error of V8 ("unreachable code" in the deoptimizer). */
const CEDAR_NODE_MIN = 22;
const cedar =
  Number(process.versions.node.split('.')[0]) < CEDAR_NODE_MIN
    ? undefined
    : await import('@cedar-policy/cedar-wasm/nodejs');
const COUNTS = [1, 10, 100];
/** CPU milliseconds of one turn. */
const TURN_MS = 40;
const WARM_UP_MS = 400;

if (globalThis.gc === undefined) throw new Error('use npm run bench-policy');
const contenders = COUNTS.flatMap((count) => [
  keyshift(count),
  ...(count === 1 ? [] : [keyshiftWithLayers(count)]),
  naive(count),
  ...(cedar === undefined ? [] : [cedarOf(count)]),
]);
for (const { name, decide } of contenders) {
  for (const request of REQUESTS) {
    const expected = name.startsWith('cedar') && request.effect !== 'allow' ? 'deny' : request.effect;
    assert.equal(decide(request), expected, `${name}: ${request.action} ${request.resource}`);
  }
  turn(REQUESTS, decide, WARM_UP_MS);
}
const results = new Map(contenders.map(({ name }) => [name, []]));
for (let round = 0; round < Number(rounds); round++) {
  for (const { name, decide } of contenders) results.get(name).push(turn(REQUESTS, decide, TURN_MS));
}
const median = (name) => results.get(name).toSorted((a, b) => a - b)[Math.floor(Number(rounds) / 2)];

console.log(`Node ${process.version}, ${rounds} rounds of ${TURN_MS} ms CPU each, medians\n`);
console.log('contender                        ns CPU/decision   bytes/decision');
for (const { name, decide } of contenders) {
  const bytes = name.startsWith('cedar') ? '-' : bytesPerDecision(REQUESTS, decide).toFixed(0);
  console.log(`${name.padEnd(32)} ${median(name).toFixed(0).padStart(15)} ${bytes.padStart(16)}`);
}
const ratio = (a, b) => (median(a) / median(b)).toFixed(2);
console.log(`\n100 policies to 1:       ${ratio('keyshift 100', 'keyshift 1')} (goal: at most 1.5)`);
if (cedar === undefined) console.log(`cedar-wasm needs Node ${CEDAR_NODE_MIN}; not compared`);
for (const count of COUNTS) {
  if (cedar === undefined) continue;
  console.log(
    `${`with ${count} policies:`.padEnd(24)} cedar-wasm takes ${ratio(`cedar-wasm 4.13.0 ${count}`, `keyshift ${count}`)} times as long, the naive one ${ratio(`naive ${count}`, `keyshift ${count}`)} times`,
  );
}
measureHostile();

function keyshift(count) {
  const set = policySet({ identity: policies(count).map(({ json }, n) => compiled(json, n)) });
  return { name: `keyshift ${count}`, decide: decideWith(set) };
}

/** With a guardrail, a boundary and a session policy, as a session of a role in a guarded account has them. */
function keyshiftWithLayers(count) {
  const everything = {
    Version: '2012-10-17',
    Statement: [
      { Effect: 'Allow', Action: '*', Resource: '*' },
      { Effect: 'Deny', Action: 'iam:DeleteAccountAlias', Resource: '*' },
    ],
  };
  const limit = compiled(everything, 'limit');
  const set = policySet({
    identity: policies(count).map(({ json }, n) => compiled(json, n)),
    guardrail: limit,
    boundary: limit,
    session: [limit],
  });
  return { name: `keyshift ${count}, all layers`, decide: decideWith(set) };
}

function decideWith(set) {
  const contexts = new Map(REQUESTS.map((request) => [request, requestContext(request.context)]));
  const requests = new Map(
    REQUESTS.map((request) => [
      request,
      { action: request.action, resource: request.resource, context: contexts.get(request) },
    ]),
  );
  return (request) => evaluate(set, requests.get(request)).effect;
}

function naive(count) {
  const documents = policies(count).map(({ json }) => json);
  return { name: `naive ${count}`, decide: (request) => decideNaively(documents, request) };
}

function cedarOf(count) {
  const id = `set-${count}`;
  const staticPolicies = policies(count)
    .flatMap((one) => one.cedar)
    .join('\n');
  const parsed = cedar.preparsePolicySet(id, { staticPolicies });
  assert.equal(parsed.type, 'success', JSON.stringify(parsed));
  const calls = new Map(
    REQUESTS.map((request) => [
      request,
      {
        principal: { type: 'User', id: 'bob' },
        action: { type: 'Action', id: request.action },
        resource: { type: 'Resource', id: request.resource },
        context: request.cedar,
        preparsedPolicySetId: id,
        entities: [],
      },
    ]),
  );
  return {
    name: `cedar-wasm 4.13.0 ${count}`,
    decide: (request) => {
      const answer = cedar.statefulIsAuthorized(calls.get(request));
      assert.equal(answer.type, 'success', 'cedar answers');
      return answer.response.decision;
    },
  };
}

function policies(count) {
  return Array.from({ length: count }, (_, n) => policy(n));
}

function compiled(json, n) {
  return compilePolicy(parsePolicyDocument(JSON.stringify(json), 'managed'), {
    kind: 'managed',
    id: `p${n}`,
  });
}

/** What others have left to collect is collected first. Decides the requests in turn for about `ms` of CPU; nanoseconds of CPU of one decision. */
function turn(requests, decide, ms) {
  globalThis.gc();
  const from = process.cpuUsage();
  let decisions = 0;
  // Asking for the time costs some hundred nanoseconds; a batch is long enough for that not to show.
  for (let batch = 1; ; batch = Math.min(batch * 2, 64)) {
    for (let repeat = 0; repeat < batch; repeat++) for (const request of requests) decide(request);
    decisions += batch * requests.length;
    const { user, system } = process.cpuUsage(from);
    if (user + system >= ms * 1000) return ((user + system) * 1000) / decisions;
  }
}

/** Allocated bytes of one decision: what the young generation, too large to be collected meanwhile, grows by. */
function bytesPerDecision(requests, decide) {
  const repeats = 2000;
  const samples = [];
  for (let sample = 0; sample < 5; sample++) {
    globalThis.gc();
    const before = process.memoryUsage().heapUsed;
    for (let repeat = 0; repeat < repeats; repeat++) for (const request of requests) decide(request);
    samples.push((process.memoryUsage().heapUsed - before) / (repeats * requests.length));
  }
  return samples.toSorted((a, b) => a - b)[2];
}
