import { scrypt } from 'node:crypto';
import { AwsError } from '../core/errors.ts';
import type { RandomBytes } from '../core/ids.ts';
import { type Secret, sameBytes } from '../core/secret.ts';

/**
 * Hashes console passwords with scrypt (RFC 7914). A hash carries its parameters, so that they can be raised
 * later without locking anyone out.
 */

/** OWASP Password Storage Cheat Sheet: N = 2^15, r = 8, p = 3 is 32 MiB and a fraction of a second. */
const LOG2_N = 15;
const BLOCK_SIZE = 8;
const PARALLELIZATION = 3;
const SALT_BYTES = 16;
const HASH_BYTES = 32;
/** Bytes that OpenSSL may use: twice what 128 * N * r needs. */
const MEMORY_BYTES_MAX = 64 * 1024 * 1024;
/** Hashes at a time. Each fills a thread of libuv's pool of four; two are left for files and name lookups. */
const RUNNING_MAX = 2;
/** Callers that may wait for a turn, some seconds' worth; further ones are told to come back. */
const WAITING_MAX = 50;

const FORM = /^\$scrypt\$ln=(\d{1,2}),r=(\d{1,3}),p=(\d{1,3})\$([A-Za-z0-9+/]{22})\$([A-Za-z0-9+/]{43})$/;

interface Parameters {
  readonly log2N: number;
  readonly blockSize: number;
  readonly parallelization: number;
  readonly salt: Buffer;
}

export class PasswordHasher {
  readonly #random: RandomBytes;
  readonly #waiting: (() => void)[] = [];
  readonly #log2N: number;
  #running = 0;

  /** `log2N` is the cost of new hashes; only tests, which have nothing to protect, ask for less. */
  constructor(random: RandomBytes, log2N = LOG2_N) {
    this.#random = random;
    this.#log2N = log2N;
  }

  /** The hash of a password under a new salt. Throws Throttling when too many are waiting. */
  async hash(password: Secret): Promise<string> {
    const salt = this.#random(SALT_BYTES);
    const parameters = { log2N: this.#log2N, blockSize: BLOCK_SIZE, parallelization: PARALLELIZATION, salt };
    return print(parameters, await this.#inTurn(() => derive(password, parameters)));
  }

  /**
   * Whether `hash` is of this password. Without a hash it takes as long and says no, so that the time does
   * not tell whether a user exists. Throws Throttling when too many are waiting.
   */
  async verify(password: Secret, hash: string | undefined): Promise<boolean> {
    if (hash === undefined) {
      await this.hash(password);
      return false;
    }
    const [, log2N, blockSize, parallelization, salt, expected] = FORM.exec(hash) ?? [];
    if (salt === undefined || expected === undefined)
      throw new Error('a stored password hash has an unknown form');
    const found = await this.#inTurn(() =>
      derive(password, {
        log2N: Number(log2N),
        blockSize: Number(blockSize),
        parallelization: Number(parallelization),
        salt: Buffer.from(salt, 'base64'),
      }),
    );
    return sameBytes(found, Buffer.from(expected, 'base64'));
  }

  async #inTurn<T>(work: () => Promise<T>): Promise<T> {
    if (this.#running >= RUNNING_MAX) {
      if (this.#waiting.length >= WAITING_MAX) throw new AwsError('Throttling', 400, 'Rate exceeded');
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    } else {
      this.#running += 1;
    }
    try {
      return await work();
    } finally {
      // The turn is handed on, so the count stays; only the last one out gives it back.
      const next = this.#waiting.shift();
      if (next === undefined) this.#running -= 1;
      else next();
    }
  }
}

function derive(password: Secret, parameters: Parameters): Promise<Buffer> {
  const { log2N, blockSize, parallelization, salt } = parameters;
  const options = { N: 2 ** log2N, r: blockSize, p: parallelization, maxmem: MEMORY_BYTES_MAX };
  return new Promise((resolve, reject) => {
    scrypt(password.reveal(), salt, HASH_BYTES, options, (error, key) => {
      if (error === null) resolve(key);
      else reject(error);
    });
  });
}

function print({ log2N, blockSize, parallelization, salt }: Parameters, hash: Buffer): string {
  const text = (bytes: Buffer) => bytes.toString('base64').replaceAll('=', '');
  return `$scrypt$ln=${log2N},r=${blockSize},p=${parallelization}$${text(salt)}$${text(hash)}`;
}
