import { describe, expect, test } from 'vitest';
import { SqlError } from '../../../src/core/errors.ts';
import { makingRoom } from '../../../src/gateway/making-room.ts';
import { UserLimitReached } from '../../../src/postgres/provision.ts';

/** Idle backends, and work that fails with `error` while there are any, or `always`. */
function place(error: unknown, options: { readonly idle: number; readonly always?: boolean }) {
  let { idle } = options;
  let tries = 0;
  const warm = {
    get isEmpty() {
      return idle === 0;
    },
    clear: async () => {
      idle = 0;
    },
  };
  const work = async () => {
    tries++;
    if (idle > 0 || options.always === true) throw error;
    return 'in';
  };
  return { run: () => makingRoom(warm, work), seen: () => ({ idle, tries }) };
}

const FULL = new SqlError('53300', 'sorry, too many clients already');

describe('a server without room', () => {
  test.each<[string, unknown]>([
    ['told to a client', FULL],
    ['as told of one role', new SqlError('53300', 'too many connections for role "bob"')],
    [
      'but for superusers',
      new SqlError('53300', 'remaining connection slots are reserved for roles with the SUPERUSER attribute'),
    ],
    [
      'told to the administrator',
      Object.assign(new Error('sorry, too many clients already'), { code: '53300' }),
    ],
  ])('is asked again when the idle backends have ended: %s', async (_title, error) => {
    const { run, seen } = place(error, { idle: 2 });
    expect(await run()).toBe('in');
    expect(seen()).toEqual({ idle: 0, tries: 2 });
  });

  test('is asked once more, and not again', async () => {
    const { run, seen } = place(FULL, { idle: 2, always: true });
    await expect(run()).rejects.toBe(FULL);
    expect(seen()).toEqual({ idle: 0, tries: 2 });
  });

  test('is asked once when there is no idle backend', async () => {
    const { run, seen } = place(FULL, { idle: 0, always: true });
    await expect(run()).rejects.toBe(FULL);
    expect(seen()).toEqual({ idle: 0, tries: 1 });
  });
});

test.each<[string, unknown]>([
  ['the limit of a user', new UserLimitReached('53300', 'too many connections for role "bob"')],
  ['another refusal', new SqlError('28000', 'role "bob" is not permitted to log in')],
  ['a program error', new TypeError('x')],
])('no idle backend ends for %s', async (_title, error) => {
  const { run, seen } = place(error, { idle: 2 });
  await expect(run()).rejects.toBe(error);
  expect(seen()).toEqual({ idle: 2, tries: 1 });
});
