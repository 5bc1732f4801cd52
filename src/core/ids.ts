import { randomBytes, randomFillSync, randomUUID } from 'node:crypto';
import { BASE32 } from './base32.ts';

/** Gives `count` random bytes. An argument wherever chance is used, so that tests can seed it. */
export type RandomBytes = (count: number) => Buffer;

/** Bytes drawn from the system at once, because a draw costs 2 µs whatever its size, as much as three hashes. */
const DRAWN = 4096;
/** Bytes of one answer from them; ids have 16, keys 32. */
const FROM_DRAWN_MAX = 64;

const drawn = Buffer.alloc(DRAWN);
let used = DRAWN;

/** The system's chance. INVARIANT: bytes are given once, and what was given is wiped where it was drawn. */
export const systemRandom: RandomBytes = (count) => {
  if (count > FROM_DRAWN_MAX) return randomBytes(count);
  if (used + count > DRAWN) {
    randomFillSync(drawn);
    used = 0;
  }
  const given = Buffer.from(drawn.subarray(used, used + count));
  drawn.fill(0, used, used + count);
  used += count;
  return given;
};

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

const TEMPORARY_KEY = /^ASIA[A-Z2-7]{16}$/;

/** A unique id of 21 characters, for example `AIDA…` for a user. */
export function uniqueId(kind: UniqueIdKind, random: RandomBytes): string {
  return ID_PREFIXES[kind] + letters(random(17));
}

/** An access key id of 20 characters, `AKIA…`. */
export function accessKeyId(random: RandomBytes): string {
  return ID_PREFIXES.accessKey + letters(random(16));
}

/**
 * An access key id of temporary credentials, `ASIA…`: eight characters that tell the account, as in AWS's own, and
 * eight of chance. Two may be the same by chance, and never their tokens.
 */
export function temporaryKeyId(accountId: string, random: RandomBytes): string {
  let rest = BigInt(accountId);
  let account = '';
  for (let index = 0; index < 8; index++) {
    account = BASE32.charAt(Number(rest % 32n)) + account;
    rest /= 32n;
  }
  return ID_PREFIXES.temporaryKey + account + letters(random(8));
}

/** The account that temporary credentials are of; undefined for an id that is not of temporary credentials. */
export function accountOfTemporaryKey(keyId: string): string | undefined {
  if (!TEMPORARY_KEY.test(keyId)) return undefined;
  let account = 0;
  for (const letter of keyId.slice(4, 12)) account = account * 32 + BASE32.indexOf(letter);
  return account < 1e12 ? String(account).padStart(12, '0') : undefined;
}

/** The text of a secret access key: 40 characters of the base64 alphabet (240 random bits). */
export function secretAccessKeyText(random: RandomBytes): string {
  return random(30).toString('base64');
}

/** The id of a thing that AWS gives no prefix: 26 characters of base32. */
export function plainId(random: RandomBytes): string {
  return letters(random(26));
}

/** A request id, as AWS prints them. */
export function requestId(): string {
  return randomUUID();
}

function letters(bytes: Buffer): string {
  let text = '';
  for (const byte of bytes) text += BASE32.charAt(byte & 31);
  return text;
}
