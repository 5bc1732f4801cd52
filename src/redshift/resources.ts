import type { Clock } from '../core/clock.ts';
import type { AwsError } from '../core/errors.ts';
import { codeOf } from '../core/errors.ts';
import type { Store } from '../store/database.ts';
import type { ParameterValue } from './parameters.ts';
import type { Tag } from './tags.ts';

/** What Redshift's API keeps beside clusters, each found by kind and name. */
export interface ResourceContents {
  /** By its name in lower case. */
  readonly 'custom-domain': { readonly clusterIdentifier: string; readonly certificateArn: string };
  /** JSON that the drivers take their options from. */
  readonly 'authentication-profile': { readonly json: string };
  readonly 'parameter-group': Described & {
    readonly family: string;
    /** Those that differ from the defaults, or were set to them. */
    readonly parameters: readonly ParameterValue[];
  };
  /** Kept and given back; there is no network that they would mean anything for. */
  readonly 'subnet-group': Described & { readonly subnetIds: readonly string[] };
  readonly 'security-group': Described;
}

interface Described {
  readonly description: string;
  readonly tags: readonly Tag[];
}

export type ResourceKind = keyof ResourceContents;

export interface Resource<Kind extends ResourceKind> {
  readonly name: string;
  readonly content: ResourceContents[Kind];
  readonly createdAt: Date;
}

interface Row {
  name: string;
  content: never;
  created_at: Date;
}

/** The resources of all accounts. Nothing is held in memory: they are asked for seldom. */
export class Resources {
  readonly #store: Store;
  readonly #clock: Clock;

  constructor(store: Store, clock: Clock) {
    this.#store = store;
    this.#clock = clock;
  }

  /** All of one kind, by name. */
  async list<Kind extends ResourceKind>(accountId: string, kind: Kind): Promise<Resource<Kind>[]> {
    const rows = await this.#store.query<Row>(
      `SELECT name, content, created_at FROM keyshift.redshift_resources
       WHERE account_id = $1 AND kind = $2 ORDER BY name COLLATE "C"`,
      [accountId, kind],
    );
    return rows.map((row) => fromRow<Kind>(row));
  }

  /** The names of a kind in every account, each once, for the node that serves them all. */
  async namesOfAll(kind: ResourceKind): Promise<readonly string[]> {
    const rows = await this.#store.query<{ name: string }>(
      'SELECT DISTINCT name FROM keyshift.redshift_resources WHERE kind = $1 ORDER BY name',
      [kind],
    );
    return rows.map(({ name }) => name);
  }

  /** Those of that name in any account, with their accounts. */
  async inAllAccounts<Kind extends ResourceKind>(
    kind: Kind,
    name: string,
  ): Promise<readonly (Resource<Kind> & { readonly accountId: string })[]> {
    const rows = await this.#store.query<Row & { account_id: string }>(
      'SELECT account_id, name, content, created_at FROM keyshift.redshift_resources WHERE kind = $1 AND name = $2',
      [kind, name],
    );
    return rows.map((row) => ({ ...fromRow<Kind>(row), accountId: row.account_id }));
  }

  async find<Kind extends ResourceKind>(
    accountId: string,
    kind: Kind,
    name: string,
  ): Promise<Resource<Kind> | undefined> {
    const [row] = await this.#store.query<Row>(
      `SELECT name, content, created_at FROM keyshift.redshift_resources
       WHERE account_id = $1 AND kind = $2 AND name = $3`,
      [accountId, kind, name],
    );
    return row === undefined ? undefined : fromRow(row);
  }

  /** Adds one. Throws `refusal.exists()` when there is one of that name, `refusal.tooMany()` past `refusal.max`. */
  async insert<Kind extends ResourceKind>(
    accountId: string,
    kind: Kind,
    name: string,
    content: ResourceContents[Kind],
    refusal: {
      readonly exists: () => AwsError;
      readonly max: number;
      /** Of all accounts together, where they share what it takes. */
      readonly maxOfAll?: number;
      readonly tooMany: () => AwsError;
    },
  ): Promise<Resource<Kind>> {
    const createdAt = this.#clock.now();
    try {
      await this.#store.transaction(async (database) => {
        const [row] = await database.query<{ count: number }>(
          `SELECT count(*)::int AS count FROM keyshift.redshift_resources WHERE account_id = $1 AND kind = $2`,
          [accountId, kind],
        );
        if (row !== undefined && row.count >= refusal.max) throw refusal.tooMany();
        if (refusal.maxOfAll !== undefined) {
          const [all] = await database.query<{ count: number }>(
            'SELECT count(*)::int AS count FROM keyshift.redshift_resources WHERE kind = $1',
            [kind],
          );
          if (all !== undefined && all.count >= refusal.maxOfAll) throw refusal.tooMany();
        }
        await database.query('INSERT INTO keyshift.redshift_resources VALUES ($1, $2, $3, $4, $5)', [
          accountId,
          kind,
          name,
          JSON.stringify(content),
          createdAt,
        ]);
      });
    } catch (error) {
      if (codeOf(error) === '23505') throw refusal.exists();
      throw error;
    }
    return { name, content, createdAt };
  }

  /** Gives one another content, worked out from the present one. Undefined: there is none of that name. */
  async update<Kind extends ResourceKind>(
    accountId: string,
    kind: Kind,
    name: string,
    change: (content: ResourceContents[Kind]) => ResourceContents[Kind],
  ): Promise<Resource<Kind> | undefined> {
    return this.#store.transaction(async (database) => {
      const where = 'WHERE account_id = $1 AND kind = $2 AND name = $3';
      const [row] = await database.query<Row>(
        `SELECT name, content, created_at FROM keyshift.redshift_resources ${where}`,
        [accountId, kind, name],
      );
      if (row === undefined) return undefined;
      const changed = { ...fromRow<Kind>(row), content: change(row.content) };
      await database.query(`UPDATE keyshift.redshift_resources SET content = $4 ${where}`, [
        accountId,
        kind,
        name,
        JSON.stringify(changed.content),
      ]);
      return changed;
    });
  }

  /** Whether there was one. */
  async remove(accountId: string, kind: ResourceKind, name: string): Promise<boolean> {
    const removed = await this.#store.query(
      `DELETE FROM keyshift.redshift_resources WHERE account_id = $1 AND kind = $2 AND name = $3 RETURNING name`,
      [accountId, kind, name],
    );
    return removed.length > 0;
  }
}

/** The content was written under its kind, so it has that kind's type. */
function fromRow<Kind extends ResourceKind>(row: Row): Resource<Kind> {
  return { name: row.name, content: row.content, createdAt: row.created_at };
}
