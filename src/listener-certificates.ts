import { createPrivateKey, X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { createSecureContext } from 'node:tls';
import { openCertificates } from './certificates.ts';
import { messageOf, OperatorError } from './core/errors.ts';
import type { RandomBytes } from './core/ids.ts';
import type { Logger } from './core/logger.ts';

/**
 * The certificate that all listeners show: of our own authority, made anew before it ends, or the operator's, read anew
 * when its files change. Connections that are open go on with what they began with.
 */

/** What a listener shows, in PEM. */
export interface ShownCertificate {
  readonly certificate: string;
  readonly key: string;
}

/** Files that the operator keeps. */
export interface CertificateFiles {
  /** The chain, the server's certificate first. */
  readonly certificate: string;
  readonly key: string;
  /** What clients must trust; undefined: what they trust anyway. */
  readonly authority: string | undefined;
}

interface Options {
  /** Where our own certificates are. */
  readonly directory: string;
  readonly files: CertificateFiles | undefined;
  /** Names and addresses for a certificate of our own. */
  readonly names: readonly string[];
  /** The system's time: clients judge by their own clock. */
  readonly now: () => Date;
  readonly random: RandomBytes;
  readonly logger: Logger;
}

type Shown = ShownCertificate & { readonly caFile: string | undefined };

export class ListenerCertificates {
  readonly #options: Options;
  readonly #names: Set<string>;
  readonly #listeners: ((shown: ShownCertificate) => void)[] = [];
  /** Why files could not be used, so that it is told once. */
  #complaint = '';
  #shown: Shown;
  #looking: Promise<void> = Promise.resolve();

  private constructor(options: Options, shown: Shown) {
    this.#options = options;
    this.#names = new Set(options.names);
    this.#shown = shown;
  }

  /** Throws OperatorError when there is nothing that can be shown. */
  static async open(options: Options): Promise<ListenerCertificates> {
    return new ListenerCertificates(options, await read(options, options.names));
  }

  get shown(): ShownCertificate {
    return this.#shown;
  }

  /** The file with the authority that clients must trust, if they have to be told. */
  get caFile(): string | undefined {
    return this.#shown.caFile;
  }

  /** Tells every certificate that is shown from now on. */
  onChange(listener: (shown: ShownCertificate) => void): void {
    this.#listeners.push(listener);
  }

  /** Has our own certificate name one more host. The operator's names what it names. */
  async addName(name: string): Promise<void> {
    if (this.#names.has(name)) return;
    this.#names.add(name);
    await this.look();
  }

  /** Shows what is to be shown now. What cannot be used is told in the log, and the last good one is shown on. */
  look(): Promise<void> {
    // One after the other: two that make a certificate at once would mix their files.
    this.#looking = this.#looking.then(() => this.#look());
    return this.#looking;
  }

  async #look(): Promise<void> {
    let shown: Shown;
    try {
      shown = await read(this.#options, [...this.#names]);
    } catch (error) {
      const complaint = messageOf(error);
      if (complaint !== this.#complaint) {
        this.#options.logger.error(
          { cause: complaint },
          'the new certificate cannot be used; the last one is shown on',
        );
      }
      this.#complaint = complaint;
      return;
    }
    this.#complaint = '';
    if (shown.certificate === this.#shown.certificate && shown.key === this.#shown.key) return;
    this.#shown = shown;
    for (const listener of this.#listeners) listener(shown);
    const { subject, validTo } = new X509Certificate(shown.certificate);
    this.#options.logger.info({ subject, validTo }, 'new connections are shown another certificate');
  }
}

async function read({ directory, files, now, random }: Options, names: readonly string[]): Promise<Shown> {
  if (files === undefined) return openCertificates(directory, names, now(), random);
  const certificate = readText(files.certificate);
  const key = readText(files.key);
  try {
    createSecureContext({ cert: certificate, key });
    if (!new X509Certificate(certificate).checkPrivateKey(createPrivateKey(key)))
      throw new Error("the key is another one's");
  } catch (error) {
    throw new OperatorError(
      `the certificate in ${files.certificate} and the key in ${files.key} cannot be used together (${messageOf(error)})`,
      { cause: error },
    );
  }
  return { certificate, key, caFile: files.authority === undefined ? undefined : resolve(files.authority) };
}

function readText(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    throw new OperatorError(`${file} cannot be read (${messageOf(error)})`, { cause: error });
  }
}
