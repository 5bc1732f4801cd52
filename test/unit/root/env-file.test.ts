import { execFileSync } from 'node:child_process';
import { chmodSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, describe, expect, test } from 'vitest';
import { OperatorError } from '../../../src/core/errors.ts';
import { Secret } from '../../../src/core/secret.ts';
import { type Environment, readEnvFile, writeEnvFile } from '../../../src/env-file.ts';
import { removeFolders, temporaryFolder } from './temporary.ts';

afterEach(removeFolders);

const HOSTILE = [
  "it's",
  "'",
  "''",
  "'\\''",
  '\\',
  "\\'",
  '$(touch owned) `touch owned` $HOME $x !x',
  '"; touch owned; "',
  "'; touch owned; '",
  'a\nb',
  "a'\nexport AWS_REGION='other'\nb",
  "\nexport AWS_REGION='other",
  '# not a comment',
  ' spaces  and\ttabs ',
  'ünï©ödé \u{1f600}',
  'a=b&c',
  '*?[a]~',
  '\r',
  '\u2028',
  '',
];

const environment = (text: string): Environment => ({
  endpointUrl: `http://localhost:8080/${text}`,
  region: 'us-west-2',
  accessKeyId: 'AKIAIOSFODNN7EXAMPLE',
  secretAccessKey: new Secret(text),
  caFile: `/data ${text}/ca.crt`,
});

const plain = ({ secretAccessKey, ...rest }: Environment) => ({ ...rest, secret: secretAccessKey.reveal() });

function newFile(): string {
  return join(temporaryFolder(), 'env.sh');
}

describe('the file for the shell', () => {
  test.each(HOSTILE)('gives back what was written: %j', (text) => {
    const file = newFile();
    writeEnvFile(file, environment(text));
    expect(plain(readEnvFile(file))).toEqual(plain(environment(text)));
  });

  test('names no authority where clients trust the certificate anyway', () => {
    const file = newFile();
    writeEnvFile(file, { ...environment('x'), caFile: undefined });
    const text = readFileSync(file, 'utf8');
    expect(text).toContain("export PGSSLROOTCERT='system'");
    expect(text).not.toContain('AWS_CA_BUNDLE');
    expect(readEnvFile(file).caFile).toBeUndefined();
  });

  test('gives back whatever was written', () => {
    const file = newFile();
    const text = fc.array(fc.oneof(fc.constantFrom(...HOSTILE, 'export A=', "='"), fc.string()), {
      maxLength: 6,
    });
    fc.assert(
      fc.property(text, (parts) => {
        const one = environment(parts.join(''));
        writeEnvFile(file, one);
        expect(plain(readEnvFile(file))).toEqual(plain(one));
      }),
      { numRuns: 50 },
    );
  });

  test('means the same to a shell, which runs nothing in it', () => {
    const file = newFile();
    for (const text of HOSTILE.filter((one) => one !== '\r')) {
      writeEnvFile(file, environment(text));
      const script = '. ./env.sh; printf "%s|%s|%s." "$AWS_SECRET_ACCESS_KEY" "$PGSSLROOTCERT" "$AWS_REGION"';
      const shown = execFileSync('sh', ['-c', script], { cwd: join(file, '..'), env: {} }).toString();
      expect(shown).toBe(`${text}|/data ${text}/ca.crt|us-west-2.`);
      expect(readdirSync(join(file, '..'))).toEqual(['env.sh']);
    }
  });

  test('sets what the AWS CLI, SDKs and psql need, and unsets what would stand before it', () => {
    const file = newFile();
    writeEnvFile(file, environment('x'));
    const names = [...readFileSync(file, 'utf8').matchAll(/^export (\w+)=/gm)].map(([, name]) => name);
    expect(names).toEqual([
      'AWS_ENDPOINT_URL',
      'AWS_REGION',
      'AWS_DEFAULT_REGION',
      'AWS_ACCESS_KEY_ID',
      'AWS_SECRET_ACCESS_KEY',
      'AWS_CA_BUNDLE',
      'AWS_EC2_METADATA_DISABLED',
      'AWS_PAGER',
      'PGSSLROOTCERT',
    ]);
    const script = '. ./env.sh; echo "[$AWS_PROFILE$AWS_SESSION_TOKEN]"';
    const env = { AWS_PROFILE: 'p', AWS_SESSION_TOKEN: 't' };
    expect(execFileSync('sh', ['-c', script], { cwd: join(file, '..'), env }).toString()).toBe('[]\n');
  });

  test('may be read by its owner only, also when it lay there open to all, and leaves no draft', () => {
    const file = newFile();
    writeFileSync(file, 'old', { mode: 0o644 });
    chmodSync(file, 0o644);
    writeEnvFile(file, environment('x'));
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(readdirSync(join(file, '..'))).toEqual(['env.sh']);
  });

  test('that is not there, tells to start first', () => {
    const file = newFile();
    expect(() => readEnvFile(file)).toThrow(OperatorError);
    expect(() => readEnvFile(file)).toThrow('start Keyshift first');
  });

  test.each([
    '',
    "export AWS_REGION='us-west-2'\n",
    'export AWS_ENDPOINT_URL=http://x\n',
    "export AWS_ENDPOINT_URL='x\n",
  ])('that lacks a variable, tells which: %j', (text) => {
    const file = newFile();
    writeFileSync(file, text);
    expect(() => readEnvFile(file)).toThrow(OperatorError);
    expect(() => readEnvFile(file)).toThrow('has no AWS_ENDPOINT_URL: start Keyshift again');
  });
});
