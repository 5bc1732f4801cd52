import { deleteGuardrail, getGuardrail, putGuardrail } from '../../../iam/guardrail.ts';
import type { Iam } from '../../../iam/iam.ts';
import type { Action, Caller, RequiredPermission } from '../../action.ts';
import type * as wire from '../../services/keyshift.ts';

/**
 * The operations on the account's guardrail. The root user may always use them: a guardrail that allows nothing
 * would otherwise be there for good.
 */
export interface GuardrailDeps {
  readonly iam: Iam;
}

const permissionsFor =
  (action: string) =>
  (_deps: GuardrailDeps, _input: unknown, { principal }: Caller): readonly RequiredPermission[] =>
    principal.kind === 'root' ? [] : [{ action, resource: '*' }];

const putAccountGuardrail: Action<GuardrailDeps, wire.PutAccountGuardrailRequest, wire.EmptyResponse> = {
  permissions: permissionsFor('keyshift:PutAccountGuardrail'),
  run: async ({ iam }, { PolicyDocument }, { principal, note }) => {
    await putGuardrail(iam, principal.accountId, PolicyDocument);
    // Who reads the log later wants to know what held then.
    note({ guardrail: PolicyDocument });
    return {};
  },
  changes: true,
};

const getAccountGuardrail: Action<GuardrailDeps, wire.EmptyRequest, wire.GetAccountGuardrailResponse> = {
  permissions: permissionsFor('keyshift:GetAccountGuardrail'),
  run: async ({ iam }, _input, { principal }) => {
    const { document, changedAt } = await getGuardrail(iam, principal.accountId);
    return { PolicyDocument: document, ChangedAt: changedAt };
  },
  changes: false,
};

const deleteAccountGuardrail: Action<GuardrailDeps, wire.EmptyRequest, wire.EmptyResponse> = {
  permissions: permissionsFor('keyshift:DeleteAccountGuardrail'),
  run: async ({ iam }, _input, { principal }) => {
    await deleteGuardrail(iam, principal.accountId);
    return {};
  },
  changes: true,
};

/** By name. */
export const guardrailActions = {
  PutAccountGuardrail: putAccountGuardrail,
  GetAccountGuardrail: getAccountGuardrail,
  DeleteAccountGuardrail: deleteAccountGuardrail,
} as const;
