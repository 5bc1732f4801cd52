import assert from 'node:assert';

/**
 * The operations of a service as the published model describes them: what decoding, checking and encoding go by.
 *
 * The generated files hold `ServiceData`, compact and cheap to load. `ServiceTable` turns it into linked shapes,
 * one operation at a time, when that operation is first asked for.
 */
export interface ServiceData {
  /** Also the service name in a signature's scope. */
  readonly name: string;
  readonly version: string;
  /** Of the XML in answers; empty for a service of the JSON protocol. */
  readonly namespace: string;
  /** JSON 1.1: what stands before the operation's name in `X-Amz-Target`. Without it: the query protocol. */
  readonly target?: string;
  /** Whether the service checks the model's constraints first. Where it does not, the table has none. */
  readonly strict: boolean;
  /** `Input>Output`, names of structures; either may be empty. */
  readonly operations: Readonly<Record<string, string>>;
  /**
   * Members in model order, separated by spaces: `Name:Shape`, `Name!Shape` when required, and `@Wire` at the end
   * if the name in the request differs. A shape is a key below or a scalar type.
   */
  readonly structures: Readonly<Record<string, string>>;
  /** `item` is the element name where it is not `member`. */
  readonly lists: Readonly<Record<string, ListData>>;
  /** `Key Value`, names of shapes. */
  readonly maps: Readonly<Record<string, string>>;
  /** Only scalars with a constraint or a mark. */
  readonly scalars: Readonly<Record<string, ScalarData>>;
  /** HTTP status by error code. */
  readonly errors: Readonly<Record<string, number>>;
}

interface Range {
  readonly min?: number;
  readonly max?: number;
}

interface ListData extends Range {
  readonly of: string;
  readonly item?: string;
}

interface ScalarData extends Range {
  readonly type: string;
  readonly pattern?: string;
  /** The pattern as JavaScript writes it, where that differs. */
  readonly source?: string;
  readonly values?: readonly string[];
  readonly sensitive?: boolean;
  /** Of a timestamp in JSON that is not a number of seconds. */
  readonly format?: 'iso8601';
}

export type Shape = StructureShape | ListShape | MapShape | ScalarShape;

export interface StructureShape {
  readonly kind: 'structure';
  readonly members: readonly Member[];
}

export interface Member {
  readonly name: string;
  /** The name in a request or answer. */
  readonly wire: string;
  /** The name in IAM's messages, which begins with a small letter. */
  readonly label: string;
  readonly required: boolean;
  readonly shape: Shape;
}

export interface ListShape extends Range {
  readonly kind: 'list';
  readonly item: string;
  readonly element: Shape;
}

export interface MapShape {
  readonly kind: 'map';
  readonly key: Shape;
  readonly value: Shape;
}

export type ScalarKind = 'string' | 'boolean' | 'integer' | 'long' | 'double' | 'timestamp' | 'blob';

/** `min` and `max` are characters of a string, or the value of a number. */
export interface ScalarShape extends Range {
  readonly kind: ScalarKind;
  /** Whether there is anything to check beside the kind. */
  readonly constrained: boolean;
  readonly pattern: { readonly text: string; readonly regExp: RegExp } | undefined;
  readonly values: ReadonlySet<string> | undefined;
  /** A secret, which no message may show. */
  readonly sensitive: boolean;
  readonly format: 'iso8601' | undefined;
}

export interface Operation {
  readonly name: string;
  readonly input: StructureShape | undefined;
  readonly output: StructureShape | undefined;
}

const SCALAR_KINDS: readonly ScalarKind[] = [
  'string',
  'boolean',
  'integer',
  'long',
  'double',
  'timestamp',
  'blob',
];

