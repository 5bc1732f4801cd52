import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { LIMITS } from '../../src/core/limits.ts';
import { must } from '../walk/support/api.ts';
import { Keyshift } from '../walk/support/keyshift.ts';
import { ask, issue, type Login } from '../walk/support/logins.ts';
import { errorFields, password, startup, Wire } from './wire.ts';

// Whoever has no right password must not keep those out who have: by guessing, and by connections that go nowhere. The
// victim is at 127.0.0.1, the attackers at other addresses of loopback, which only Linux has.

const MASTER: Login = { user: 'awsuser', password: 'Master-Password-1' };
const IN = [{ n: 1 }];

let keyshift: Keyshift;
let temporary: Login;
const held: Wire[] = [];

beforeAll(async () => {
  keyshift = await Keyshift.start();
  temporary = await issue(keyshift);
  await must(keyshift.root, 'redshift', 'ModifyCluster', {
    ClusterIdentifier: 'examplecluster',
    MasterUserPassword: MASTER.password,
  });
});
afterEach(async () => {
  for (const wire of held.splice(0)) wire.vanish();
  // The gateway hears of it a moment later.
  await sleep(200);
});
afterAll(() => keyshift?.close());

const logsIn = (login: Login): Promise<object[]> => ask(keyshift, login, 'select 1 as n');

/** A connection of an attacker that is asked for a password; as a Redshift driver it is asked in clear text. */
async function asked(localAddress: string, user: string, more: Record<string, string> = {}): Promise<Wire> {
  const wire = await Wire.openTls(keyshift, { localAddress });
  held.push(wire);
  wire.send(startup({ user, database: 'exampledb', ...more }));
  return wire;
}

const AS_A_DRIVER = { driver_version: 'Redshift JDBC Driver 2.1.0.30', client_protocol_version: '2' };

/** One wrong password. Gives the SQLSTATE of the refusal. */
async function guess(localAddress: string, user: string): Promise<string | undefined> {
  const wire = await asked(localAddress, user, AS_A_DRIVER);
  let answer = await wire.message();
  if (answer.letter === 'R') {
    wire.send(password('Wrong-Password-1'));
    answer = await wire.message();
  }
  wire.vanish();
  return errorFields(answer)['C'];
}

describe.runIf(process.platform === 'linux')('a user with the right password gets in', () => {
  test('while somebody guesses it from one address, until that address is refused', async () => {
    // All at once, because each one is told four seconds later than it came.
    const guesses = Array.from({ length: LIMITS.failedLoginsPerAddressMax }, () =>
      guess('127.0.0.9', MASTER.user),
    );
    expect(new Set(await Promise.all(guesses))).toEqual(new Set(['28P01']));
    expect(await guess('127.0.0.9', MASTER.user)).toBe('28000');
    expect(await logsIn(MASTER)).toEqual(IN);
    // Not slowed down either; a busy machine may need more than one attempt to show it.
    const milliseconds = async (): Promise<number> => {
      const began = Date.now();
      await logsIn(MASTER);
      return Date.now() - began;
    };
    await expect.poll(milliseconds).toBeLessThan(2_000);
  });

  test('while very many addresses guess it', async () => {
    const addresses = Array.from({ length: 60 }, (_, n) => `127.0.1.${n + 1}`);
    const guessing = Promise.all(addresses.flatMap((at) => [guess(at, MASTER.user), guess(at, MASTER.user)]));
    const during = logsIn(MASTER);
    expect(new Set(await guessing)).toEqual(new Set(['28P01']));
    expect(await during).toEqual(IN);
    expect(await logsIn(MASTER)).toEqual(IN);
  });

  test('that has got in before, while somebody at the same address guesses other names', async () => {
    const names = Array.from({ length: LIMITS.failedLoginsPerAddressMax }, (_, n) => `name_${n}`);
    await Promise.all(names.map((name) => guess('127.0.0.1', name)));
    expect(await guess('127.0.0.1', 'one_more')).toBe('28000');
    expect(await logsIn(MASTER)).toEqual(IN);
    expect(await logsIn(temporary)).toEqual(IN);
  });

  test('while one address leaves hundreds of password exchanges unfinished', async () => {
    for (let n = 0; n < 300; n += 50) {
      await Promise.all(Array.from({ length: 50 }, () => asked('127.0.0.10', MASTER.user)));
    }
    expect(await logsIn(temporary)).toEqual(IN);
    expect(await logsIn(MASTER)).toEqual(IN);
  });

  test('while a few addresses hold all connections that there may be before a login', async () => {
    const perAddress = LIMITS.loginsPendingPerAddressMax;
    const addresses = Array.from(
      { length: Math.ceil(LIMITS.loginsPendingMax / perAddress) + 1 },
      (_, n) => `127.0.2.${n + 1}`,
    );
    for (const address of addresses) {
      for (let n = 0; n < perAddress; n += 100) {
        held.push(
          ...(await Promise.all(
            Array.from({ length: 100 }, () => Wire.open(keyshift, keyshift.ready.gatewayPort, address)),
          )),
        );
      }
    }
    expect(await logsIn(temporary)).toEqual(IN);
    expect(await logsIn(MASTER)).toEqual(IN);
  });
});
