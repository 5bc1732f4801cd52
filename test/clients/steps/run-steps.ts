import * as iam from '@aws-sdk/client-iam';
import * as sts from '@aws-sdk/client-sts';
import type { Endpoint } from '../../../src/client/call.ts';
import { must } from '../../walk/support/api.ts';
import type { ClientStep } from './step.ts';
import { entriesOf, Mismatch, requireMatch, type StepValues } from './values.ts';

/** Runs steps through the SDK for JavaScript. `walk_steps.py` does the same with boto3 and the AWS CLI. */

type Output = Readonly<Record<string, unknown>>;

interface Client {
  send(command: unknown): Promise<Output>;
  destroy(): void;
}

type Command = new (input: unknown) => unknown;
type Paginate = (options: object, input: unknown) => AsyncIterable<Output>;

/** The SDK's exports, by names that are data here. */
const SDKS = {
  iam: iam as unknown as Readonly<Record<string, unknown>>,
  sts: sts as unknown as Readonly<Record<string, unknown>>,
};
const CLIENTS = { iam: 'IAMClient', sts: 'STSClient' } as const;

const LIST_MAX = 1000;

/** Redshift's services have no steps here: `walk_steps.py` walks through them. */
function serviceOf({ service = 'iam' }: ClientStep): keyof typeof SDKS {
  if (service === 'iam' || service === 'sts') return service;
  throw new Mismatch(`the SDK for ${service} is not here`);
}

/** Runs the steps one after the other, and tells what was not as expected. */
export async function runSteps(
  root: Endpoint,
  steps: readonly ClientStep[],
  values: StepValues,
): Promise<string[]> {
  const run = new Run(root, values);
  const failures: string[] = [];
  const warned = ({ name, message }: Error) => {
    // That the SDK will not be published for this Node.js for ever says nothing of the answers.
    if (!`${name} ${message}`.includes('NodeVersionSupportWarning')) failures.push(`${name} ${message}`);
  };
  process.on('warning', warned);
  for (const [number, step] of steps.entries()) {
    try {
      await run.step(step);
    } catch (error) {
      if (!(error instanceof Error)) throw error;
      const input = JSON.stringify(step.input ?? {}).slice(0, 300);
      failures.push(`${number} ${step.operation} ${input}: ${error.name} ${error.message}`);
    }
  }
  process.off('warning', warned);
  run.close();
  return failures;
}

class Run {
  readonly #root: Endpoint;
  readonly #values: StepValues;
  readonly #clients = new Map<string, Client>();
  /** What the SDK wants to tell its user. */
  readonly #said: string[] = [];

  constructor(root: Endpoint, values: StepValues) {
    this.#root = root;
    this.#values = values;
  }

  async step(step: ClientStep): Promise<void> {
    if (step.clock !== undefined) await this.#moveClock(step.clock);
    else if (step.paged !== undefined) await this.#pages(step, step.paged);
    else if (step.error !== undefined) await this.#refused(step, step.error);
    else {
      const output = await this.#call(step, step.input);
      requireMatch(step.output ?? {}, output, this.#values);
      this.#values.keep(step, output);
    }
    const said = this.#said.splice(0);
    if (said.length > 0) throw new Mismatch(`the SDK says ${said}`);
  }

  close(): void {
    for (const client of this.#clients.values()) client.destroy();
  }

  async #refused(step: ClientStep, code: string): Promise<void> {
    let failure:
      | (Error & { readonly Code?: string; readonly Error?: { readonly Code?: string } })
      | undefined;
    const output = await this.#call(step, step.input).catch((error: Error) => {
      failure = error;
    });
    if (failure === undefined) throw new Mismatch(`is not refused: ${JSON.stringify(output)}`);
    // The name is that of a shape; the code is beside it.
    requireMatch(code, failure.Error?.Code ?? failure.Code ?? failure.name, this.#values, 'code');
    requireMatch(step.message, failure.message, this.#values, 'message');
  }

  async #pages(step: ClientStep, lists: NonNullable<ClientStep['paged']>): Promise<void> {
    const size = step.size ?? 2;
    const read = async (pageSize: number): Promise<string[][]> => {
      const pages: string[][] = [];
      for await (const page of this.#paginate(step, pageSize)) pages.push(entriesOf(page, lists));
      return pages;
    };
    const whole = (await read(LIST_MAX)).flat();
    const pages = await read(size);
    const isSized = step.unsized === true || pages.every((page) => page.length <= size);
    if (whole.length < (step.least ?? 0) || new Set(whole).size < whole.length || !isSized) {
      throw new Mismatch(`the whole list is ${whole}, in pages ${JSON.stringify(pages)}`);
    }
    requireMatch([...whole].sort(), pages.flat().sort(), this.#values, 'pages');
  }

  async *#paginate(step: ClientStep, pageSize: number): AsyncIterable<Output> {
    const input = this.#values.of(step.input ?? {}) as Output;
    const paginate = SDKS[serviceOf(step)][`paginate${step.operation}`] as Paginate | undefined;
    if ((paginate === undefined) !== (step.byMarker === true)) throw new Mismatch('byMarker is wrong');
    if (paginate !== undefined) {
      yield* paginate({ client: this.#client(step), pageSize }, input);
      return;
    }
    const sized = step.unsized === true ? input : { ...input, MaxItems: pageSize };
    let page = await this.#call(step, sized);
    yield page;
    while (page['IsTruncated'] === true) {
      page = await this.#call(step, { ...sized, Marker: page['Marker'] });
      yield page;
    }
  }

  #call(step: ClientStep, input: unknown): Promise<Output> {
    const Command = SDKS[serviceOf(step)][`${step.operation}Command`] as Command | undefined;
    if (Command === undefined) throw new Mismatch(`the SDK has no ${step.operation}`);
    return this.#client(step).send(new Command(this.#values.of(input ?? {})));
  }

  #client(step: ClientStep): Client {
    const service = serviceOf(step);
    const { as = 'root' } = step;
    const kept = (part: string) => this.#values.find(`${as}.${part}`) ?? '';
    const sessionToken = kept('token');
    const key = `${service} ${kept('id')}`;
    const known = this.#clients.get(key);
    if (known !== undefined) return known;
    const say = (...texts: unknown[]) => this.#said.push(texts.join(' '));
    const quiet = () => {};
    const Made = SDKS[service][CLIENTS[service]] as new (options: object) => Client;
    const client = new Made({
      endpoint: this.#root.url,
      region: 'us-east-1',
      maxAttempts: 1,
      logger: { trace: quiet, debug: quiet, info: quiet, warn: say, error: quiet },
      credentials: {
        accessKeyId: kept('id'),
        secretAccessKey: kept('secret'),
        ...(sessionToken === '' ? {} : { sessionToken }),
      },
    });
    this.#clients.set(key, client);
    return client;
  }

  async #moveClock(seconds: number): Promise<void> {
    await must(this.#root, 'keyshift', 'MoveClock', { BySeconds: String(seconds) });
    this.#values.clockSeconds += seconds;
  }
}