/** One service's operations, looked up by name. */
export class ServiceTable {
  readonly name: string;
  /** The services that a signature of its requests may be for. */
  readonly signedFor: ReadonlySet<string>;
  readonly version: string;
  readonly namespace: string;
  readonly target: string | undefined;
  readonly strict: boolean;
  readonly #data: ServiceData;
  readonly #descriptions: ReadonlyMap<string, string>;
  readonly #errors: ReadonlyMap<string, number>;
  readonly #operations = new Map<string, Operation>();
  readonly #shapes = new Map<string, Shape>();

  constructor(data: ServiceData) {
    this.name = data.name;
    this.signedFor = new Set([data.name]);
    this.version = data.version;
    this.namespace = data.namespace;
    this.target = data.target;
    this.strict = data.strict;
    this.#data = data;
    this.#descriptions = new Map(Object.entries(data.operations));
    this.#errors = new Map(Object.entries(data.errors));
    for (const kind of SCALAR_KINDS) this.#shapes.set(kind, scalarShape({ type: kind }));
  }

  operationNames(): Iterable<string> {
    return this.#descriptions.keys();
  }

  /** Undefined if the service has no operation of that name. Names are case-sensitive. */
  operation(name: string): Operation | undefined {
    const known = this.#operations.get(name);
    if (known !== undefined) return known;
    const description = this.#descriptions.get(name);
    if (description === undefined) return undefined;
    const [input = '', output = ''] = description.split('>');
    const operation = { name, input: this.#structureOrNone(input), output: this.#structureOrNone(output) };
    this.#operations.set(name, operation);
    return operation;
  }

  /** The HTTP status of an error that the model names, or undefined. */
  errorStatus(code: string): number | undefined {
    return this.#errors.get(code);
  }

  errorCodes(): Iterable<string> {
    return this.#errors.keys();
  }

  #structureOrNone(name: string): StructureShape | undefined {
    if (name === '') return undefined;
    const shape = this.#shape(name);
    assert(shape.kind === 'structure');
    return shape;
  }

  #shape(name: string): Shape {
    const known = this.#shapes.get(name);
    if (known !== undefined) return known;
    const shape = this.#read(name);
    this.#shapes.set(name, shape);
    return shape;
  }

  #read(name: string): Shape {
    const { structures, lists, maps, scalars } = this.#data;
    const structure = structures[name];
    if (structure !== undefined) {
      const parts = structure === '' ? [] : structure.split(' ');
      return { kind: 'structure', members: parts.map((part) => this.#member(part)) };
    }
    const list = lists[name];
    if (list !== undefined) {
      const { of, item = 'member', ...range } = list;
      return { kind: 'list', item, element: this.#shape(of), ...range };
    }
    const map = maps[name];
    if (map !== undefined) {
      const [key = '', value = ''] = map.split(' ');
      return { kind: 'map', key: this.#shape(key), value: this.#shape(value) };
    }
    const scalar = scalars[name];
    assert(scalar !== undefined, `the table has no shape ${name}`);
    return scalarShape(scalar);
  }

  #member(part: string): Member {
    const parts = /^(\w+)([:!])(\w+)(?:@(\w+))?$/.exec(part);
    assert(parts !== null);
    const [, name = '', mark, shape = '', wire = name] = parts;
    const label = name.charAt(0).toLowerCase() + name.slice(1);
    return { name, wire, label, required: mark === '!', shape: this.#shape(shape) };
  }
}

function scalarShape(data: ScalarData): ScalarShape {
  const kind = SCALAR_KINDS.find((one) => one === data.type);
  assert(kind !== undefined, `the table has no scalar type ${data.type}`);
  const { min, max, pattern, source = pattern } = data;
  return {
    kind,
    constrained: [min, max, pattern, data.values].some((constraint) => constraint !== undefined),
    ...(min === undefined ? {} : { min }),
    ...(max === undefined ? {} : { max }),
    // The whole value must match, as in the Java of the model.
    pattern:
      pattern === undefined ? undefined : { text: pattern, regExp: new RegExp(`^(?:${source})$`, 'u') },
    values: data.values === undefined ? undefined : new Set(data.values),
    sensitive: data.sensitive === true,
    format: data.format,
  };
}
