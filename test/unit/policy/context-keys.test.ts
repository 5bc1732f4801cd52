// biome-ignore-all lint/suspicious/noTemplateCurlyInString: policy variables look like templates.
import { describe, expect, test } from 'vitest';
import { contextKeysOf, parsePolicyDocument } from '../../../src/policy/index.ts';

function keys(...documents: { Version?: string; Statement: object }[]): readonly string[] {
  return contextKeysOf(documents.map((one) => parsePolicyDocument(JSON.stringify(one), 'identity')));
}

const statement = {
  Effect: 'Allow',
  Action: 'redshift:*',
  Resource: ["arn:aws:redshift:*:*:dbuser:c/${redshift:DbUser}/${aws:PrincipalTag/Team, 'none'}/${*}"],
  Condition: {
    StringEquals: { 'aws:PrincipalTag/team': 'x', 'redshift:DbName': ['${aws:username}', 'plain'] },
    Null: { 'aws:MultiFactorAuthAge': 'false' },
  },
};

describe('the condition keys of policies', () => {
  test('are those of conditions and of variables, each once and as it is first written', () => {
    expect(keys({ Version: '2012-10-17', Statement: statement })).toEqual([
      'redshift:DbUser',
      'aws:PrincipalTag/Team',
      'redshift:DbName',
      'aws:username',
      'aws:MultiFactorAuthAge',
    ]);
  });

  test('are only those of conditions where variables are plain text', () => {
    expect(keys({ Version: '2008-10-17', Statement: statement })).toEqual([
      'aws:PrincipalTag/team',
      'redshift:DbName',
      'aws:MultiFactorAuthAge',
    ]);
  });

  test('are those of all documents together', () => {
    const other = {
      ...statement,
      Resource: '*',
      Condition: { Bool: { 'AWS:USERNAME': 'true', 'k:z': 'true' } },
    };
    expect(keys({ Statement: other }, { Version: '2012-10-17', Statement: [statement] })).toEqual([
      'AWS:USERNAME',
      'k:z',
      'redshift:DbUser',
      'aws:PrincipalTag/Team',
      'redshift:DbName',
      'aws:MultiFactorAuthAge',
    ]);
  });
});
