import type { Database } from '../store/database.ts';

/** Documents that events refer to by their digests: each is kept once, however many events refer to it. */

/** Digests that are known to be kept already; each entry has about a hundred bytes. */
const KNOWN_MAX = 10_000;

const INSERT = `
  INSERT INTO keyshift.audit_documents (account_id, digest, document)
  SELECT $1, e.digest, e.document FROM unnest($2::text[], $3::text[]) AS e(digest, document)
  ON CONFLICT DO NOTHING`;

/** Keeps documents, and remembers which ones it has kept. */
export class AuditDocuments {
  readonly #database: Database;
  readonly #known = new Set<string>();

  constructor(database: Database) {
    this.#database = database;
  }

  /** Keeps documents by digest, durably. Throws the store's error. */
  async keep(accountId: string, documents: ReadonlyMap<string, string>): Promise<void> {
    const missing = [...documents].filter(([digest]) => !this.#known.has(`${accountId}/${digest}`));
    if (missing.length === 0) return;
    await this.#database.query(INSERT, [
      accountId,
      missing.map(([digest]) => digest),
      missing.map(([, document]) => document),
    ]);
    if (this.#known.size + missing.length > KNOWN_MAX) this.#known.clear();
    for (const [digest] of missing) this.#known.add(`${accountId}/${digest}`);
  }
}

/** The documents with these digests, as far as they are there. */
export async function auditDocuments(
  database: Database,
  accountId: string,
  digests: readonly string[],
): Promise<ReadonlyMap<string, string>> {
  const rows = await database.query<{ digest: string; document: string }>(
    'SELECT digest, document FROM keyshift.audit_documents WHERE account_id = $1 AND digest = ANY($2)',
    [accountId, digests],
  );
  return new Map(rows.map(({ digest, document }) => [digest, document]));
}
