import type pg from 'pg';
import { dropOldest } from '../core/drop-oldest.ts';
import { type FactsQuestion, MOMENT, type ProvisionFacts, readFacts } from './provision-facts.ts';

/**
 * What an embedded server said about a login, for the next login of the same. Each login asks whether it still holds: a
 * snapshot tells which transactions have ended, so while it is the same, so is what the catalogs say. That costs the
 * server a tenth of the whole question, and logins that come together share an answer.
 *
 * INVARIANT: an answer is held only when no transaction was ending while it was given. PostgreSQL shows a transaction in
 * snapshots shortly before it tells the caches of other processes, from which rights are answered; it holds the lock of
 * its own number until after that.
 */

/** Questions whose answers are held; one has about four kilobytes. The one unused longest goes first. */
const HELD_MAX = 1_000;
/** Some of the answers also depend on the time, in steps of minutes. */
const HELD_SECONDS_MAX = 60;
/** Logins of a kind that ask in full after an answer was held in vain: the server is being written to. */
const LOGINS_WITHOUT_TRIAL = 8;

interface Look {
  readonly snapshot: string;
  readonly configLoadedAt: number;
  /** In seconds since 1970, by the server's clock. */
  readonly at: number;
}

interface Held {
  facts: ProvisionFacts | undefined;
  isUsed: boolean;
  /** So many logins do not try to have one. */
  withoutTrial: number;
}

const LOOK = `
  SELECT ${MOMENT} AS snapshot, extract(epoch FROM pg_conf_load_time())::float8 AS "configLoadedAt",
    extract(epoch FROM now())::float8 AS at`;
const IS_QUIET = `
  SELECT ${MOMENT} AS snapshot,
    NOT EXISTS (SELECT FROM pg_locks WHERE locktype = 'transactionid') AS "isQuiet"`;

export class HeldFacts {
  readonly #home: () => pg.Pool;
  readonly #held = new Map<string, Held>();
  #looking: Promise<Look> | undefined;
  #nextLook: Promise<Look> | undefined;

  /** `home`: the administrator's connections to the server. */
  constructor(home: () => pg.Pool) {
    this.#home = home;
  }

  /** The facts as `readFacts` would read them now. */
  async read(question: FactsQuestion): Promise<ProvisionFacts> {
    const { held, isNew } = this.#heldFor(question);
    if (isNew || held.withoutTrial > 0) {
      held.withoutTrial = Math.max(0, held.withoutTrial - 1);
      return readFacts(this.#home(), question);
    }
    const { facts } = held;
    if (facts !== undefined && holds(facts, await this.#look())) {
      held.isUsed = true;
      return facts;
    }
    return this.#readToHold(question, held);
  }

  async #readToHold(question: FactsQuestion, held: Held): Promise<ProvisionFacts> {
    if (held.facts !== undefined && !held.isUsed) held.withoutTrial = LOGINS_WITHOUT_TRIAL;
    held.facts = undefined;
    held.isUsed = false;
    const quiet = await this.#home().query<{ snapshot: string; isQuiet: boolean }>({
      ...{ name: 'keyshift-is-quiet', text: IS_QUIET },
    });
    const facts = await readFacts(this.#home(), question);
    const { snapshot, isQuiet } = quiet.rows[0] ?? {};
    if (isQuiet === true && snapshot === facts.snapshot && mayBeHeld(facts)) held.facts = facts;
    return facts;
  }

  #heldFor({ dbUser, groups, database }: FactsQuestion): { held: Held; isNew: boolean } {
    const key = JSON.stringify([dbUser, groups, database]);
    const known = this.#held.get(key);
    const held = known ?? { facts: undefined, isUsed: false, withoutTrial: 0 };
    this.#held.delete(key);
    dropOldest(this.#held, HELD_MAX);
    this.#held.set(key, held);
    return { held, isNew: known === undefined };
  }

  /** A look that begins after this call; all that come while another is under way share the next one. */
  #look(): Promise<Look> {
    this.#nextLook ??= this.#lookAfter(this.#looking);
    return this.#nextLook;
  }

  async #lookAfter(earlier: Promise<Look> | undefined): Promise<Look> {
    // Its failure is told to those who wait for it.
    await earlier?.catch(() => {});
    this.#nextLook = undefined;
    this.#looking = this.#ask();
    return this.#looking;
  }

  async #ask(): Promise<Look> {
    const { rows } = await this.#home().query<Look>({ name: 'keyshift-look', text: LOOK });
    if (rows[0] === undefined) throw new Error('the server gave no snapshot');
    return rows[0];
  }
}

function holds(facts: ProvisionFacts, look: Look): boolean {
  return (
    facts.snapshot === look.snapshot &&
    facts.configLoadedAt === look.configLoadedAt &&
    look.at - facts.at < HELD_SECONDS_MAX
  );
}

/** Open connections are no transactions, and a session role whose use is to be noted is about to change. */
function mayBeHeld({ account, databaseId, session }: ProvisionFacts): boolean {
  return (
    account !== undefined &&
    account.connectionLimit < 0 &&
    databaseId !== undefined &&
    session?.fresh !== false
  );
}
