/** Makes room for one more entry in a map that may have `max`: the one that was set longest ago goes. */
export function dropOldest<K>(entries: Map<K, unknown>, max: number): void {
  const [oldest] = entries.size >= max ? entries.keys() : [];
  if (oldest !== undefined) entries.delete(oldest);
}
