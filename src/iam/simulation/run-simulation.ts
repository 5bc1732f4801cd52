import type { Clock } from '../../core/clock.ts';
import type { CompiledPolicy } from '../../policy/compile.ts';
import type { RequestContext } from '../../policy/context.ts';
import { invalidInput } from '../iam-errors.ts';
import type { Page } from '../pages.ts';
import { callerFacts, callerOfArn } from './caller.ts';
import { type ContextEntry, readContextEntries } from './context-entries.ts';
import type { PolicyOwner } from './policy-source.ts';
import {
  type SimulatedDecision,
  type SimulatedResource,
  type Simulator,
  simulator,
  strictest,
} from './simulate.ts';
import { readInputBoundary, readInputPolicies, readResourcePolicy } from './simulated-policies.ts';

/** SimulateCustomPolicy and SimulatePrincipalPolicy: checks the input, and simulates a page of actions. */
export interface SimulationRequest {
  /** Whose policies are simulated beside those of the input; undefined for none. */
  readonly owner: PolicyOwner | undefined;
  readonly policies: readonly string[];
  readonly boundaries: readonly string[];
  readonly actions: readonly string[];
  /** Empty for all resources. */
  readonly resources: readonly string[];
  readonly resourcePolicy: string | undefined;
  readonly resourceOwner: string | undefined;
  readonly callerArn: string | undefined;
  readonly contextEntries: readonly ContextEntry[];
  readonly resourceHandling: string | undefined;
  readonly marker: string | undefined;
  readonly maxItems: number | undefined;
}

/** One action with all resources. */
export interface SimulatedAction {
  readonly action: string;
  readonly decision: SimulatedDecision;
  readonly resources: readonly SimulatedResource[];
  /** Statements and condition keys that the results name. */
  readonly entries: number;
}

/** IAM API Reference, parameter MaxItems: the model has checked the range. */
const ACTIONS_DEFAULT = 100;
/**
 * Milliseconds that one call works before it ends its page, and before it gives up on a single action. An ordinary
 * pair of action and resource takes a hundredth of a millisecond, the worst that a request can hold a hundred.
 */
const PAGE_MS = 1_000;
const ACTION_MS_MAX = 5_000;
/** Statements and condition keys that one answer names: some megabytes of it. */
const ENTRIES_MAX = 20_000;
/** Milliseconds of work before other requests get their turn. */
const TURN_MS = 10;

const ALL_RESOURCES = '*';
const ARN = /^arn:[^:]+:[^:]+:[^:]*:[^:]*:.+$/;
const OWNER_ARN = /^arn:aws:iam::(\d{12}):.+$/;
/** Scenarios of EC2, whose instances are made of several resources. */
const HANDLING = /^EC2-VPC-(?:InstanceStore|EBS)(?:-Subnet)?$/;
const HANDLED_ACTION = 'ec2:runinstances';

/** Throws InvalidInput. The next marker is for the actions that are left, whatever they are then. */
export async function runSimulation(
  clock: Clock,
  request: SimulationRequest,
): Promise<Page<SimulatedAction>> {
  const prepared = prepare(request);
  const from = readMarker(request.marker);
  const wanted = request.actions.slice(from, from + (request.maxItems ?? ACTIONS_DEFAULT));
  const resources = request.resources.length === 0 ? [ALL_RESOURCES] : request.resources;
  const items: SimulatedAction[] = [];
  let entries = 0;
  const startedAt = clock.now().getTime();
  for (const action of wanted) {
    // The first action may take longer, or there would be no end.
    const limitMs = items.length === 0 ? ACTION_MS_MAX : PAGE_MS;
    const item = await simulateAction(prepared, action, resources, new Turns(clock, startedAt + limitMs));
    if (item === undefined) break;
    entries += item.entries;
    if (items.length > 0 && entries > ENTRIES_MAX) break;
    items.push(item);
  }
  if (items.length === 0 && wanted.length > 0) {
    throw invalidInput(
      `The simulation of one action takes more than ${ACTION_MS_MAX} ms: give fewer resources.`,
    );
  }
  const next = from + items.length;
  return { items, nextMarker: next < request.actions.length ? writeMarker(next) : undefined };
}

/** Lets other requests in between, and knows when there is no more time. */
class Turns {
  readonly #clock: Clock;
  readonly #endsAt: number;
  #turnEndsAt = 0;

