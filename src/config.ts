import { OperatorError } from './core/errors.ts';
import { LIMITS } from './core/limits.ts';
import { Secret } from './core/secret.ts';
import type { CertificateFiles } from './listener-certificates.ts';

/** The option table: everything that can be set, in one place. docs/reference/options.md is printed from it. */

type Kind = 'text' | 'port' | 'minutes' | 'count' | 'flag' | 'secret';

export interface Option {
  /** Name in the program. */
  readonly name: string;
  /** Environment variable, if it has one. */
  readonly env?: string;
  /** Command line flag of `keyshift start`, if it has one. */
  readonly flag?: string;
  readonly kind: Kind;
  readonly default: string;
  readonly meaning: string;
}

/** The largest port that drivers can hold: the Redshift ODBC driver keeps it in a signed 16-bit number. */
export const GATEWAY_PORT_MAX = 32_767;

/** A cluster's server takes 200 connections; some must be left for sessions that are new. */
const WARM_BACKENDS_MAX = 150;

export const OPTIONS = [
  {
    name: 'dataDir',
    env: 'KEYSHIFT_DATA_DIR',
    flag: '--data-dir <path>',
    kind: 'text',
    default: './keyshift-data',
    meaning: 'Folder for everything Keyshift keeps. Made at the first start.',
  },
  {
    name: 'envFile',
    env: 'KEYSHIFT_ENV_FILE',
    kind: 'text',
    default: '',
    meaning:
      'For the commands that call a running Keyshift: a file like env.sh, with the key to call with. Without it they ' +
      'call with the root key of the data folder.',
  },
  {
    name: 'host',
    env: 'KEYSHIFT_HOST',
    flag: '--host <address>',
    kind: 'text',
    default: '127.0.0.1',
    meaning: 'Address that every listener binds to. Loopback unless told otherwise.',
  },
  {
    name: 'publicHost',
    env: 'KEYSHIFT_PUBLIC_HOST',
    flag: '--public-host <name>',
    kind: 'text',
    default: 'localhost',
    meaning: 'Name by which clients reach this node: in the certificate and in DescribeClusters.',
  },
  {
    name: 'httpPort',
    env: 'KEYSHIFT_HTTP_PORT',
    flag: '--http-port <port>',
    kind: 'port',
    default: '8080',
    meaning: 'Port of the AWS API over HTTP. 0 takes any free port.',
  },
  {
    name: 'httpsPort',
    env: 'KEYSHIFT_HTTPS_PORT',
    flag: '--https-port <port>',
    kind: 'port',
    default: '8443',
    meaning: 'Port of the AWS API over HTTPS. 0 takes any free port.',
  },
  {
    name: 'gatewayPort',
    env: 'KEYSHIFT_GATEWAY_PORT',
    flag: '--gateway-port <port>',
    kind: 'port',
    default: '5439',
    meaning: `Port of the first cluster; the following clusters count up. At most ${GATEWAY_PORT_MAX}. 0 takes any free port.`,
  },
  {
    name: 'sniPort',
    env: 'KEYSHIFT_SNI_PORT',
    flag: '--sni-port <port>',
    kind: 'text',
    default: '',
    meaning:
      'One port for all clusters, beside their own ones: clients tell them apart by host name ' +
      '(`<cluster>.<account>.<public host>`). 0 takes any free port. Without it there is none.',
  },
  {
    name: 'sharePorts',
    env: 'KEYSHIFT_SHARE_PORTS',
    kind: 'flag',
    default: '',
    meaning:
      'Let several nodes of one machine listen at the same ports, each for a share of the connections: one for each ' +
      'processor that Keyshift shall use. Linux with Node.js 22.12, 23.1 or newer.',
  },
  {
    name: 'tlsCertificate',
    env: 'KEYSHIFT_TLS_CERTIFICATE',
    flag: '--tls-certificate <path>',
    kind: 'text',
    default: '',
    meaning:
      'PEM file with the certificate chain that every listener shows. Read anew when it changes. Without it ' +
      'Keyshift makes a certificate of its own.',
  },
  {
    name: 'tlsKey',
    env: 'KEYSHIFT_TLS_KEY',
    flag: '--tls-key <path>',
    kind: 'text',
    default: '',
    meaning: 'PEM file with the private key of that certificate.',
  },
  {
    name: 'tlsAuthority',
    env: 'KEYSHIFT_TLS_AUTHORITY',
    flag: '--tls-authority <path>',
    kind: 'text',
    default: '',
    meaning:
      'PEM file with the authority of that certificate, for env.sh. Without it clients trust what they trust anyway.',
  },
  {
    name: 'accountId',
    env: 'KEYSHIFT_ACCOUNT_ID',
    flag: '--account-id <digits>',
    kind: 'text',
    default: '123456789012',
    meaning:
      'The 12-digit number of the account that the installation is made with, for good. It manages the others.',
  },
  {
    name: 'region',
    env: 'KEYSHIFT_REGION',
    flag: '--region <name>',
    kind: 'text',
    default: 'us-west-2',
    meaning: 'The AWS region that ARNs name and that Redshift calls must be signed for.',
  },
  {
    name: 'rootAccessKeyId',
    env: 'KEYSHIFT_ROOT_ACCESS_KEY_ID',
    kind: 'text',
    default: '',
    meaning:
      'Access key id of the root user. Without it the first start makes a key and writes it to env.sh.',
  },
  {
    name: 'rootSecretAccessKey',
    env: 'KEYSHIFT_ROOT_SECRET_ACCESS_KEY',
    kind: 'secret',
    default: '',
    meaning: 'Secret access key of the root user. Goes together with the id.',
  },
  {
    name: 'databaseUrl',
    env: 'KEYSHIFT_DATABASE_URL',
    kind: 'secret',
    default: '',
    meaning: "PostgreSQL (16 or newer) that keeps Keyshift's state. Without it an embedded server does.",
  },
  {
    name: 'masterKey',
    env: 'KEYSHIFT_MASTER_KEY',
    kind: 'secret',
    default: '',
    meaning:
      'Key that encrypts secrets at rest: 32 bytes as 64 hexadecimal digits or base64. ' +
      'Without it the file master.key of the data folder is used, and made at the first start.',
  },
  {
    name: 'clustersFile',
    env: 'KEYSHIFT_CLUSTERS_FILE',
    flag: '--clusters-file <path>',
    kind: 'text',
    default: '',
    meaning: 'JSON file that registers external PostgreSQL servers as clusters.',
  },
  {
    name: 'signatureWindowMinutes',
    env: 'KEYSHIFT_SIGNATURE_WINDOW_MINUTES',
    kind: 'minutes',
    default: String(LIMITS.signatureWindowMinutes),
    meaning: "Minutes to each side by which the date of a request's signature may be off.",
  },
  {
    name: 'warmBackends',
    env: 'KEYSHIFT_WARM_BACKENDS',
    kind: 'count',
    default: '32',
    meaning:
      'Idle backends of ended sessions that each embedded cluster keeps for up to 4 seconds, reset, for the next ' +
      'login of the same user, groups, database and settings. At most 150. 0 keeps none.',
  },
  {
    name: 'iamQuotas',
    env: 'KEYSHIFT_IAM_QUOTAS',
    kind: 'text',
    default: '',
    meaning:
      "How many things each account may have, where AWS's quotas do not fit: `users=1000000,groups=100000`. Also " +
      'roles, policies, saml-providers, oidc-providers, instance-profiles, server-certificates.',
  },
  {
    name: 'logLevel',
    env: 'KEYSHIFT_LOG_LEVEL',
    kind: 'text',
    default: 'warn',
    meaning: 'How much goes to the log on standard error: debug, info, warn or error.',
  },
  {
    name: 'example',
    flag: '--example',
    kind: 'flag',
    default: '',
    meaning: 'Make the cluster `examplecluster` with the database, user, group and table of the first steps.',
  },
  {
    name: 'testClock',
    flag: '--test-clock',
    kind: 'flag',
    default: '',
    meaning: 'Let `keyshift clock` move the time. Only for a data folder that was made with it.',
  },
  {
    name: 'unsafeNoFsync',
    env: 'KEYSHIFT_UNSAFE_NO_FSYNC',
    kind: 'flag',
    default: '',
    meaning: 'Run embedded servers without fsync: faster tests, and data that a power failure destroys.',
  },
] as const satisfies readonly Option[];

