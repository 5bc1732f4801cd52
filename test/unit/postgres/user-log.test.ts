import { describe, expect, test } from 'vitest';
import { fixedClock } from '../../../src/core/clock.ts';
import { silentLogger } from '../../../src/core/logger.ts';
import type { ServerAccess } from '../../../src/postgres/server-access.ts';
import { type UserEvent, type UserFacts, UserLog, userEvents } from '../../../src/postgres/user-log.ts';

/** What changes of users between two looks at the catalog. */

const AT = new Date('2026-03-01T10:00:00Z');

const user = (oid: number, name: string, more: Partial<UserFacts> = {}): UserFacts => ({
  ...{ oid, name, createdb: false, superuser: false, catupd: false, until: null, xid: 700 },
  ...more,
});
const map = (...users: UserFacts[]) => new Map(users.map((each) => [each.oid, each]));
const told = (before: UserFacts[], after: UserFacts[]) =>
  userEvents(map(...before), map(...after), AT).map(({ action, name, oldName }) => [action, name, oldName]);

describe('Between two looks', () => {
  test('nothing happens to users that are the same', () => {
    expect(told([user(1, 'ann')], [user(1, 'ann')])).toEqual([]);
  });

  test('a user is created, dropped, and dropped and made again under the same name', () => {
    expect(told([], [user(1, 'ann')])).toEqual([['create', 'ann', undefined]]);
    expect(told([user(1, 'ann')], [])).toEqual([['drop', 'ann', undefined]]);
    expect(told([user(1, 'ann')], [user(2, 'ann')])).toEqual([
      ['drop', 'ann', undefined],
      ['create', 'ann', undefined],
    ]);
  });

  test('a rename is no alteration, unless more has changed', () => {
    expect(told([user(1, 'ann')], [user(1, 'anne', { xid: 701 })])).toEqual([['rename', 'anne', 'ann']]);
    expect(told([user(1, 'ann')], [user(1, 'anne', { xid: 701, createdb: true })])).toEqual([
      ['rename', 'anne', 'ann'],
      ['alter', 'anne', undefined],
    ]);
  });

  test.each<Partial<UserFacts>>([
    { createdb: true },
    { superuser: true },
    { catupd: true },
    { until: 'infinity' },
    // Another password.
    { xid: 701 },
  ])('%j is an alteration', (change) => {
    expect(told([user(1, 'ann')], [user(1, 'ann', change)])).toEqual([['alter', 'ann', undefined]]);
  });

  test('the transaction is that of the change; that of a drop is not known', () => {
    const [created] = userEvents(map(), map(user(1, 'ann', { xid: 900 })), AT);
    expect(created).toMatchObject({ xid: 900, at: '2026-03-01T10:00:00.000Z', userId: 1 });
    const [dropped] = userEvents(map(user(1, 'ann')), map(), AT);
    expect(dropped?.xid).toBeUndefined();
  });
});

/** A server that has `state.users`; each answer counts, and `state.isDown` fails them. */
function played(state: { users: UserFacts[]; roles: string; isDown: boolean; listed: number }) {
  const query = async (sql: string) => {
    if (state.isDown) throw new Error('down');
    if (sql.endsWith('FROM pg_authid')) return { rows: [{ state: state.roles }] };
    state.listed++;
    return { rows: state.users };
  };
  return { home: 'postgres', admin: () => ({ query }), logger: silentLogger } as unknown as ServerAccess;
}

describe('A user log', () => {
  test('begins with the users that are there, and asks for them again only after a role has changed', async () => {
    const state = { users: [user(1, 'ann')], roles: '5:5:', isDown: false, listed: 0 };
    const events: UserEvent[] = [];
    const log = new UserLog(played(state), fixedClock(AT), (event) => events.push(event));
    await log.look();
    await log.look();
    expect([events, state.listed]).toEqual([[], 1]);
    Object.assign(state, { users: [user(1, 'ann'), user(2, 'bo')], roles: '6:6:' });
    await Promise.all([log.look(), log.look()]);
    expect(events.map(({ name }) => name)).toEqual(['bo']);
    await log.close();
  });

  test('is closed although the server hangs', async () => {
    const hanging = { home: 'postgres', admin: () => ({ query: () => new Promise(() => {}) }) };
    const log = new UserLog(hanging as unknown as ServerAccess, fixedClock(AT), () => {});
    await log.close();
  });

  test('sees later what it cannot see now, and looks a last time when it is closed', async () => {
    const state = { users: [user(1, 'ann')], roles: '5:5:', isDown: false, listed: 0 };
    const events: UserEvent[] = [];
    const log = new UserLog(played(state), fixedClock(AT), (event) => events.push(event));
    await log.look();
    Object.assign(state, { users: [], roles: '6:6:', isDown: true });
    await log.look();
    expect(events).toEqual([]);
    state.isDown = false;
    await log.close();
    expect(events.map(({ action }) => action)).toEqual(['drop']);
    Object.assign(state, { users: [user(3, 'cy')], roles: '7:7:' });
    await log.look();
    expect(events).toHaveLength(1);
  });
});
