import { describe, expect, test } from 'vitest';
import { wasForNoAccount } from '../../../src/store/database.ts';

describe('a row that was to be written for an account that is gone', () => {
  test.each([
    [{ code: '23503', constraint: 'iam_users_account_id_fkey' }, true],
    [{ code: '23503', constraint: 'clusters_account_id_fkey' }, true],
    [{ code: '23503', constraint: 'iam_group_members_account_id_group_id_fkey' }, false],
    [{ code: '23505', constraint: 'iam_users_account_id_fkey' }, false],
    [{ code: '23503' }, false],
    [new Error('23503'), false],
    [undefined, false],
  ])('%j: %j', (error, isIt) => {
    expect(wasForNoAccount(error)).toBe(isIt);
  });
});
