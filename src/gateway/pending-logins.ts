import { LIMITS } from '../core/limits.ts';

/** Connections of one gateway that have not finished their login, in all and by address. */
export class PendingLogins {
  readonly #byAddress = new Map<string, number>();
  #all = 0;

  /** Takes one in, unless a limit is reached. */
  enter(address: string): boolean {
    const own = this.#byAddress.get(address) ?? 0;
    if (this.#all >= LIMITS.loginsPendingMax || own >= LIMITS.loginsPendingPerAddressMax) return false;
    this.#all++;
    this.#byAddress.set(address, own + 1);
    return true;
  }

  leave(address: string): void {
    const own = this.#byAddress.get(address) ?? 0;
    this.#all--;
    if (own > 1) this.#byAddress.set(address, own - 1);
    else this.#byAddress.delete(address);
  }
}
