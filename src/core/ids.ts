import { randomBytes, randomUUID } from 'node:crypto';

/** Gives `count` random bytes. An argument wherever chance is used, so that tests can seed it. */
export type RandomBytes = (count: number) => Buffer;

export const systemRandom: RandomBytes = (count) => randomBytes(count);

/**
 * Prefixes of AWS unique identifiers.
 * Source: IAM User Guide, "IAM identifiers", table of unique ID prefixes.
 */
const ID_PREFIXES = {
  user: 'AIDA',
  group: 'AGPA',
  role: 'AROA',
  managedPolicy: 'ANPA',
  policyVersion: 'ANVA',
  accessKey: 'AKIA',
  temporaryKey: 'ASIA',
  instanceProfile: 'AIPA',
  certificate: 'ASCA',
  publicKey: 'APKA',
  serviceCredential: 'ACCA',
} as const;

type UniqueIdKind = Exclude<keyof typeof ID_PREFIXES, 'accessKey' | 'temporaryKey' | 'policyVersion'>;

const BASE32 = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';

/** A unique id of 21 characters, for example `AIDA…` for a user. */
export function uniqueId(kind: UniqueIdKind, random: RandomBytes): string {
  return ID_PREFIXES[kind] + base32(random(17));
}

/** An access key id of 20 characters, `AKIA…`. */
export function accessKeyId(random: RandomBytes): string {
  return ID_PREFIXES.accessKey + base32(random(16));
}

/** The text of a secret access key: 40 characters of the base64 alphabet (240 random bits). */
export function secretAccessKeyText(random: RandomBytes): string {
  return random(30).toString('base64');
}

/** The id of a thing that AWS gives no prefix: 26 characters of base32. */
export function plainId(random: RandomBytes): string {
  return base32(random(26));
}

/** A request id, as AWS prints them. */
export function requestId(): string {
  return randomUUID();
}

function base32(bytes: Buffer): string {
  let text = '';
  for (const byte of bytes) text += BASE32.charAt(byte & 31);
  return text;
}
