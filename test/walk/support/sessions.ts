import type { Endpoint } from '../../../src/client/call.ts';
import { Secret } from '../../../src/core/secret.ts';
import { codeOfStep, stepAt } from '../../../src/iam/totp.ts';
import { ask, must, type Parameters, type Received } from './api.ts';

/** Temporary credentials, and devices for second factors, as a client has them. */

/** The endpoint with the credentials of an answer of STS. */
export function withCredentials(endpoint: Endpoint, answer: Received): Endpoint {
  const [accessKeyId = ''] = answer.texts('AccessKeyId');
  const [secret = ''] = answer.texts('SecretAccessKey');
  const [token = ''] = answer.texts('SessionToken');
  return { ...endpoint, accessKeyId, secretAccessKey: new Secret(secret), sessionToken: new Secret(token) };
}

/** Calls an operation of STS that gives credentials, and becomes who they are of. */
export async function become(caller: Endpoint, Action: string, parameters: Parameters): Promise<Endpoint> {
  return withCredentials(caller, await must(caller, 'sts', Action, parameters));
}

export const assume = (caller: Endpoint, RoleArn: string, parameters: Parameters = {}): Promise<Endpoint> =>
  become(caller, 'AssumeRole', { RoleArn, RoleSessionName: 'session', ...parameters });

/** Code and message of a refusal; `ok` for an answer. */
export async function outcome(
  caller: Endpoint,
  service: 'iam' | 'sts' | 'redshift' | 'keyshift',
  Action: string,
  parameters: Parameters = {},
): Promise<string> {
  const answer = await ask(caller, service, Action, parameters);
  return answer.status === 200 ? 'ok' : `${answer.status} ${answer.code}: ${answer.message}`;
}

export const allow = (Action: string | readonly string[], Resource: string | readonly string[] = '*') => ({
  Version: '2012-10-17',
  Statement: [{ Effect: 'Allow', Action, Resource }],
});

export const trust = (Principal: unknown, Condition: object = {}, Action: unknown = 'sts:AssumeRole') => ({
  Version: '2012-10-17',
  Statement: [{ Effect: 'Allow', Principal, Action, Condition }],
});

/** Makes a role, with an inline policy if one is given, and tells its ARN. */
export async function makeRole(
  root: Endpoint,
  RoleName: string,
  trustPolicy: object,
  policy?: object,
  parameters: Parameters = {},
): Promise<string> {
  const AssumeRolePolicyDocument = JSON.stringify(trustPolicy);
  const made = await must(root, 'iam', 'CreateRole', { RoleName, AssumeRolePolicyDocument, ...parameters });
  if (policy !== undefined) {
    const PolicyDocument = JSON.stringify(policy);
    await must(root, 'iam', 'PutRolePolicy', { RoleName, PolicyName: 'policy', PolicyDocument });
  }
  return made.texts('Arn')[0] ?? '';
}

/** A virtual device and the codes that it shows. */
export interface Device {
  readonly serial: string;
  /** The code now, or so many steps of 30 seconds from now. */
  code(steps?: number): string;
}

export function deviceOf(answer: Received): Device {
  const [serial = ''] = answer.texts('SerialNumber');
  const base32 = Buffer.from(answer.texts('Base32StringSeed')[0] ?? '', 'base64').toString();
  const seed = decodeBase32(base32);
  return { serial, code: (steps = 0) => codeOfStep(seed, stepAt(new Date()) + steps) };
}

/** Makes a device and enables it for a user. Its codes from now on can still be used. */
export async function enableDevice(root: Endpoint, UserName: string): Promise<Device> {
  const made = await must(root, 'iam', 'CreateVirtualMFADevice', { VirtualMFADeviceName: UserName });
  const device = deviceOf(made);
  await must(root, 'iam', 'EnableMFADevice', {
    UserName,
    SerialNumber: device.serial,
    AuthenticationCode1: device.code(-2),
    AuthenticationCode2: device.code(-1),
  });
  return device;
}

export function decodeBase32(text: string): Buffer {
  const bits = [...text].map((letter) =>
    'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'.indexOf(letter).toString(2).padStart(5, '0'),
  );
  const bytes = bits.join('').match(/.{8}/g) ?? [];
  return Buffer.from(bytes.map((byte) => Number.parseInt(byte, 2)));
}