type OptionName = (typeof OPTIONS)[number]['name'];

/** The settings of one start, checked. */
export interface Config {
  readonly dataDir: string;
  readonly envFile: string | undefined;
  readonly host: string;
  readonly publicHost: string;
  readonly httpPort: number;
  readonly httpsPort: number;
  readonly gatewayPort: number;
  /** The port that all clusters share; undefined: there is none. */
  readonly sniPort: number | undefined;
  readonly sharePorts: boolean;
  /** Undefined: Keyshift makes its own. */
  readonly tlsFiles: CertificateFiles | undefined;
  readonly accountId: string;
  readonly region: string;
  readonly rootKey: { readonly accessKeyId: string; readonly secret: Secret } | undefined;
  readonly databaseUrl: Secret | undefined;
  readonly masterKey: Secret | undefined;
  readonly clustersFile: string | undefined;
  readonly signatureWindowMinutes: number;
  readonly warmBackends: number;
  readonly iamQuotas: string;
  readonly logLevel: 'debug' | 'info' | 'warn' | 'error';
  readonly example: boolean;
  readonly testClock: boolean;
  readonly unsafeNoFsync: boolean;
}

/**
 * Reads the settings: a command line flag wins over the environment, which wins over the default.
 * Throws OperatorError that names the setting and what it should be.
 */
