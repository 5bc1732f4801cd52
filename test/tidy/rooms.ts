import { readImports } from './imports.ts';

/** The rooms of src/ and which of them each may import. ARCHITECTURE.md shows the same table. */
export const MAY_IMPORT: ReadonlyMap<string, readonly string[]> = new Map([
  ['core', []],
  ['policy', ['core']],
  ['sigv4', ['core']],
  ['pgwire', ['core']],
  ['store', ['core']],
  ['postgres', ['core']],
  ['audit', ['core', 'store']],
  ['iam', ['core', 'policy', 'store']],
  ['redshift', ['core', 'store']],
  ['api', ['core', 'sigv4', 'store', 'audit', 'iam', 'redshift']],
  // It reaches the store only for the types of derived keys: it is handed the keys of its clusters.
  ['gateway', ['core', 'pgwire', 'store', 'postgres', 'audit', 'redshift']],
  // Statements log in to the gateway like any client: of it they know only the tokenizer.
  ['statements', ['core', 'pgwire', 'store', 'redshift', 'gateway']],
  ['console', ['core', 'store', 'audit', 'iam', 'api']],
  ['client', ['core', 'sigv4']],
]);

/** Files of src/ itself, which join the rooms and may import all of them. */
const ROOT = 'root';

/** Single files that a room may import of another, where the room as a whole would be too much. */
const ONLY: ReadonlyMap<string, readonly string[]> = new Map([
  ['gateway > store', ['src/store/keyring.ts']],
  ['gateway > audit', ['src/audit/event.ts']],
  ['statements > gateway', ['src/gateway/ddl/tokenizer.ts']],
]);

export function roomOf(path: string): string {
  const parts = path.split('/');
  return parts.length === 2 ? ROOT : (parts[1] ?? ROOT);
}

/** What breaks the direction of imports, one sentence each. */
export function roomProblems(sources: ReadonlyMap<string, string>): string[] {
  const problems: string[] = [];
  for (const [path, text] of sources) {
    const from = roomOf(path);
    for (const { line, target } of readImports(path, text)) {
      if (target === undefined) continue;
      const to = roomOf(target);
      if (from === ROOT || from === to) continue;
      const allowed = MAY_IMPORT.get(from);
      const only = ONLY.get(`${from} > ${to}`);
      if (allowed === undefined) problems.push(`${path}: the room ${from} is not in the table of rooms`);
      else if (!allowed.includes(to)) problems.push(`${path}:${line}: ${from} must not import ${to}`);
      else if (only !== undefined && !only.includes(target)) {
        problems.push(`${path}:${line}: of ${to}, ${from} may import only ${only.join(', ')}`);
      }
    }
  }
  return problems;
}
