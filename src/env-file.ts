import { readFileSync } from 'node:fs';
import { messageOf, OperatorError } from './core/errors.ts';
import { Secret } from './core/secret.ts';
import { writePrivateFile } from './data-directory.ts';

/** env.sh: what a shell needs to use this Keyshift with the AWS CLI, SDKs and psql. Holds the root key. */
export interface Environment {
  readonly endpointUrl: string;
  readonly region: string;
  readonly accessKeyId: string;
  readonly secretAccessKey: Secret;
  /** What clients must trust; undefined: what they trust anyway. */
  readonly caFile: string | undefined;
}

const AT_EACH_START =
  'Written by Keyshift at each start. Load it with `. env.sh`. It holds the root key: keep it private.';

/** `note` is a comment that says whose file it is. */
export function writeEnvFile(file: string, environment: Environment, note = AT_EACH_START): void {
  const { endpointUrl, region, accessKeyId, secretAccessKey, caFile } = environment;
  const variables: readonly (readonly [string, string])[] = [
    ['AWS_ENDPOINT_URL', endpointUrl],
    ['AWS_REGION', region],
    ['AWS_DEFAULT_REGION', region],
    ['AWS_ACCESS_KEY_ID', accessKeyId],
    ['AWS_SECRET_ACCESS_KEY', secretAccessKey.reveal()],
    ...(caFile === undefined ? [] : [['AWS_CA_BUNDLE', caFile] as const]),
    ['AWS_EC2_METADATA_DISABLED', 'true'],
    ['AWS_PAGER', ''],
    // libpq 16 and newer know `system`.
    ['PGSSLROOTCERT', caFile ?? 'system'],
  ];
  const lines = [
    `# ${note}`,
    'unset AWS_PROFILE AWS_SESSION_TOKEN',
    ...variables.map(([name, value]) => `export ${name}=${shellQuoted(value)}`),
  ];
  writePrivateFile(file, `${lines.join('\n')}\n`);
}

/** Reads back what `writeEnvFile` wrote. Throws OperatorError when Keyshift was never started there. */
export function readEnvFile(file: string): Environment {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    throw new OperatorError(`${file} cannot be read (${messageOf(error)}): start Keyshift first`, {
      cause: error,
    });
  }
  const variables = exportedVariables(text);
  const value = (name: string): string => {
    const found = variables.get(name);
    if (found !== undefined) return found;
    throw new OperatorError(`${file} has no ${name}: start Keyshift again to write it anew`);
  };
  return {
    endpointUrl: value('AWS_ENDPOINT_URL'),
    region: value('AWS_REGION'),
    accessKeyId: value('AWS_ACCESS_KEY_ID'),
    secretAccessKey: new Secret(value('AWS_SECRET_ACCESS_KEY')),
    caFile: variables.get('AWS_CA_BUNDLE'),
  };
}

/** The variables in their order; a value may go over several lines, and what it holds is never taken for a line. */
function exportedVariables(text: string): ReadonlyMap<string, string> {
  const variables = new Map<string, string>();
  for (const [, name, value] of text.matchAll(/^export (\w+)='([^']*(?:'\\''[^']*)*)'$/gm)) {
    if (name !== undefined && value !== undefined) variables.set(name, value.replaceAll("'\\''", "'"));
  }
  return variables;
}

function shellQuoted(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}
