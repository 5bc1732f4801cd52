import type { Clock } from '../../../core/clock.ts';
import type { Iam } from '../../../iam/iam.ts';
import { contextKeys } from '../../../iam/simulation/context-keys.ts';
import { entityOfArn, loadPolicyOwner, type PolicyOwner } from '../../../iam/simulation/policy-source.ts';
import { runSimulation } from '../../../iam/simulation/run-simulation.ts';
import type { Caller, RequiredPermission } from '../../action.ts';
import type { SimulateCustomPolicyRequest, SimulatePolicyResponse } from '../../services/iam.generated.ts';
import { reading } from './row.ts';
import { pageMembers } from './shapes.ts';
import { evaluationResult } from './simulation-shapes.ts';
import { onAccount, onGroup, onRole, onUser } from './targets.ts';

/** The policy simulator. It reads policies and decides nothing; to simulate a principal is a permission on it. */

const SimulateCustomPolicy = reading<'SimulateCustomPolicy'>(
  () => onAccount('iam:SimulateCustomPolicy'),
  ({ clock }, input) => simulate(clock, undefined, input.PolicyInputList, input),
);

const SimulatePrincipalPolicy = reading<'SimulatePrincipalPolicy'>(
  (iam, input, caller) => onEntity(iam, caller, 'iam:SimulatePrincipalPolicy', input.PolicySourceArn),
  async (iam, input, caller) => {
    const owner = await loadPolicyOwner(iam, caller.principal.accountId, input.PolicySourceArn);
    return simulate(iam.clock, owner, input.PolicyInputList ?? [], input);
  },
);

const GetContextKeysForCustomPolicy = reading<'GetContextKeysForCustomPolicy'>(
  () => onAccount('iam:GetContextKeysForCustomPolicy'),
  async (_iam, input) => ({ ContextKeyNames: contextKeys(undefined, input.PolicyInputList) }),
);

const GetContextKeysForPrincipalPolicy = reading<'GetContextKeysForPrincipalPolicy'>(
  (iam, input, caller) =>
    onEntity(iam, caller, 'iam:GetContextKeysForPrincipalPolicy', input.PolicySourceArn),
  async (iam, input, caller) => {
    const owner = await loadPolicyOwner(iam, caller.principal.accountId, input.PolicySourceArn);
    return { ContextKeyNames: contextKeys(owner, input.PolicyInputList ?? []) };
  },
);

export const simulationActions = {
  SimulateCustomPolicy,
  SimulatePrincipalPolicy,
  GetContextKeysForCustomPolicy,
  GetContextKeysForPrincipalPolicy,
};

async function simulate(
  clock: Clock,
  owner: PolicyOwner | undefined,
  policies: readonly string[],
  input: Omit<SimulateCustomPolicyRequest, 'PolicyInputList'>,
): Promise<SimulatePolicyResponse> {
  const page = await runSimulation(clock, {
    owner,
    policies,
    boundaries: input.PermissionsBoundaryPolicyInputList ?? [],
    actions: input.ActionNames,
    resources: input.ResourceArns ?? [],
    resourcePolicy: input.ResourcePolicy,
    resourceOwner: input.ResourceOwner,
    callerArn: input.CallerArn,
    contextEntries: (input.ContextEntries ?? []).map((entry) => ({
      name: entry.ContextKeyName,
      type: entry.ContextKeyType,
      values: entry.ContextKeyValues ?? [],
    })),
    resourceHandling: input.ResourceHandlingOption,
    marker: input.Marker,
    maxItems: input.MaxItems,
  });
  return { EvaluationResults: page.items.map(evaluationResult), ...pageMembers(page) };
}

/** One permission for an action on the user, group or role of an ARN. Throws InvalidInput for another ARN. */
async function onEntity(
  iam: Iam,
  caller: Caller,
  action: string,
  arn: string,
): Promise<readonly RequiredPermission[]> {
  const { accountId, kind, name } = entityOfArn(arn);
  if (accountId !== caller.principal.accountId) return [{ action, resource: arn }];
  return { user: onUser, group: onGroup, role: onRole }[kind](iam, caller, action, name);
}