export function readConfig(
  environment: Readonly<Record<string, string | undefined>>,
  flags: ReadonlyMap<string, string> = new Map(),
): Config {
  const rows: readonly Option[] = OPTIONS;
  const text = (name: OptionName): string => {
    const option = rows.find((row) => row.name === name);
    const fromEnvironment = option?.env === undefined ? undefined : environment[option.env];
    return flags.get(name) ?? nonEmpty(fromEnvironment) ?? option?.default ?? '';
  };
  const optional = (name: OptionName): string | undefined => nonEmpty(text(name));
  const secret = (name: OptionName): Secret | undefined => {
    const value = optional(name);
    return value === undefined ? undefined : new Secret(value);
  };
  const httpPort = port('KEYSHIFT_HTTP_PORT', text('httpPort'), 65_535);
  const httpsPort = port('KEYSHIFT_HTTPS_PORT', text('httpsPort'), 65_535);
  const gatewayPort = port('KEYSHIFT_GATEWAY_PORT', text('gatewayPort'), GATEWAY_PORT_MAX);
  const sniText = optional('sniPort');
  const sniPort = sniText === undefined ? undefined : port('KEYSHIFT_SNI_PORT', sniText, GATEWAY_PORT_MAX);
  requireDifferentPorts([
    ['KEYSHIFT_HTTP_PORT', httpPort],
    ['KEYSHIFT_HTTPS_PORT', httpsPort],
    ['KEYSHIFT_GATEWAY_PORT', gatewayPort],
    ['KEYSHIFT_SNI_PORT', sniPort ?? 0],
  ]);
  return {
    dataDir: text('dataDir'),
    envFile: optional('envFile'),
    host: text('host'),
    publicHost: text('publicHost'),
    httpPort,
    httpsPort,
    gatewayPort,
    sniPort,
    tlsFiles: tlsFiles(optional('tlsCertificate'), optional('tlsKey'), optional('tlsAuthority')),
    accountId: matching('KEYSHIFT_ACCOUNT_ID', text('accountId'), /^\d{12}$/, '12 digits'),
    region: matching(
      'KEYSHIFT_REGION',
      text('region'),
      /^[a-z0-9-]{1,32}$/,
      'a region name such as us-west-2',
    ),
    rootKey: rootKey(optional('rootAccessKeyId'), secret('rootSecretAccessKey')),
    databaseUrl: databaseUrl(secret('databaseUrl')),
    masterKey: secret('masterKey'),
    clustersFile: optional('clustersFile'),
    warmBackends: wholeNumber('KEYSHIFT_WARM_BACKENDS', text('warmBackends'), 0, WARM_BACKENDS_MAX),
    iamQuotas: text('iamQuotas'),
    signatureWindowMinutes: wholeNumber(
      'KEYSHIFT_SIGNATURE_WINDOW_MINUTES',
      text('signatureWindowMinutes'),
      1,
      24 * 60,
    ),
    logLevel: logLevel(text('logLevel')),
    example: isOn('--example', text('example')),
    testClock: isOn('--test-clock', text('testClock')),
    sharePorts: isOn('KEYSHIFT_SHARE_PORTS', text('sharePorts')),
    unsafeNoFsync: isOn('KEYSHIFT_UNSAFE_NO_FSYNC', text('unsafeNoFsync')),
  };
}

