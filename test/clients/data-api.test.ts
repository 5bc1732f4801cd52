import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Keyshift } from '../walk/support/keyshift.ts';
import { needs } from '../walk/support/programs.ts';
import { run } from '../walk/support/run.ts';

// The Data API as its clients call it, unmodified: boto3 with its paginators and typed errors, and the AWS CLI.

let keyshift: Keyshift;

beforeAll(async () => {
  keyshift = await Keyshift.start();
});
afterAll(async () => {
  await keyshift?.close();
});

describe('boto3', () => {
  test('runs, pages, reads values and tells errors apart by their classes', async (context) => {
    needs(context, 'python3', ['-c', 'import boto3']);
    const script = `
import boto3, json, time
c = boto3.client('redshift-data')
where = dict(ClusterIdentifier='examplecluster', Database='exampledb', DbUser='temp_creds_user')

def run(sql, **more):
    at = c.execute_statement(Sql=sql, **{**({} if 'SessionId' in more else where), **more})
    while True:
        found = c.describe_statement(Id=at['Id'])
        if found['Status'] in ('FINISHED', 'FAILED', 'ABORTED'):
            return found
        time.sleep(0.05)

pages = list(c.get_paginator('get_statement_result').paginate(Id=run('SELECT n FROM generate_series(1, 20001) n')['Id']))
numbers = [row[0]['longValue'] for page in pages for row in page['Records']]
values = c.get_statement_result(Id=run("SELECT 9223372036854775807, '\\\\x6162'::bytea, NULL, true")['Id'])['Records'][0]
kept = run('CREATE TEMP TABLE t AS SELECT :v::int AS n', Parameters=[dict(name='v', value='7')], SessionKeepAliveSeconds=30)
again = run('SELECT n FROM t', SessionId=kept['SessionId'])
def error(call):
    try:
        call()
    except c.exceptions.ResourceNotFoundException as e:
        return ['ResourceNotFoundException', e.response['ResourceId'], str(e)]
    except c.exceptions.ValidationException as e:
        return ['ValidationException', str(e)]
unknown = '70662acc-f334-46f8-b953-3a9546796d7a'
print(json.dumps({
    'pages': len(pages), 'whole': numbers == list(range(1, 20002)),
    'values': [values[0]['longValue'], values[1]['blobValue'].decode(), values[2]['isNull'], values[3]['booleanValue']],
    'kept': c.get_statement_result(Id=again['Id'])['Records'],
    'errors': [error(lambda: c.describe_statement(Id=unknown)), error(lambda: c.list_tables(Database='exampledb'))],
    'tables': [t['name'] for p in c.get_paginator('list_tables').paginate(SchemaPattern='example', **where) for t in p['Tables']],
    'statements': sum(len(p['Statements']) for p in c.get_paginator('list_statements').paginate(PaginationConfig=dict(PageSize=1))),
}))
`;
    const result = await run('python3', ['-c', script], keyshift.environment);
    expect(result).toMatchObject({ code: 0 });
    const told = JSON.parse(result.stdout.replace('9223372036854775807', '"9223372036854775807"'));
    expect(told).toEqual({
      pages: 3,
      whole: true,
      values: ['9223372036854775807', 'ab', true, true],
      kept: [[{ longValue: 7 }]],
      errors: [
        ['ResourceNotFoundException', expect.any(String), expect.stringContaining('Query does not exist.')],
        ['ValidationException', expect.stringContaining('Either ClusterIdentifier or WorkgroupName')],
      ],
      tables: ['sales'],
      statements: 4,
    });
  });
});

describe('the AWS CLI', () => {
  test('runs a statement as the caller and prints its result', async (context) => {
    needs(context, 'aws', ['--version']);
    const aws = async (...more: string[]) => {
      const result = await run('aws', ['redshift-data', ...more, '--output', 'json'], keyshift.environment);
      expect(result).toMatchObject({ code: 0, stderr: '' });
      return JSON.parse(result.stdout);
    };
    const where = ['--cluster-identifier', 'examplecluster', '--database', 'exampledb'];
    const sql = ['--sql', 'SELECT :who || current_user::text AS told'];
    const parameters = ['--parameters', '[{"name": "who", "value": "I am "}]'];
    const { Id } = await aws('execute-statement', ...where, ...sql, ...parameters);
    let found = await aws('describe-statement', '--id', Id);
    while (['SUBMITTED', 'PICKED', 'STARTED'].includes(found.Status)) {
      found = await aws('describe-statement', '--id', Id);
    }
    expect(found).toMatchObject({ Status: 'FINISHED', DbUser: 'IAM:RootIdentity' });
    const { Records, ColumnMetadata } = await aws('get-statement-result', '--id', Id);
    expect(Records).toEqual([[{ stringValue: 'I am IAM:RootIdentity' }]]);
    expect(ColumnMetadata).toMatchObject([{ name: 'told', typeName: 'varchar' }]);
  });
});
