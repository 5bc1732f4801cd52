import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import { externalUrls } from '../../../src/clusters-file.ts';
import { OperatorError } from '../../../src/core/errors.ts';
import { removeFolders, temporaryFolder } from './temporary.ts';

afterEach(removeFolders);

const OWN = '123456789012';
const of = (identifier: string, accountId = OWN) => ({ accountId, identifier });
const URL = 'postgresql://admin:hunter2@10.0.0.5/postgres';
const SET = { SALES_URL: URL, OTHER_URL: 'postgresql://u@b' };
const SALES = { identifier: 'sales', urlVariable: 'SALES_URL' };

function file(content: unknown): string {
  const path = join(temporaryFolder(), 'clusters.json');
  writeFileSync(path, typeof content === 'string' ? content : JSON.stringify(content));
  return path;
}

function refusal(content: unknown, environment: Record<string, string> = SET): string {
  const path = file(content);
  try {
    externalUrls(path, environment, OWN);
  } catch (error) {
    expect(error).toBeInstanceOf(OperatorError);
    expect((error as Error).message).not.toContain('hunter2');
    return (error as Error).message.replace(path, 'FILE');
  }
  throw new Error('nothing was refused');
}

describe('the clusters file', () => {
  test('names clusters and the variables with their URLs', () => {
    const clusters = [SALES, { identifier: 'other-1', urlVariable: 'OTHER_URL', database: 'dev' }];
    const urls = externalUrls(file({ clusters }), SET, OWN);
    expect(urls.clusters).toEqual([
      { accountId: OWN, identifier: 'sales', urlVariable: 'SALES_URL', database: 'postgres' },
      { accountId: OWN, identifier: 'other-1', urlVariable: 'OTHER_URL', database: 'dev' },
    ]);
    expect(urls.require(of('sales')).reveal()).toBe(URL);
    expect(urls.require(of('other-1')).reveal()).toBe('postgresql://u@b');
    expect(JSON.stringify(urls)).not.toContain('hunter2');
  });

  test('names clusters of other accounts, which may have the same identifiers', () => {
    const account = '000000000042';
    const clusters = [SALES, { ...SALES, account, urlVariable: 'OTHER_URL' }];
    const urls = externalUrls(file({ clusters }), SET, OWN);
    expect(urls.clusters.map(({ accountId }) => accountId)).toEqual([OWN, account]);
    expect(urls.require(of('sales')).reveal()).toBe(URL);
    expect(urls.require(of('sales', account)).reveal()).toBe('postgresql://u@b');
    expect(() => urls.require(of('sales', '999999999999'))).toThrow('does not name it');
    expect(refusal({ clusters: [{ ...SALES, account: '42' }] })).toContain('not right at clusters.0.account');
    const twice = [SALES, { ...SALES, account: OWN }];
    expect(refusal({ clusters: twice })).toContain('each identifier of an account must be there only once');
  });

  test('may name none, and there may be no file', () => {
    for (const path of [undefined, file({ clusters: [] })]) {
      const urls = externalUrls(path, SET, OWN);
      expect(urls.clusters).toEqual([]);
      expect(() => urls.require(of('sales'))).toThrow(OperatorError);
    }
  });

  test('must go on naming a cluster that is in the store', () => {
    const urls = externalUrls(file({ clusters: [SALES] }), SET, OWN);
    for (const identifier of ['Sales', 'constructor', '']) {
      expect(() => urls.require(of(identifier))).toThrow('the clusters file does not name it');
    }
  });

  test.each([{}, { SALES_URL: '' }])('is refused when a variable is not set: %j', (environment) => {
    expect(refusal({ clusters: [SALES] }, environment)).toBe(
      'SALES_URL is not set: it must hold the URL of the cluster sales',
    );
  });

  test.each([
    'hunter2',
    'mysql://u:hunter2@h/d',
    'postgresql://u:hunter2@h/d?sslmode=prefer',
    'postgresql://%zz@h',
  ])('is refused when a variable holds no usable URL, by the name of the variable: %s', (url) => {
    expect(refusal({ clusters: [SALES] }, { SALES_URL: url })).toMatch(/^SALES_URL: /);
  });

  test.each(['', '{', 'clusters: []', '\ufffe'])('is refused when it is no JSON: %j', (text) => {
    expect(refusal(text)).toMatch(
      /^the clusters file FILE cannot be read \(.*\): correct KEYSHIFT_CLUSTERS_FILE$/s,
    );
  });

  test('is refused when it is not there', () => {
    const path = join(temporaryFolder(), 'none.json');
    expect(() => externalUrls(path, SET, OWN)).toThrow(OperatorError);
    expect(() => externalUrls(path, SET, OWN)).toThrow('cannot be read');
  });

  test.each<[unknown, string]>([
    [[], 'clusters'],
    [null, 'its top'],
    [{}, 'clusters'],
    [{ clusters: {} }, 'clusters'],
    [{ clusters: [], more: 1 }, 'more'],
    [{ clusters: [{ ...SALES, url: URL }] }, 'clusters.0.url'],
    [{ clusters: [SALES, { identifier: 'a' }] }, 'clusters.1.urlVariable'],
    [{ clusters: [{ ...SALES, identifier: 1 }] }, 'clusters.0.identifier'],
    [{ clusters: [{ ...SALES, database: '' }] }, 'clusters.0.database'],
    [{ clusters: [{ ...SALES, database: 'd'.repeat(64) }] }, 'clusters.0.database'],
    [{ clusters: [SALES, { ...SALES, urlVariable: 'OTHER_URL' }] }, 'clusters'],
  ])('is refused as %j, at the place that is wrong', (content, place) => {
    expect(refusal(content)).toContain(`the clusters file FILE is not right at ${place}: `);
  });

  test('is refused with more than a thousand clusters', () => {
    const clusters = Array.from({ length: 1_001 }, (_, at) => ({ ...SALES, identifier: `c${at}` }));
    expect(refusal({ clusters })).toContain('not right at clusters: ');
    expect(externalUrls(file({ clusters: clusters.slice(1) }), SET, OWN).clusters).toHaveLength(1_000);
  });

  test.each(['', 'A', '1a', 'a-', '-a', 'a--b', 'a_b', 'a b', 'a\n', 'a'.repeat(64), `a${'-b'.repeat(32)}`])(
    'is refused with the identifier %j',
    (identifier) => {
      expect(refusal({ clusters: [{ ...SALES, identifier }] })).toContain(
        'not right at clusters.0.identifier',
      );
    },
  );

  test.each(['a', 'a'.repeat(63), `a${'-b'.repeat(31)}`])('may have the identifier %s', (identifier) => {
    expect(externalUrls(file({ clusters: [{ ...SALES, identifier }] }), SET, OWN).clusters).toHaveLength(1);
  });

  test.each(['', 'sales_url', '1URL', 'A-B', 'A B', '_A', '$A'])(
    'is refused with the variable %j',
    (urlVariable) => {
      expect(refusal({ clusters: [{ ...SALES, urlVariable }] })).toContain(
        'not right at clusters.0.urlVariable',
      );
    },
  );
});
