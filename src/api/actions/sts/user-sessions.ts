import { federatedUserArn } from '../../../core/arn.ts';
import { getFederationToken, getSessionToken } from '../../../iam/user-sessions.ts';
import { tagsOfInput } from '../iam/shapes.ts';
import { requestTagKeys } from '../tag-keys.ts';
import { arnsOfInput, credentialsShape, mfaOfInput, noteIssued, type StsAction } from './row.ts';

/** Sessions of users: GetSessionToken and GetFederationToken. */

/** Needs no permission: it only says who the caller is, with a second factor if there is one, says the IAM User Guide. */
export const getSessionTokenAction: StsAction<'GetSessionToken'> = {
  permissions: (_deps, input, caller) => {
    caller.note({ durationSeconds: input.DurationSeconds, mfaSerialNumber: input.SerialNumber });
    return [];
  },
  run: async ({ iam }, input, caller) => {
    const mfaAt = await mfaOfInput(iam, caller, input);
    const session = await getSessionToken(iam, caller.principal, caller.accessKeyId, {
      durationSeconds: input.DurationSeconds,
      mfaAt,
    });
    noteIssued(caller, session);
    return { Credentials: credentialsShape(session) };
  },
  changes: false,
};

export const getFederationTokenAction: StsAction<'GetFederationToken'> = {
  permissions: (_deps, input, caller) => {
    caller.note({
      federatedUserName: input.Name,
      durationSeconds: input.DurationSeconds,
      policyArns: input.PolicyArns?.map(({ arn }) => arn),
      tagKeys: input.Tags?.map(({ Key }) => Key),
    });
    const resource = federatedUserArn(caller.principal.accountId, input.Name);
    const context = new Map(requestTagKeys(input.Tags));
    const federate = { action: 'sts:GetFederationToken', resource, context };
    return context.size === 0 ? [federate] : [federate, { action: 'sts:TagSession', resource, context }];
  },
  run: async ({ iam }, input, caller) => {
    const session = await getFederationToken(iam, caller.principal, caller.accessKeyId, {
      name: input.Name,
      durationSeconds: input.DurationSeconds,
      policy: input.Policy,
      policyArns: arnsOfInput(input.PolicyArns),
      tags: tagsOfInput(input.Tags),
    });
    noteIssued(caller, session);
    return {
      Credentials: credentialsShape(session),
      FederatedUser: { FederatedUserId: session.federatedUserId, Arn: session.arn },
      PackedPolicySize: session.packedPolicySize,
    };
  },
  changes: false,
};
