import type { IamOperations } from '../../src/api/services/iam.generated.ts';

/**
 * The rules of IAM as a small model in memory, written for being obvious: what each operation does to an account,
 * or which error it gives. The store must agree with it, operation by operation.
 */

interface ModelUser {
  name: string;
  path: string;
  readonly groups: Set<string>;
  readonly policies: Set<string>;
  readonly inline: Map<string, string>;
  readonly tags: Map<string, { key: string; value: string }>;
  readonly keys: string[];
  hasPassword: boolean;
  boundary: string | undefined;
}

interface ModelGroup {
  readonly name: string;
  readonly policies: Set<string>;
  readonly inline: Map<string, string>;
}

interface ModelPolicy {
  readonly name: string;
  readonly versions: Set<number>;
  newest: number;
  inForce: number;
}

/** A step of a sequence: an operation and its input. `key` stands for the n-th access key of the user. */
export type Step = {
  readonly [N in StepName]: { readonly name: N; readonly input: IamOperations[N]['input'] };
}[StepName];

export type StepName =
  | 'CreateUser'
  | 'UpdateUser'
  | 'DeleteUser'
  | 'CreateGroup'
  | 'DeleteGroup'
  | 'AddUserToGroup'
  | 'RemoveUserFromGroup'
  | 'CreatePolicy'
  | 'DeletePolicy'
  | 'CreatePolicyVersion'
  | 'DeletePolicyVersion'
  | 'SetDefaultPolicyVersion'
  | 'AttachUserPolicy'
  | 'DetachUserPolicy'
  | 'AttachGroupPolicy'
  | 'DetachGroupPolicy'
  | 'PutUserPolicy'
  | 'DeleteUserPolicy'
  | 'PutGroupPolicy'
  | 'DeleteGroupPolicy'
  | 'PutUserPermissionsBoundary'
  | 'DeleteUserPermissionsBoundary'
  | 'TagUser'
  | 'UntagUser'
  | 'CreateAccessKey'
  | 'DeleteAccessKey'
  | 'CreateLoginProfile'
  | 'DeleteLoginProfile';

const fold = (name: string | undefined): string => (name ?? '').toLowerCase();
const NO = 'NoSuchEntity';
const VERSIONS_MAX = 5;
const KEYS_MAX = 2;

export class IamRules {
  readonly users = new Map<string, ModelUser>();
  readonly groups = new Map<string, ModelGroup>();
  readonly policies = new Map<string, ModelPolicy>();
  readonly #account: string;

  constructor(account: string) {
    this.#account = account;
  }

  policyArn(name: string): string {
    return `arn:aws:iam::${this.#account}:policy/${name}`;
  }

  /** Does a step, or says which error it gives. */
  apply(step: Step): string | undefined {
    switch (step.name) {
      case 'CreateUser': {
        const { UserName: name, Path: path = '/', PermissionsBoundary: boundary } = step.input;
        if (boundary !== undefined && this.#policy(boundary) === undefined) return NO;
        if (this.users.has(fold(name))) return 'EntityAlreadyExists';
        this.users.set(fold(name), {
          name,
          path,
          boundary,
          groups: new Set(),
          policies: new Set(),
          inline: new Map(),
          tags: new Map(),
          keys: [],
          hasPassword: false,
        });
        return undefined;
      }
      case 'UpdateUser':
        return this.#rename(step.input.UserName, step.input.NewUserName, step.input.NewPath);
      case 'DeleteUser': {
        const user = this.users.get(fold(step.input.UserName));
        if (user === undefined) return NO;
        const { groups, policies, inline, keys, hasPassword } = user;
        if (hasPassword || keys.length + groups.size + policies.size + inline.size > 0)
          return 'DeleteConflict';
        this.users.delete(fold(step.input.UserName));
        return undefined;
      }
      case 'CreateGroup': {
        const name = step.input.GroupName;
        if (this.groups.has(fold(name))) return 'EntityAlreadyExists';
        this.groups.set(fold(name), { name, policies: new Set(), inline: new Map() });
        return undefined;
      }
      case 'DeleteGroup': {
        const group = this.groups.get(fold(step.input.GroupName));
        if (group === undefined) return NO;
        const hasMembers = [...this.users.values()].some(({ groups }) => groups.has(fold(group.name)));
        if (hasMembers || group.policies.size + group.inline.size > 0) return 'DeleteConflict';
        this.groups.delete(fold(group.name));
        return undefined;
      }
      case 'AddUserToGroup':
      case 'RemoveUserFromGroup': {
        const user = this.users.get(fold(step.input.UserName));
        const group = this.groups.get(fold(step.input.GroupName));
        if (user === undefined || group === undefined) return NO;
        if (step.name === 'AddUserToGroup') user.groups.add(fold(group.name));
        else if (!user.groups.delete(fold(group.name))) return NO;
        return undefined;
      }
      case 'CreatePolicy': {
        const name = step.input.PolicyName;
        if (this.policies.has(fold(name))) return 'EntityAlreadyExists';
        this.policies.set(fold(name), { name, versions: new Set([1]), newest: 1, inForce: 1 });
        return undefined;
      }
      case 'DeletePolicy': {
        const policy = this.#policy(step.input.PolicyArn);
        if (policy === undefined) return NO;
        if (this.#isUsed(step.input.PolicyArn) || policy.versions.size > 1) return 'DeleteConflict';
        this.policies.delete(fold(policy.name));
        return undefined;
      }
      case 'CreatePolicyVersion':
      case 'DeletePolicyVersion':
      case 'SetDefaultPolicyVersion':
        return this.#version(step);
      case 'AttachUserPolicy':
      case 'DetachUserPolicy':
        return this.#attach(
          step.name === 'AttachUserPolicy',
          this.users.get(fold(step.input.UserName)),
          step.input,
        );
      case 'AttachGroupPolicy':
      case 'DetachGroupPolicy':
        return this.#attach(
          step.name === 'AttachGroupPolicy',
          this.groups.get(fold(step.input.GroupName)),
          step.input,
        );
      case 'PutUserPolicy':
        return put(this.users.get(fold(step.input.UserName)), step.input.PolicyName);
      case 'PutGroupPolicy':
        return put(this.groups.get(fold(step.input.GroupName)), step.input.PolicyName);
      case 'DeleteUserPolicy':
        return this.users.get(fold(step.input.UserName))?.inline.delete(fold(step.input.PolicyName))
          ? undefined
          : NO;
      case 'DeleteGroupPolicy':
        return this.groups.get(fold(step.input.GroupName))?.inline.delete(fold(step.input.PolicyName))
          ? undefined
          : NO;
      default:
        return this.#ofUser(step);
    }
  }

