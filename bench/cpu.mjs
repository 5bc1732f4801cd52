// CPU seconds of processes, from Linux' /proc (user and system time, in ticks of 10 ms).
import { readdirSync, readFileSync } from 'node:fs';

const TICK_SECONDS = 0.01;

function statOf(pid) {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
    // Fields 4 and 14 to 17 of proc(5), counted from the state, which is field 3.
    const [user, system, userOfDead, systemOfDead] = fields.slice(11, 15).map(Number);
    return { parent: Number(fields[1]), ticks: user + system, ticksOfDead: userOfDead + systemOfDead };
  } catch {
    return undefined;
  }
}

/** CPU seconds that one process has used. */
export function cpuOf(pid) {
  return (statOf(pid)?.ticks ?? 0) * TICK_SECONDS;
}

/** CPU seconds that the descendants of a process have used, those too that ended. */
export function cpuOfDescendants(pid) {
  const stats = readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map((name) => ({ pid: Number(name), ...statOf(name) }));
  const family = new Set([pid]);
  for (let size = 0; size !== family.size; ) {
    size = family.size;
    for (const stat of stats) if (family.has(stat.parent)) family.add(stat.pid);
  }
  let ticks = 0;
  for (const stat of stats) {
    if (!family.has(stat.pid)) continue;
    ticks += (stat.ticksOfDead ?? 0) + (stat.pid === pid ? 0 : (stat.ticks ?? 0));
  }
  return ticks * TICK_SECONDS;
}
