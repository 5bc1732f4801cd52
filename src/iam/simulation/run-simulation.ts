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
}

/** IAM API Reference, parameter MaxItems: the model has checked the range. */
const ACTIONS_DEFAULT = 100;
/** Statements that one call looks at before it ends its page: about half a second. */
const STATEMENTS_MAX = 1_000_000;
/** Statements looked at before other requests get their turn: some milliseconds. */
const STATEMENTS_IN_TURN = 10_000;

const ALL_RESOURCES = '*';
const ARN = /^arn:[^:]+:[^:]+:[^:]*:[^:]*:.+$/;
const OWNER_ARN = /^arn:aws:iam::(\d{12}):.+$/;
/** Scenarios of EC2, whose instances are made of several resources. */
const HANDLING = /^EC2-VPC-(?:InstanceStore|EBS)(?:-Subnet)?$/;
const HANDLED_ACTION = 'ec2:runinstances';

/** Throws InvalidInput. The next marker is for the actions that are left, whatever they are then. */
export async function runSimulation(request: SimulationRequest): Promise<Page<SimulatedAction>> {
  const prepared = prepare(request);
  const from = readMarker(request.marker);
  const wanted = request.actions.slice(from, from + (request.maxItems ?? ACTIONS_DEFAULT));
  const resources = request.resources.length === 0 ? [ALL_RESOURCES] : request.resources;
  const perAction = (prepared.statementCount + 1) * resources.length;
  if (perAction > STATEMENTS_MAX) {
    throw invalidInput(`The simulation is too large: resources times statements exceed ${STATEMENTS_MAX}.`);
  }
  const items: SimulatedAction[] = [];
  for (const action of wanted) {
    if ((items.length + 1) * perAction > STATEMENTS_MAX) break;
    items.push(await simulateAction(prepared, action, resources));
  }
  const next = from + items.length;
  return { items, nextMarker: next < request.actions.length ? writeMarker(next) : undefined };
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

async function simulateAction(
  { simulate, statementCount }: Simulator,
  action: string,
  resources: readonly string[],
): Promise<SimulatedAction> {
  const results: SimulatedResource[] = [];
  const inTurn = Math.ceil(STATEMENTS_IN_TURN / (statementCount + 1));
  for (const [index, resource] of resources.entries()) {
    if (index % inTurn === 0) await new Promise((next) => setImmediate(next));
    results.push(simulate(action, resource));
  }
  return { action, decision: strictest(results.map(({ decision }) => decision)), resources: results };
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
