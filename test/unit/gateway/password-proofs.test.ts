import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { LIMITS } from '../../../src/core/limits.ts';
import { ConnectionEnded } from '../../../src/gateway/channel.ts';
import { PasswordProofs } from '../../../src/gateway/password-proofs.ts';
import { closeSockets, socketPair } from './loopback.ts';

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
});
afterEach(async () => {
  vi.useRealTimers();
  await closeSockets();
});

const never = (): Promise<never> => new Promise(() => {});
const LATE = { sqlState: '57014', message: 'canceling authentication due to timeout' };
/** Until everything that waits for no timer is done. */
const settled = () => new Promise((resolve) => setImmediate(resolve));

describe('proofs of passwords', () => {
  test('that one address leaves unfinished hold up its others, for five seconds, and nobody else', async () => {
    const { server: socket } = await socketPair();
    const proofs = new PasswordProofs();
    const stuck = Array.from({ length: LIMITS.passwordProofsPerAddressMax }, () =>
      proofs.pass('cluster', 'attacker', { socket }, never).catch((error: unknown) => error),
    );
    const done: string[] = [];
    const prove = (source: string) =>
      proofs.pass('cluster', source, { socket }, async () => void done.push(source));
    const others = [prove('attacker'), prove('victim')];
    await settled();
    expect(done).toEqual(['victim']);
    vi.advanceTimersByTime(LIMITS.passwordProofMsMax - 1);
    await settled();
    expect(done).toEqual(['victim']);
    vi.advanceTimersByTime(1);
    for (const error of await Promise.all(stuck)) expect(error).toMatchObject(LATE);
    await Promise.all(others);
    expect(done).toEqual(['victim', 'attacker']);
  });

  test('are limited for each cluster, and in their turn a cluster holds up no other', async () => {
    const { server: socket } = await socketPair();
    const proofs = new PasswordProofs();
    const stuck = Array.from({ length: LIMITS.passwordProofsMax }, (_, n) =>
      proofs.pass('one', `address-${n}`, { socket }, never).catch(() => 'late'),
    );
    let isIn = false;
    const waiting = proofs.pass('one', 'victim', { socket }, async () => {
      isIn = true;
    });
    await expect(proofs.pass('other', 'victim', { socket }, async () => 'in')).resolves.toBe('in');
    expect(isIn).toBe(false);
    vi.advanceTimersByTime(LIMITS.passwordProofMsMax);
    await Promise.all([...stuck, waiting]);
    expect(isIn).toBe(true);
  });

  test('are not begun for clients that have left while they waited, and fail as their work does', async () => {
    const { server: socket } = await socketPair();
    const proofs = new PasswordProofs();
    socket.destroy();
    const work = vi.fn(async () => 'in');
    await expect(proofs.pass('cluster', 'a', { socket }, work)).rejects.toThrow(ConnectionEnded);
    expect(work).not.toHaveBeenCalled();
    const { server: open } = await socketPair();
    const wrong = Promise.reject(new Error('wrong'));
    await expect(proofs.pass('cluster', 'a', { socket: open }, () => wrong)).rejects.toThrow('wrong');
  });
});
