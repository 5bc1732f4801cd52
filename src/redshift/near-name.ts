/** Finds the name that somebody probably meant. */

/** More letters than this to change, and it is another name. */
const DISTANCE_MAX = 2;
/** Names looked at: each costs a few thousand steps. */
const NAMES_MAX = 500;

/** The name nearest to `wanted` of those that differ from it in at most two letters, or undefined. */
export function nearName(wanted: string, names: readonly string[]): string | undefined {
  let best: string | undefined;
  let least = DISTANCE_MAX + 1;
  for (const name of names.slice(0, NAMES_MAX)) {
    if (Math.abs(name.length - wanted.length) > DISTANCE_MAX) continue;
    const distance = editDistance(wanted.toLowerCase(), name);
    if (distance < least) [best, least] = [name, distance];
  }
  return best;
}

/** Letters to put in, take out or change (Levenshtein), row by row. */
function editDistance(a: string, b: string): number {
  let above = Array.from({ length: b.length + 1 }, (_, n) => n);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const changed = (above[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      row.push(Math.min(changed, (above[j] ?? 0) + 1, (row[j - 1] ?? 0) + 1));
    }
    above = row;
  }
  return above[b.length] ?? 0;
}
