import type { Answer } from './api/listen.ts';
import type { Fleet } from './gateway/fleet.ts';
import type { Store } from './store/database.ts';

/** `GET /health`: whether everything serves. 200 when it does, 503 when not; both as JSON. */
export async function healthAnswer(store: Store, fleet: Fleet): Promise<Answer> {
  const [isStoreServing, clusters] = await Promise.all([answers(store.query('SELECT 1')), fleet.health()]);
  const isServing = isStoreServing && [...clusters.values()].every((isClusterServing) => isClusterServing);
  return {
    status: isServing ? 200 : 503,
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify({
      status: isServing ? 'ok' : 'failing',
      store: isStoreServing,
      clusters: Object.fromEntries(clusters),
    }),
  };
}

function answers(question: Promise<unknown>): Promise<boolean> {
  return question.then(
    () => true,
    () => false,
  );
}
