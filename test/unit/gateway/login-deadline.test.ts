import { once } from 'node:events';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { SqlError } from '../../../src/core/errors.ts';
import { LIMITS } from '../../../src/core/limits.ts';
import { Channel, ConnectionEnded } from '../../../src/gateway/channel.ts';
import { LoginDeadline } from '../../../src/gateway/login-deadline.ts';
import { closeSockets, received, socketPair } from './loopback.ts';

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
});
afterEach(async () => {
  vi.useRealTimers();
  await closeSockets();
});

const TIMEOUT = { sqlState: '57014', message: 'canceling authentication due to timeout' };

function required(deadline: LoginDeadline): unknown {
  try {
    deadline.require();
    return undefined;
  } catch (error) {
    return error;
  }
}

describe('the deadline of a login', () => {
  test('lets everything through until its last millisecond', async () => {
    const { server } = await socketPair();
    const deadline = new LoginDeadline(server);
    vi.advanceTimersByTime(LIMITS.loginMsMax - 1);
    expect(required(deadline)).toBeUndefined();
    expect(deadline.passed).toBe(false);
    expect(server.destroyed).toBe(false);
    deadline.end();
  });

  test('closes a connection at once that has no channel to be told on', async () => {
    const { server, client } = await socketPair();
    const deadline = new LoginDeadline(server);
    const closed = received(client);
    vi.advanceTimersByTime(LIMITS.loginMsMax);
    expect(server.destroyed).toBe(true);
    expect(await closed).toHaveLength(0);
    expect(required(deadline)).toBeInstanceOf(SqlError);
    expect(required(deadline)).toMatchObject(TIMEOUT);
  });

  test('fails the step that waits for the client, and leaves a second to tell it why', async () => {
    const { server, client } = await socketPair();
    const deadline = new LoginDeadline(server);
    deadline.client = new Channel(server);
    const reading = deadline.client.frame();
    vi.advanceTimersByTime(LIMITS.loginMsMax);
    await expect(reading).rejects.toThrow(ConnectionEnded);
    expect(required(deadline)).toMatchObject(TIMEOUT);
    expect(server.destroyed).toBe(false);
    const told = received(client);
    deadline.client.end(Buffer.from('why'));
    expect((await told).toString()).toBe('why');
  });

  test('cuts off a client that does not take its refusal', async () => {
    const { server } = await socketPair();
    const deadline = new LoginDeadline(server);
    deadline.client = new Channel(server);
    vi.advanceTimersByTime(LIMITS.loginMsMax + 999);
    expect(server.destroyed).toBe(false);
    const closed = once(server, 'close');
    vi.advanceTimersByTime(1);
    expect(server.destroyed).toBe(true);
    await closed;
  });

  test('fails the step that waits for the server, and closes one that comes too late', async () => {
    const [login, before, after] = [await socketPair(), await socketPair(), await socketPair()];
    const deadline = new LoginDeadline(login.server);
    const server = new Channel(before.client);
    deadline.watch(server);
    const reading = server.frame();
    vi.advanceTimersByTime(LIMITS.loginMsMax - 1);
    expect(before.client.destroyed).toBe(false);
    vi.advanceTimersByTime(1);
    await expect(reading).rejects.toThrow(ConnectionEnded);
    deadline.watch(new Channel(after.client));
    expect(after.client.destroyed).toBe(true);
  });

  test('closes the connection to the server when the login fails', async () => {
    const [login, connection] = [await socketPair(), await socketPair()];
    const deadline = new LoginDeadline(login.server);
    deadline.closeServer();
    deadline.watch(new Channel(connection.client));
    expect(connection.client.destroyed).toBe(false);
    deadline.closeServer();
    expect(connection.client.destroyed).toBe(true);
    deadline.end();
  });

  test('is over when the login is done, and then never passes', async () => {
    const { server } = await socketPair();
    const deadline = new LoginDeadline(server);
    deadline.client = new Channel(server);
    vi.advanceTimersByTime(LIMITS.loginMsMax - 1);
    deadline.end();
    deadline.end();
    vi.advanceTimersByTime(10 * LIMITS.loginMsMax);
    expect(required(deadline)).toBeUndefined();
    expect(server.destroyed).toBe(false);
    expect(vi.getTimerCount()).toBe(0);
  });

  test('fails the step that waits for the database server, with a reason of its own', async () => {
    const { server } = await socketPair();
    const deadline = new LoginDeadline(server);
    const never = new Promise<never>(() => {});
    const waiting = deadline.forServer(never);
    vi.advanceTimersByTime(LIMITS.loginMsMax);
    const refusal = { sqlState: '57P03', message: 'the database server of this cluster does not answer' };
    await expect(waiting).rejects.toMatchObject(refusal);
    expect(deadline.refusal).toMatchObject(refusal);
  });

  test('that is abandoned fails the step that waits for the server, and every later one, with that reason', async () => {
    const [login, before, after] = [await socketPair(), await socketPair(), await socketPair()];
    const deadline = new LoginDeadline(login.server);
    const revoked = new SqlError('57P01', 'revoked');
    const never = new Promise<never>(() => {});
    const waiting = deadline.forServer(never);
    deadline.watch(new Channel(before.client));
    deadline.abandon(revoked);
    await expect(waiting).rejects.toBe(revoked);
    expect(before.client.destroyed).toBe(true);
    await expect(deadline.forServer(never)).rejects.toBe(revoked);
    expect(required(deadline)).toBe(revoked);
    deadline.watch(new Channel(after.client));
    expect(after.client.destroyed).toBe(true);
    // The first reason stands, and there is still somebody to be told.
    deadline.abandon(new SqlError('57P01', 'again'));
    expect(required(deadline)).toBe(revoked);
    expect(login.server.destroyed).toBe(false);
    deadline.end();
  });

  test('blames the client again once the database server has answered', async () => {
    const { server } = await socketPair();
    const deadline = new LoginDeadline(server);
    expect(await deadline.forServer(Promise.resolve(7))).toBe(7);
    await expect(deadline.forServer(Promise.reject(new SqlError('3D000', 'no')))).rejects.toMatchObject({
      sqlState: '3D000',
    });
    vi.advanceTimersByTime(LIMITS.loginMsMax);
    expect(deadline.refusal).toMatchObject(TIMEOUT);
  });
});