  constructor(clock: Clock, endsAt: number) {
    this.#clock = clock;
    this.#endsAt = endsAt;
  }

  /** Whether there is time for more. */
  async next(): Promise<boolean> {
    const now = this.#clock.now().getTime();
    if (now >= this.#endsAt) return false;
    if (now >= this.#turnEndsAt) {
      await new Promise((next) => setImmediate(next));
      this.#turnEndsAt = this.#clock.now().getTime() + TURN_MS;
    }
    return true;
  }
}

function prepare(request: SimulationRequest): Simulator {
  const { owner, callerArn, resourcePolicy } = request;
  checkResources(request.resources);
  checkActions(request);
  const context = readContextEntries(request.contextEntries);
  const identity = [...(owner?.identity ?? []), ...readInputPolicies(request.policies)];
  const boundary: CompiledPolicy | undefined = readInputBoundary(request.boundaries) ?? owner?.boundary;
  const facts = callerFacts(callerArn, owner);
  return simulator({
    identity,
    boundary,
    guardrail: owner?.guardrail,
    resourcePolicy: resourcePolicy === undefined ? undefined : resourceSide(resourcePolicy, request),
    ownerAccountId: readOwner(request.resourceOwner),
    context: withDefaults(context, facts),
  });
}

/** What the caller tells hides what the simulation knows by itself. */
function withDefaults(told: ReadonlyMap<string, readonly string[]>, facts: RequestContext): RequestContext {
  return { get: (key) => told.get(key) ?? facts.get(key) };
}

function checkResources(resources: readonly string[]): void {
  for (const resource of resources) {
    if (resource === ALL_RESOURCES && resources.length === 1) return;
    if (!ARN.test(resource)) throw notAnArn(resource);
  }
}

function checkActions({ actions, resources, resourceHandling }: SimulationRequest): void {
  for (const action of actions) {
    if (!action.includes(':')) throw invalidInput('The action is invalid since it is missing names');
    const isHandled =
      resourceHandling === undefined ||
      resources.length === 0 ||
      (HANDLING.test(resourceHandling) && action.toLowerCase() === HANDLED_ACTION);
    if (!isHandled) {
      throw invalidInput(
        'Invalid input resource handling options. ' +
          `Action does not support resource handling options: ${action}.`,
      );
    }
  }
}

function resourceSide(text: string, { owner, callerArn, resources }: SimulationRequest) {
  const caller = callerOfArn(callerArn ?? (owner?.entity.kind === 'group' ? undefined : owner?.entity.arn));
  if (resources.length === 0 || resources.includes(ALL_RESOURCES)) {
    throw invalidInput('Invalid Entity Arn: * does not clearly define entity type and name.');
  }
  return { policy: readResourcePolicy(text), caller };
}

function readOwner(arn: string | undefined): string | undefined {
  if (arn === undefined) return undefined;
  const [, accountId] = OWNER_ARN.exec(arn) ?? [];
  if (accountId === undefined) throw invalidInput(`'${arn}' is not a valid as a Resource Owner.`);
  return accountId;
}

/** Undefined if there is not enough time. */
async function simulateAction(
  simulate: Simulator,
  action: string,
  resources: readonly string[],
  turns: Turns,
): Promise<SimulatedAction | undefined> {
  const results: SimulatedResource[] = [];
  let entries = 0;
  for (const resource of resources) {
    if (!(await turns.next())) return undefined;
    const result = simulate(action, resource);
    entries += result.matched.length + result.missingKeys.length;
    if (entries > ENTRIES_MAX) {
      throw invalidInput(
        `The simulation of one action names more than ${ENTRIES_MAX} statements: give fewer resources.`,
      );
    }
    results.push(result);
  }
  const decision = strictest(results.map((result) => result.decision));
  return { action, decision, resources: results, entries };
}

function writeMarker(next: number): string {
  return Buffer.from(JSON.stringify({ next })).toString('base64url');
}

function readMarker(marker: string | undefined): number {
  if (marker === undefined) return 0;
  const [, next] = /^\{"next":([1-9]\d{0,4})\}$/.exec(Buffer.from(marker, 'base64url').toString()) ?? [];
  if (next === undefined) throw invalidInput('Invalid marker for pagination.');
  return Number(next);
}

const notAnArn = (resource: string) =>
  invalidInput(`ResourceNames are not in a valid ARN format: ${resource}.`);
