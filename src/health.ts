import type { Answer } from './api/listen.ts';
import type { Fleet } from './gateway/fleet.ts';
import type { Store } from './store/database.ts';

/**
 * `GET /health`: whether everything serves. 200 when it does, 503 when not; both as JSON. Clusters of other accounts than
 * `ownAccountId` are named with their account.
 */
export async function healthAnswer(store: Store, fleet: Fleet, ownAccountId: string): Promise<Answer> {
  const [isStoreServing, clusters] = await Promise.all([answers(store.query('SELECT 1')), fleet.health()]);
  const isAllServing = isStoreServing && clusters.every(({ isServing }) => isServing);
  return {
    status: isAllServing ? 200 : 503,
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify({
      status: isAllServing ? 'ok' : 'failing',
      store: isStoreServing,
      clusters: Object.fromEntries(
        clusters.map(({ accountId, identifier, isServing }) => [
          accountId === ownAccountId ? identifier : `${accountId}/${identifier}`,
          isServing,
        ]),
      ),
    }),
  };
}

function answers(question: Promise<unknown>): Promise<boolean> {
  return question.then(
    () => true,
    () => false,
  );
}
