import { createHmac, hkdfSync } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { fixedClock } from '../../../src/core/clock.ts';
import { systemRandom } from '../../../src/core/ids.ts';
import type { Store } from '../../../src/store/database.ts';
import { type DerivedKeys, Keyring, openKeyring } from '../../../src/store/keyring.ts';
import { masterKeySealer } from '../../../src/store/sealer.ts';

const ROOT_1 = Buffer.alloc(32, 1);
const ROOT_2 = Buffer.alloc(32, 2);
const NOW = new Date('2026-03-01T12:00:00Z');

/** What a key makes of a message: enough to tell two keys apart. */
const proof = (keys: DerivedKeys, version = keys.current): string | undefined =>
  keys.keys.get(version)?.sign(Buffer.from('message')).toString('hex');

describe('the keys of a purpose', () => {
  test('are derived with HKDF-SHA-256 from the root of each version', () => {
    const keys = new Keyring(
      new Map([
        [1, ROOT_1],
        [2, ROOT_2],
      ]),
    ).derive('purpose');
    expect([...keys.keys.keys()]).toEqual([1, 2]);
    for (const [version, root] of [
      [1, ROOT_1],
      [2, ROOT_2],
    ] as const) {
      const key = Buffer.from(hkdfSync('sha256', root, '', 'purpose', 32));
      expect(proof(keys, version)).toBe(createHmac('sha256', key).update('message').digest('hex'));
    }
  });

  test('are the same each time, and others for every other purpose and version', () => {
    const keyring = new Keyring(
      new Map([
        [1, ROOT_1],
        [2, ROOT_2],
      ]),
    );
    const proofs = ['a', 'b', 'ab', 'a/b', ''].flatMap((purpose) => [
      proof(keyring.derive(purpose), 1),
      proof(keyring.derive(purpose), 2),
    ]);
    expect(new Set(proofs).size).toBe(10);
    expect(proof(keyring.derive('a'))).toBe(proof(keyring.derive('a')));
    const again = new Keyring(
      new Map([
        [1, ROOT_1],
        [2, ROOT_2],
      ]),
    );
    expect(proof(again.derive('a'))).toBe(proof(keyring.derive('a')));
  });

  test('are made with the highest version, in whatever order the versions come', () => {
    expect(
      new Keyring(
        new Map([
          [10, ROOT_1],
          [9, ROOT_2],
        ]),
      ).current,
    ).toBe(10);
    expect(
      new Keyring(
        new Map([
          [9, ROOT_2],
          [10, ROOT_1],
        ]),
      ).derive('a').current,
    ).toBe(10);
  });

  test('do not show the key', () => {
    const keyring = new Keyring(new Map([[1, ROOT_1]]));
    expect(JSON.stringify(keyring)).not.toContain('"data"');
  });
});

/** The two statements of the keyring on a table in memory. */
function fakeStore(): { store: Store; rows: Map<number, Buffer>; values: unknown[] } {
  const rows = new Map<number, Buffer>();
  const values: unknown[] = [];
  const query = async (sql: string, given: readonly unknown[] = []) => {
    values.push(...given);
    if (sql.startsWith('INSERT')) {
      expect(sql).toContain('ON CONFLICT DO NOTHING');
      if (!rows.has(1)) rows.set(1, given[0] as Buffer);
      return [];
    }
    return [...rows].map(([version, sealed]) => ({ version, sealed }));
  };
  // Only `query` is asked of the store here.
  return { store: { query } as unknown as Store, rows, values };
}

describe('opening the keyring', () => {
  const sealer = masterKeySealer(Buffer.alloc(32, 7), systemRandom);
  const open = (store: Store, by = sealer) => openKeyring(store, by, systemRandom, fixedClock(NOW));

  test('makes the first key in an empty store, once', async () => {
    const { store, rows } = fakeStore();
    const first = await open(store);
    const second = await open(store);
    expect(rows.size).toBe(1);
    expect(first.current).toBe(1);
    expect(proof(second.derive('a'))).toBe(proof(first.derive('a')));
  });

  test('makes another key in another store', async () => {
    const [one, other] = [await open(fakeStore().store), await open(fakeStore().store)];
    expect(proof(one.derive('a'))).not.toBe(proof(other.derive('a')));
  });

  test('keeps only sealed keys in the store', async () => {
    const { store, values } = fakeStore();
    const root = Buffer.alloc(32, 0x5a);
    let calls = 0;
    await openKeyring(
      store,
      sealer,
      (count) => (calls++ === 0 ? root : systemRandom(count)),
      fixedClock(NOW),
    );
    expect(calls).toBeGreaterThan(0);
    const stored = values.filter(Buffer.isBuffer);
    expect(stored).toHaveLength(1);
    expect(stored[0]?.includes(root.subarray(0, 8))).toBe(false);
    expect(values).toContainEqual(NOW);
  });

  test('fails with another master key, and with a key that was moved to another version', async () => {
    const { store, rows } = fakeStore();
    await open(store);
    await expect(open(store, masterKeySealer(Buffer.alloc(32, 8), systemRandom))).rejects.toThrow();
    const [sealed] = rows.values();
    rows.set(2, sealed ?? Buffer.alloc(0));
    await expect(open(store)).rejects.toThrow();
  });

  test('reads every version that the store has', async () => {
    const { store, rows } = fakeStore();
    await open(store);
    rows.set(2, sealer.seal(ROOT_2, 'keyshift/keyring/2'));
    const keyring = await open(store);
    expect(keyring.current).toBe(2);
    expect([...keyring.derive('a').keys.keys()]).toEqual([1, 2]);
    expect(proof(keyring.derive('a'))).toBe(proof(new Keyring(new Map([[2, ROOT_2]])).derive('a')));
  });
});
