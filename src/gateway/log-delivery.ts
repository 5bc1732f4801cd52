import type { Clock } from '../core/clock.ts';
import { AwsError, messageOf } from '../core/errors.ts';
import type { Logger } from '../core/logger.ts';
import type { Clusters } from '../redshift/clusters.ts';
import type { LogDeliveries } from '../redshift/log-deliveries.ts';
import { LOG_TYPES, type LoggedCluster, type Logging, type LogType } from '../redshift/logging.ts';
import { LogFiles } from './log-files.ts';
import { type LoggedEvent, logLine } from './log-lines.ts';

/**
 * Delivers the connection and user logs of one cluster, while EnableLogging says so. The audit log is the record that
 * counts; this one may lose its last seconds in a crash, and what cannot be written for long.
 */
export interface LogDeliveryOptions {
  readonly clusters: LoggedClusters;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Folder of all logs. */
  readonly logFolder: string;
}

/** The part of `Clusters` that is used here. */
export interface LoggedClusters extends Pick<Clusters, 'get'> {
  readonly logDeliveries: Pick<LogDeliveries, 'succeeded' | 'failed'>;
}

/** From an event to its delivery, in milliseconds; also between two tries. */
const DELIVERY_MS = 5_000;
/** Events that wait; what comes beyond is lost, and told as a failure. */
const WAITING_MAX = 20_000;

interface Waiting {
  readonly type: LogType;
  readonly at: string;
  readonly event: LoggedEvent;
}

export class LogDelivery {
  readonly #options: LogDeliveryOptions;
  readonly #cluster: LoggedCluster;
  readonly #files: ReadonlyMap<LogType, LogFiles>;
  #waiting: Waiting[] = [];
  #lost = 0;
  #timer: NodeJS.Timeout | undefined;
  #delivering: Promise<void> = Promise.resolve();
  #isClosed = false;

  constructor(cluster: LoggedCluster, options: LogDeliveryOptions) {
    this.#cluster = cluster;
    this.#options = options;
    this.#files = new Map(LOG_TYPES.map((type) => [type, new LogFiles(options.logFolder, cluster, type)]));
  }

  /** Takes an event, which says `at` when it was. */
  append(type: LogType, event: LoggedEvent): void {
    if (this.#waiting.length >= WAITING_MAX) this.#lost++;
    else this.#waiting.push({ type, at: String(event['at']), event });
    this.#deliverSoon();
  }

  /** Delivers what waits, if it can. Never rejects. */
  deliver(): Promise<void> {
    this.#delivering = this.#delivering.then(() => this.#deliver());
    return this.#delivering;
  }

  /** Delivers what waits, and then no more. */
  async close(): Promise<void> {
    this.#isClosed = true;
    clearTimeout(this.#timer);
    await this.deliver();
  }

  #deliverSoon(): void {
    if (this.#isClosed) return;
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      void this.deliver();
    }, DELIVERY_MS).unref();
  }

  async #deliver(): Promise<void> {
    const { accountId, identifier } = this.#cluster;
    const { clusters, clock, logger } = this.#options;
    if (this.#waiting.length === 0) return;
    try {
      const logging = await loggingOf(clusters, this.#cluster);
      if (logging === undefined) {
        this.#waiting = [];
        this.#lost = 0;
        return;
      }
      const failure = await this.#write(logging);
      if (failure === undefined) return;
      logger.warn(
        { account: accountId, cluster: identifier, reason: failure },
        'logs of a cluster are not delivered',
      );
      await clusters.logDeliveries.failed(this.#cluster, clock.now(), failure);
    } catch (error) {
      logger.warn(
        { cluster: identifier, reason: messageOf(error) },
        'the delivery of logs is not known to the store',
      );
    } finally {
      if (this.#waiting.length > 0) this.#deliverSoon();
    }
  }

  /** Why not all could be written, or undefined. What could not, waits for the next time. */
  async #write(logging: Logging): Promise<string | undefined> {
    const { clock, clusters } = this.#options;
    const all = this.#waiting;
    this.#waiting = [];
    const wanted = all.filter(
      ({ type, at }) => at >= logging.since && (logging.exports ?? LOG_TYPES).includes(type),
    );
    const kept: Waiting[] = [];
    let failure: string | undefined;
    for (const [type, files] of this.#files) {
      const entries = wanted.filter((entry) => entry.type === type);
      if (entries.length === 0) continue;
      try {
        const lines = entries.map(({ event }) => logLine(type, event));
        await files.append(logging, lines.join(''), clock.now());
      } catch (error) {
        failure = messageOf(error);
        kept.push(...entries);
      }
    }
    this.#waiting = [...kept, ...this.#waiting];
    if (failure === undefined && this.#lost > 0)
      failure = `${this.#lost} events were lost: too many came at once`;
    if (kept.length === 0) this.#lost = 0;
    if (kept.length < wanted.length) await clusters.logDeliveries.succeeded(this.#cluster, clock.now());
    return failure;
  }
}

/** Undefined also for a cluster that is gone. */
async function loggingOf(clusters: LoggedClusters, cluster: LoggedCluster): Promise<Logging | undefined> {
  try {
    return (await clusters.get(cluster.accountId, cluster.identifier)).settings.logging;
  } catch (error) {
    if (error instanceof AwsError && error.code === 'ClusterNotFound') return undefined;
    throw error;
  }
}
