import type { Caller } from '../../src/api/action.ts';
import { iamActions } from '../../src/api/actions/iam/index.ts';
import { requireAllowed, wouldAllow } from '../../src/api/authorize-call.ts';
import type { IamOperations } from '../../src/api/services/iam.generated.ts';
import { Directory } from '../../src/iam/directory.ts';
import type { Iam } from '../../src/iam/iam.ts';
import { type Principal, rootPrincipal } from '../../src/iam/principal.ts';

/** Operations as the API runs them, without the wire: what a call needs is looked up and decided first. */

export type IamOperation = keyof typeof iamActions & keyof IamOperations;

export function callerOf(principal: Principal, notes: Record<string, unknown> = {}): Caller {
  const caller: Caller = {
    principal,
    accessKeyId: 'AKIATEST',
    requestId: 'r',
    sourceIp: '127.0.0.1',
    secureTransport: true,
    userAgent: 'test',
    region: 'us-east-1',
    at: new Date(),
    granted: undefined,
    concerns: () => {},
    note: (facts) => Object.assign(notes, facts),
    require: (permissions) => requireAllowed(permissions, caller),
    may: (permission) => wouldAllow(permission, caller),
  };
  return caller;
}

export async function callIam<N extends IamOperation>(
  iam: Iam,
  principal: Principal,
  name: N,
  input: IamOperations[N]['input'],
  notes: Record<string, unknown> = {},
): Promise<IamOperations[N]['output']> {
  const action: (typeof iamActions)[IamOperation] = iamActions[name];
  const caller = callerOf(principal, notes);
  // The row is the one of this name, so its input and output are of this name too.
  const row = action as unknown as {
    permissions: (deps: object, input: unknown, caller: Caller) => Promise<[]>;
    run: (deps: object, input: unknown, caller: Caller) => Promise<IamOperations[N]['output']>;
  };
  requireAllowed(await row.permissions({ iam }, input, caller), caller);
  return row.run({ iam }, input, caller);
}

/** A user of the account as the API knows it, read anew. */
export async function principalOf(iam: Iam, account: string, userName: string): Promise<Principal> {
  const { User } = await callIam(iam, rootPrincipal(account), 'GetUser', { UserName: userName });
  const found = await new Directory(iam.store, iam.sealer, iam.sessionKeys).findUser(account, User.UserId);
  if (found === undefined) throw new Error(`no user ${userName}`);
  return found;
}