const nonEmpty = (text: string | undefined): string | undefined => (text === '' ? undefined : text);

const ON = new Set(['1', 'true', 'yes', 'on']);
const OFF = new Set(['', '0', 'false', 'no', 'off']);

function isOn(name: string, text: string): boolean {
  const lower = text.toLowerCase();
  if (ON.has(lower)) return true;
  if (OFF.has(lower)) return false;
  throw new OperatorError(`${name} must be 1 or 0, but it is "${text}"`);
}

function requireDifferentPorts(ports: readonly (readonly [name: string, port: number])[]): void {
  const names = new Map<number, string>();
  for (const [name, port] of ports) {
    const other = port === 0 ? undefined : names.get(port);
    if (other !== undefined) {
      throw new OperatorError(
        `${other} and ${name} are both ${port}: set one of them to another port (0 takes any free one)`,
      );
    }
    names.set(port, name);
  }
}

function port(name: string, text: string, max: number): number {
  return wholeNumber(name, text, 0, max);
}

function wholeNumber(name: string, text: string, min: number, max: number): number {
  const value = /^\d{1,6}$/.test(text) ? Number(text) : Number.NaN;
  if (value >= min && value <= max) return value;
  throw new OperatorError(`${name} must be a whole number from ${min} to ${max}, but it is "${text}"`);
}

function matching(name: string, text: string, form: RegExp, description: string): string {
  if (form.test(text)) return text;
  throw new OperatorError(`${name} must be ${description}, but it is "${text}"`);
}

function logLevel(text: string): Config['logLevel'] {
  if (text === 'debug' || text === 'info' || text === 'warn' || text === 'error') return text;
  throw new OperatorError(`KEYSHIFT_LOG_LEVEL must be debug, info, warn or error, but it is "${text}"`);
}

/** The text may hold a password, so the sentence does not repeat it. */
function databaseUrl(url: Secret | undefined): Secret | undefined {
  if (url === undefined || /^postgres(?:ql)?:\/\//.test(url.reveal())) return url;
  throw new OperatorError(
    'KEYSHIFT_DATABASE_URL must be a URL such as postgresql://user:password@host:5432/database',
  );
}

function tlsFiles(
  certificate: string | undefined,
  key: string | undefined,
  authority: string | undefined,
): Config['tlsFiles'] {
  if (certificate !== undefined && key !== undefined) return { certificate, key, authority };
  if (certificate === undefined && key === undefined && authority === undefined) return undefined;
  throw new OperatorError(
    'KEYSHIFT_TLS_CERTIFICATE and KEYSHIFT_TLS_KEY must be set together, and KEYSHIFT_TLS_AUTHORITY only with them',
  );
}

function rootKey(accessKeyId: string | undefined, secret: Secret | undefined): Config['rootKey'] {
  if (accessKeyId === undefined && secret === undefined) return undefined;
  if (accessKeyId === undefined || secret === undefined) {
    throw new OperatorError(
      'KEYSHIFT_ROOT_ACCESS_KEY_ID and KEYSHIFT_ROOT_SECRET_ACCESS_KEY must be set together',
    );
  }
  // The sentence does not repeat the text: the likeliest mistake is the secret in the place of the id.
  if (!/^\w{16,128}$/.test(accessKeyId)) {
    throw new OperatorError('KEYSHIFT_ROOT_ACCESS_KEY_ID must be 16 to 128 letters, digits or underscores');
  }
  if (secret.reveal().length < 8) {
    throw new OperatorError('KEYSHIFT_ROOT_SECRET_ACCESS_KEY must have at least 8 characters');
  }
  return { accessKeyId, secret };
}
