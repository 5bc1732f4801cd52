// CPU seconds of processes, from Linux' /proc (user and system time, in ticks of 10 ms).
import { readdirSync, readFileSync } from 'node:fs';

const TICK_SECONDS = 0.01;

function statOf(pid) {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
    // Fields 4, 14 and 15 of proc(5), counted from the state, which is field 3.
    return { parent: Number(fields[1]), ticks: Number(fields[11]) + Number(fields[12]) };
  } catch {
    return undefined;
  }
}

/** CPU seconds that one process has used. */
export function cpuOf(pid) {
  return (statOf(pid)?.ticks ?? 0) * TICK_SECONDS;
}

/** CPU seconds that the living descendants of a process have used. */
export function cpuOfDescendants(pid) {
  const stats = readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map((name) => ({ pid: Number(name), ...statOf(name) }));
  const family = new Set([pid]);
  for (let size = 0; size !== family.size; ) {
    size = family.size;
    for (const stat of stats) if (family.has(stat.parent)) family.add(stat.pid);
  }
  family.delete(pid);
  return stats.reduce((sum, stat) => sum + (family.has(stat.pid) ? (stat.ticks ?? 0) : 0), 0) * TICK_SECONDS;
}
