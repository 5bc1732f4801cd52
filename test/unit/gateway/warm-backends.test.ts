import { afterEach, describe, expect, test } from 'vitest';
import { systemRandom } from '../../../src/core/ids.ts';
import { WarmBackends, type WarmLogin } from '../../../src/gateway/warm-backends.ts';
import { writeReadyForQuery } from '../../../src/pgwire/index.ts';
import { closeSockets } from './loopback.ts';
import { type Answers, type Played, playedBackend, rightAnswers } from './played-backend.ts';

afterEach(closeSockets);

/** A login of a kind, whose new backends say what a new backend says. */
function login(kind = 'bob', configLoadedAt = 0): WarmLogin & { readonly opened: Played[] } {
  const opened: Played[] = [];
  const open = async () => {
    const played = await playedBackend();
    opened.push(played);
    return played.backend;
  };
  return { kind, configLoadedAt, open, opened };
}

async function keepNew(warm: WarmBackends, of: WarmLogin, answers?: Answers): Promise<Played> {
  const played = await playedBackend(answers);
  await warm.keep(of, played.backend);
  return played;
}

/** Warm backends that have learned how those of a kind are when nobody has used them, and hold none. */
async function learned(of: WarmLogin = login(), countMax = 4): Promise<WarmBackends> {
  const warm = new WarmBackends(countMax, systemRandom);
  await keepNew(warm, of);
  await keepNew(warm, of);
  await warm.clear();
  return warm;
}

describe('the backend of an ended session', () => {
  test('is ended when its kind is seen for the first time', async () => {
    const warm = new WarmBackends(4, systemRandom);
    const of = login();
    const { asked } = await keepNew(warm, of);
    await warm.clear();
    expect(asked).toEqual(['bye']);
    expect(of.opened).toEqual([]);
  });

  test('is exchanged for a new one when its kind is seen again, which teaches what is right', async () => {
    const warm = new WarmBackends(4, systemRandom);
    const of = login();
    await keepNew(warm, of);
    const second = await keepNew(warm, of, rightAnswers({ state: 'used' }));
    expect(second.asked).toEqual(['bye']);
    expect(of.opened).toHaveLength(1);
    expect(warm.take(of)).toBe(of.opened[0]?.backend);
  });

  test('is given once, to a login of its kind', async () => {
    const of = login();
    const warm = await learned(of);
    const { backend } = await keepNew(warm, of);
    expect(warm.processIds).toEqual([backend.key.processId]);
    expect(warm.take(login('alice'))).toBeUndefined();
    expect(warm.take(of)).toBe(backend);
    expect(warm.take(of)).toBeUndefined();
    expect(warm.processIds).toEqual([]);
  });

  test('is kept again after its next session', async () => {
    const of = login();
    const warm = await learned(of);
    const { backend, asked } = await keepNew(warm, of);
    warm.take(of);
    await warm.keep(of, backend);
    expect(warm.take(of)).toBe(backend);
    expect(asked.filter((sql) => sql === 'DISCARD ALL')).toHaveLength(2);
  });

  test.each<[string, Answers]>([
    ['it is not as a new one', rightAnswers({ state: 'used' })],
    ['its process has grown', rightAnswers({ bytes: 33 * 1024 * 1024 })],
    ['it answers otherwise', () => [writeReadyForQuery('idle')]],
    ['it does not answer', () => []],
  ])('is ended when %s', async (_title, answers) => {
    const of = login();
    const warm = await learned(of);
    const { asked } = await keepNew(warm, of, answers);
    expect(warm.take(of)).toBeUndefined();
    await warm.clear();
    expect(asked.at(-1)).toBe('bye');
  });

  test('is ended when the configuration was read after its proof', async () => {
    const of = login();
    const warm = await learned(of);
    const { asked } = await keepNew(warm, of, rightAnswers({ at: 1_000 }));
    expect(warm.take(login('bob', 1_000.5))).toBeUndefined();
    await warm.clear();
    expect(asked.at(-1)).toBe('bye');
  });

  test('is ended when there are enough of them', async () => {
    const of = login();
    const warm = await learned(of, 1);
    const first = await keepNew(warm, of);
    const second = await keepNew(warm, of);
    expect(warm.processIds).toEqual([first.backend.key.processId]);
    await warm.clear();
    expect(second.asked).toEqual(['bye']);
  });

  test('is ended when none are to be kept', async () => {
    const of = login();
    const warm = await learned(of, 0);
    const { asked } = await keepNew(warm, of);
    await warm.clear();
    expect(asked).toEqual(['bye']);
    expect(of.opened).toEqual([]);
  });

  test('is ended when it says something while it is idle', async () => {
    const of = login();
    const warm = await learned(of);
    const played = await keepNew(warm, of);
    played.server.write(writeReadyForQuery('idle'));
    await expect.poll(() => played.isEnded).toBe(true);
    expect(warm.take(of)).toBeUndefined();
  });

  test('is forgotten when the server ends it', async () => {
    const of = login();
    const warm = await learned(of);
    const { server } = await keepNew(warm, of);
    server.destroy();
    await expect.poll(() => warm.processIds).toEqual([]);
    expect(warm.take(of)).toBeUndefined();
  });

  test('makes what is right be learned anew after three that were different', async () => {
    const of = login();
    const warm = await learned(of);
    for (let count = 0; count < 3; count++) await keepNew(warm, of, rightAnswers({ state: 'of now' }));
    await keepNew(warm, of);
    await keepNew(warm, of);
    expect(of.opened).toHaveLength(2);
  });
});

describe('clearing', () => {
  test('ends the idle ones, and waits until they are gone', async () => {
    const of = login();
    const warm = await learned(of);
    const played = [await keepNew(warm, of), await keepNew(warm, of)];
    await warm.clear();
    expect(played.map(({ isEnded }) => isEnded)).toEqual([true, true]);
    expect(warm.take(of)).toBeUndefined();
  });

  test('keeps none that is being reset at that moment', async () => {
    const of = login();
    const warm = await learned(of);
    const played = await playedBackend();
    const keeping = warm.keep(of, played.backend);
    await warm.clear();
    await keeping;
    expect(played.isEnded).toBe(true);
    expect(warm.take(of)).toBeUndefined();
  });

  test('for good keeps none any more', async () => {
    const of = login();
    const warm = await learned(of);
    await warm.close();
    const { asked } = await keepNew(warm, of);
    await warm.clear();
    expect(asked).toEqual(['bye']);
  });
});
