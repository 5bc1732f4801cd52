import { endsWithin } from '../core/ends-within.ts';
import { SqlError } from '../core/errors.ts';
import { LIMITS } from '../core/limits.ts';
import { Turnstile } from '../core/turnstile.ts';
import { type Channel, ConnectionEnded } from './channel.ts';

/**
 * Passwords that servers are proving for clients that are nobody yet. Each proof holds a connection of its server, of
 * which there are few, so whoever leaves them unfinished would keep everybody out. One address waits for itself first,
 * and only then for the others.
 */
export class PasswordProofs {
  readonly #bySource = new Turnstile(LIMITS.passwordProofsPerAddressMax);
  readonly #byCluster = new Turnstile(LIMITS.passwordProofsMax);

  /**
   * Does `work` when it is its turn. Throws SqlError 57014 when it takes too long, ConnectionEnded when the client has
   * left while it waited. What a work that takes too long has opened is for the caller to close.
   */
  pass<T>(
    clusterArn: string,
    source: string,
    client: Pick<Channel, 'socket'>,
    work: () => Promise<T>,
  ): Promise<T> {
    return this.#bySource.pass(source, () =>
      this.#byCluster.pass(clusterArn, () => {
        if (client.socket.destroyed) throw new ConnectionEnded();
        return withinTime(work);
      }),
    );
  }
}

async function withinTime<T>(work: () => Promise<T>): Promise<T> {
  const proof = work();
  if (await endsWithin(proof, LIMITS.passwordProofMsMax)) return proof;
  throw new SqlError('57014', 'canceling authentication due to timeout');
}
