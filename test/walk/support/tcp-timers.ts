import { readdirSync, readFileSync, readlinkSync } from 'node:fs';

/** The TCP connections of a process as Linux shows them (proc(5), /proc/net/tcp). */
interface Connection {
  readonly localPort: number;
  readonly remotePort: number;
  /** Seconds until the next probe of a connection on which nothing happens; undefined where there is no such timer. */
  readonly probeIn: number | undefined;
}

const ESTABLISHED = '01';
/** Besides keepalive, this timer has only closing connections. */
const KEEPALIVE_TIMER = '02';
/** Ticks of a second in these files (USER_HZ). */
const TICKS = 100;

export function connectionsOf(pid: number): Connection[] {
  const inodes = new Set(
    readdirSync(`/proc/${pid}/fd`).flatMap((fd) => {
      try {
        return /^socket:\[(\d+)\]$/.exec(readlinkSync(`/proc/${pid}/fd/${fd}`))?.[1] ?? [];
      } catch {
        // Closed meanwhile.
        return [];
      }
    }),
  );
  return ['tcp', 'tcp6'].flatMap((table) => {
    const lines = readFileSync(`/proc/${pid}/net/${table}`, 'utf8').trim().split('\n').slice(1);
    return lines.flatMap((line) => {
      const [, local = '', remote = '', state, , timer = '', , , , inode = ''] = line.trim().split(/\s+/);
      if (state !== ESTABLISHED || !inodes.has(inode)) return [];
      const [kind, ticks = ''] = timer.split(':');
      const probeIn = kind === KEEPALIVE_TIMER ? Number.parseInt(ticks, 16) / TICKS : undefined;
      return [{ localPort: portOf(local), remotePort: portOf(remote), probeIn }];
    });
  });
}

const portOf = (address: string): number => Number.parseInt(address.split(':')[1] ?? '', 16);
