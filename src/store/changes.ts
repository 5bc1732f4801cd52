import type { Client } from 'pg';
import type { Logger } from '../core/logger.ts';
import { announcePresence, CALLS_CHANNEL } from './node-calls.ts';

/** The channel on which nodes tell each other that something of an account changed. */
const CHANGES_CHANNEL = 'keyshift_changes';

const RECONNECT_MS = 1_000;

export interface ChangeListener {
  /** Something of this account changed: forget what is held of it. */
  changed(accountId: string): void;
  /** A node asks all nodes. */
  asked(questionId: string): void;
  /** Whether changes are being heard. While they are not, nothing may be answered from memory. */
  hearing(isHearing: boolean): void;
}

/**
 * Hears the changes that any node announces, and reconnects until `close` is called. While it hears, the node is
 * present to the others under its number. `connect` makes a new client, not yet connected.
 */
export class ChangeChannel {
  readonly #connect: () => Client;
  readonly #node: number;
  readonly #listener: ChangeListener;
  readonly #logger: Logger;
  #client: Client | undefined;
  #timer: NodeJS.Timeout | undefined;
  #closed = false;

  constructor(connect: () => Client, node: number, listener: ChangeListener, logger: Logger) {
    this.#connect = connect;
    this.#node = node;
    this.#listener = listener;
    this.#logger = logger;
  }

  async open(): Promise<void> {
    const client = this.#connect();
    this.#client = client;
    client.on('error', () => this.#lost(client));
    client.on('end', () => this.#lost(client));
    client.on('notification', ({ channel, payload = '' }) => {
      if (channel === CHANGES_CHANNEL) this.#listener.changed(payload);
      if (channel === CALLS_CHANNEL) this.#listener.asked(payload);
    });
    await client.connect();
    await client.query(`LISTEN ${CHANGES_CHANNEL}; LISTEN ${CALLS_CHANNEL}`);
    await announcePresence(client, this.#node);
    this.#listener.hearing(true);
  }

  async close(): Promise<void> {
    this.#closed = true;
    clearTimeout(this.#timer);
    await this.#client?.end().catch(() => {});
  }

  #lost(client: Client): void {
    if (this.#closed || this.#client !== client) return;
    this.#client = undefined;
    this.#listener.hearing(false);
    this.#logger.warn(
      {},
      'the change channel to the store is lost; answering from the store until it is back',
    );
    this.#reconnectLater();
  }

  #reconnectLater(): void {
    this.#timer = setTimeout(() => {
      this.open().catch(() => {
        this.#client = undefined;
        if (!this.#closed) this.#reconnectLater();
      });
    }, RECONNECT_MS);
  }
}
