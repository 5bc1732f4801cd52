import { Readable } from 'node:stream';
import * as iam from '@aws-sdk/client-iam';
import * as redshift from '@aws-sdk/client-redshift';
import * as sts from '@aws-sdk/client-sts';
import { iamTable, redshiftTable, stsTable } from '../../../../src/api/protocol/services.ts';
import type { ServiceTable } from '../../../../src/api/services/table.ts';

/** The unmodified AWS SDK clients, with a request handler that answers from memory instead of the network. */

export interface SentRequest {
  readonly query: Readonly<Record<string, string>>;
  readonly body: string;
  readonly headers: Readonly<Record<string, string>>;
}

export interface Answer {
  readonly status: number;
  readonly body: string;
}

type Send = (operationName: string, input: unknown, answer: (sent: SentRequest) => Answer) => Promise<object>;

interface Sdk {
  readonly table: ServiceTable;
  readonly operationNames: readonly string[];
  readonly send: Send;
}

interface Client {
  send(command: object): Promise<object>;
}

function sdk(table: ServiceTable, module: object, clientName: string): Sdk {
  const exported = new Map<string, unknown>(Object.entries(module));
  // The package's exports are looked up by name, so their types are not known to the compiler.
  const make = <T>(name: string, argument: unknown): T =>
    Reflect.construct(exported.get(name) as () => T, [argument]);
  let answering: (sent: SentRequest) => Answer = () => ({ status: 500, body: '' });
  const client = make<Client>(clientName, {
    region: 'us-east-1',
    endpoint: 'http://localhost:1',
    maxAttempts: 1,
    credentials: { accessKeyId: 'AKIAIOSFODNN7EXAMPLE', secretAccessKey: 'secret' },
    requestHandler: {
      handle: async (request: SentRequest) => {
        const { status, body } = answering(request);
        return {
          response: {
            statusCode: status,
            headers: { 'content-type': 'text/xml' },
            body: Readable.from([Buffer.from(body)]),
          },
        };
      },
    },
  });
  return {
    table,
    operationNames: [...exported.keys()]
      .filter((name) => name.endsWith('Command') && name !== '$Command')
      .map((name) => name.slice(0, -'Command'.length)),
    send: async (operationName, input, answer) => {
      answering = answer;
      return client.send(make<object>(`${operationName}Command`, input));
    },
  };
}

export const SDKS: readonly Sdk[] = [
  sdk(iamTable, iam, 'IAMClient'),
  sdk(stsTable, sts, 'STSClient'),
  sdk(redshiftTable, redshift, 'RedshiftClient'),
];