  #rename(name: string, newName: string | undefined, newPath: string | undefined): string | undefined {
    const user = this.users.get(fold(name));
    if (user === undefined) return NO;
    const target = this.users.get(fold(newName ?? name));
    if (target !== undefined && target !== user) return 'EntityAlreadyExists';
    this.users.delete(fold(name));
    user.name = newName ?? user.name;
    user.path = newPath ?? user.path;
    this.users.set(fold(user.name), user);
    return undefined;
  }

  #version(
    step: Extract<Step, { name: 'CreatePolicyVersion' | 'DeletePolicyVersion' | 'SetDefaultPolicyVersion' }>,
  ): string | undefined {
    const policy = this.#policy(step.input.PolicyArn);
    if (policy === undefined) return NO;
    if (step.name === 'CreatePolicyVersion') {
      if (policy.versions.size >= VERSIONS_MAX) return 'LimitExceeded';
      policy.newest += 1;
      policy.versions.add(policy.newest);
      if (step.input.SetAsDefault === true) policy.inForce = policy.newest;
      return undefined;
    }
    const version = Number(step.input.VersionId.slice(1));
    if (step.name === 'DeletePolicyVersion') {
      if (version === policy.inForce) return 'DeleteConflict';
      return policy.versions.delete(version) ? undefined : NO;
    }
    if (!policy.versions.has(version)) return NO;
    policy.inForce = version;
    return undefined;
  }

  #attach(
    isAttaching: boolean,
    owner: { readonly policies: Set<string> } | undefined,
    { PolicyArn: arn }: { readonly PolicyArn: string },
  ): string | undefined {
    if (owner === undefined || this.#policy(arn) === undefined) return NO;
    if (isAttaching) owner.policies.add(arn);
    else if (!owner.policies.delete(arn)) return NO;
    return undefined;
  }

  #ofUser(step: Exclude<Step, { name: 'CreateUser' | 'CreateGroup' }>): string | undefined {
    const user = 'UserName' in step.input ? this.users.get(fold(step.input.UserName)) : undefined;
    if (user === undefined) return NO;
    switch (step.name) {
      case 'PutUserPermissionsBoundary':
        if (this.#policy(step.input.PermissionsBoundary) === undefined) return NO;
        user.boundary = step.input.PermissionsBoundary;
        return undefined;
      case 'DeleteUserPermissionsBoundary':
        user.boundary = undefined;
        return undefined;
      case 'TagUser':
        for (const { Key: key, Value: value } of step.input.Tags) user.tags.set(fold(key), { key, value });
        return undefined;
      case 'UntagUser':
        for (const key of step.input.TagKeys) user.tags.delete(fold(key));
        return undefined;
      case 'CreateAccessKey':
        return user.keys.length >= KEYS_MAX ? 'LimitExceeded' : undefined;
      case 'DeleteAccessKey': {
        const index = user.keys.indexOf(step.input.AccessKeyId);
        if (index === -1) return NO;
        user.keys.splice(index, 1);
        return undefined;
      }
      case 'CreateLoginProfile':
        if (user.hasPassword) return 'EntityAlreadyExists';
        user.hasPassword = true;
        return undefined;
      case 'DeleteLoginProfile':
        if (!user.hasPassword) return NO;
        user.hasPassword = false;
        return undefined;
      default:
        throw new Error(`the model has no rule for ${step.name}`);
    }
  }

  /** ARNs are compared exactly, names without case. */
  #policy(arn: string): ModelPolicy | undefined {
    if (arn.startsWith('arn:aws:iam::aws:')) return { name: '', versions: new Set(), newest: 1, inForce: 1 };
    const policy = this.policies.get(fold(arn.slice(arn.lastIndexOf('/') + 1)));
    return policy !== undefined && this.policyArn(policy.name) === arn ? policy : undefined;
  }

  #isUsed(arn: string): boolean {
    return [...this.users.values(), ...this.groups.values()].some(
      (owner) => owner.policies.has(arn) || ('boundary' in owner && owner.boundary === arn),
    );
  }
}

function put(owner: { readonly inline: Map<string, string> } | undefined, name: string): string | undefined {
  if (owner === undefined) return NO;
  owner.inline.set(fold(name), name);
  return undefined;
}
