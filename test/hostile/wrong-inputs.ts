import type { Operation, ScalarShape, Shape, StructureShape } from '../../src/api/services/table.ts';
import type { Parameters } from '../walk/support/api.ts';
import { ALIAS_TEXT, allConstraints, problemsOf, quoted, validationText } from './model-problems.ts';

/**
 * What can be wrong with the input of an operation, from the service's model: each member over and under its limits,
 * of another form, of another type, missing. And what is just right: each member at its limits.
 */
export interface Trial {
  readonly what: string;
  readonly parameters: Parameters;
  /** Added to the body as it is: a parameter that is given twice. */
  readonly again?: string;
  /** Absent: anything but a fault of ours, and not a problem with the limits of `label`. */
  readonly refusal?: { readonly code: string; readonly message: string };
  /** The member, as messages name it. */
  readonly label: string | undefined;
}

/** One place of an input: how messages and requests name it, and what else the request needs. */
interface Place {
  readonly shape: Shape;
  readonly required: boolean;
  readonly label: string;
  readonly wire: string;
  readonly others: Parameters;
}

/** Characters that fit into a request beside the rest of it, percent-encoded. */
const SENT_MAX = 140_000;
const LIST_INDEX_MAX = 10_000;
const LONG_LIST = 1_000;

/** Texts of which one has the form that a member asks for, names of what exists first. */
const FORMS = [
  'bob',
  '/',
  'v1',
  '123456',
  'arn:aws:iam::123456789012:user/bob',
  'AKIAIOSFODNN7EXAMPLE',
  'ABCDEFGHIJKLMNOPQRSTUVWX',
  '00000000-0000-0000-0000-000000000000',
  '0'.repeat(40),
  'x'.repeat(1000),
];
const ODD = ['a b', 'é', '\u0001', '名🙂', "'<&", '\n'];

/** Everything to try with one operation. */
export function trialsOf(operation: Operation): Trial[] {
  if (operation.input === undefined) return [];
  return placesOf(operation.input, '', '', {}).flatMap((place) => [...wrong(place), ...right(place)]);
}

/** An input that the model allows, with nothing in it that it does not ask for. */
export function leastInput(operation: Operation): Parameters {
  if (operation.input === undefined) return {};
  return Object.assign({}, ...requiredOf(operation.input, '')) as Parameters;
}

function placesOf(shape: StructureShape, label: string, wire: string, others: Parameters): Place[] {
  const needed = Object.assign({}, others, ...requiredOf(shape, wire)) as Parameters;
  return shape.members.flatMap((member): Place[] => {
    const place: Place = {
      shape: member.shape,
      required: member.required,
      label: join(label, member.label),
      wire: join(wire, member.wire),
      others: withoutMember(needed, join(wire, member.wire)),
    };
    return [place, ...insideOf(place)];
  });
}

/** The members of the elements of a list of structures. */
function insideOf({ shape, label, wire, others }: Place): Place[] {
  if (shape.kind !== 'list' || shape.element.kind !== 'structure') return [];
  return placesOf(shape.element, `${label}.1.member`, `${wire}.${shape.item}.1`, others);
}

/** The required members; where there are none, the first, because an empty structure is none. */
function requiredOf(shape: StructureShape, wire: string): Parameters[] {
  const required = shape.members.filter((member) => member.required);
  const chosen = required.length === 0 && wire !== '' ? shape.members.slice(0, 1) : required;
  return chosen.map((member) => good(member.shape, join(wire, member.wire)));
}

/** Parameters for a value that the model allows. */
function good(shape: Shape, wire: string): Parameters {
  switch (shape.kind) {
    case 'structure':
      return Object.assign({}, ...requiredOf(shape, wire)) as Parameters;
    case 'list':
      return good(shape.element, `${wire}.${shape.item}.1`);
    case 'map':
      throw new Error('no input of these services has a map');
    default:
      return { [wire]: goodText(shape) };
  }
}

function goodText(shape: ScalarShape): string {
  if (shape.kind === 'boolean') return 'true';
  if (shape.kind === 'timestamp') return '2026-01-01T00:00:00Z';
  if (shape.kind !== 'string') return String(shape.min ?? 1);
  const [value] = shape.values ?? [];
  const found = value ?? FORMS.find((text) => problemsOf(shape, text).length === 0);
  if (found === undefined) throw new Error(`no form fits ${shape.pattern?.text}`);
  return found;
}

function wrong(place: Place): Trial[] {
  const { shape, required, label, wire, others } = place;
  const refused = (what: string, parameters: Parameters, code: string, message: string): Trial => ({
    what: `${wire} ${what}`,
    label,
    parameters: { ...others, ...parameters },
    refusal: { code, message },
  });
  const violating = (what: string, parameters: Parameters, shown: string | undefined, texts: string[]) =>
    refused(what, parameters, 'ValidationError', validationText(label, shown, texts));
  const missing = required ? [violating('missing', {}, 'null', ['Member must not be null'])] : [];
  switch (shape.kind) {
    case 'structure':
    case 'map':
      return missing;
    case 'list': {
      // Messages leave out what stands between a list and the number of its element.
      const told = wire.replaceAll(/\.member\.(?=\d)/g, '.');
      const own = `The parameter ${told} must not have a value of its own.`;
      const numbered = `The parameter ${told} must number its elements from 1 to at most ${LIST_INDEX_MAX}.`;
      const [name = '', value = ''] = Object.entries(good(shape, wire))[0] ?? [];
      const malformed = (what: string, parameters: Parameters, text: string) =>
        refused(what, parameters, 'InvalidQueryParameter', text);
      return [
        ...missing,
        malformed('as a text', { [wire]: 'x' }, own),
        ...['0', '-1', 'x', '01', String(LIST_INDEX_MAX + 1)].map((index) =>
          malformed(`index ${index}`, good(shape.element, `${wire}.${shape.item}.${index}`), numbered),
        ),
        {
          ...malformed('twice', good(shape, wire), `The parameter ${name} is given more than once.`),
          again: `&${new URLSearchParams({ [name]: value })}`,
        },
        ...[(shape.max ?? LONG_LIST) + 1, LONG_LIST]
          .filter((length) => shape.max !== undefined && length > shape.max && length <= LONG_LIST)
          .map((length) => {
            const text = shape.element.kind === 'structure' ? undefined : listShown(shape.element, length);
            const problem = `Member must have length less than or equal to ${shape.max}`;
            return violating(`of ${length}`, elements(place, length), text ?? quoted('[...]'), [problem]);
          }),
        ...wrongElements(place),
      ];
    }
    default:
      return [...missing, ...wrongScalars(place, violating, refused)];
  }
}

type Violating = (what: string, parameters: Parameters, shown: string | undefined, texts: string[]) => Trial;
type Refused = (what: string, parameters: Parameters, code: string, message: string) => Trial;

function wrongScalars({ shape, label, wire }: Place, violating: Violating, refused: Refused): Trial[] {
  if (shape.kind === 'structure' || shape.kind === 'list' || shape.kind === 'map') return [];
  const notOf = (text: string, problem: string) =>
    refused(
      `= ${text}`,
      { [wire]: text },
      'ValidationError',
      `Invalid value for the parameter ${wire}: ${problem}.`,
    );
  if (shape.kind === 'boolean')
    return ['yes', '1', 'null'].map((text) => notOf(text, 'it must be true or false'));
  if (shape.kind === 'timestamp') return [notOf('tomorrow', 'it must be a time in ISO 8601 format')];
  const outside = [
    ...(shape.max === undefined ? [] : [atLength(shape, shape.max + 1)]),
    ...(shape.min === undefined || shape.min === 0 ? [] : [atLength(shape, shape.min - 1)]),
  ];
  if (shape.kind !== 'string') {
    return [
      ...['x', '1.5', '9'.repeat(30), 'true'].map((text) => notOf(text, 'it must be an integer')),
      ...outside.map((text) =>
        violating(`= ${text}`, { [wire]: text }, quoted(text), problemsOf(shape, text)),
      ),
    ];
  }
  return [...outside, ...ODD, 'Nonsense']
    .filter((text) => text.length <= SENT_MAX)
    .map((text) => ({ text, texts: problemsOf(shape, text) }))
    .filter(({ texts }) => texts.length > 0)
    .map(({ text, texts }) =>
      label === 'accountAlias'
        ? refused(`= ${text}`, { [wire]: text }, 'ValidationError', ALIAS_TEXT)
        : violating(`= ${text}`, { [wire]: text }, shape.sensitive ? undefined : quoted(text), texts),
    );
}

/** A list whose elements are texts is told as a whole, with everything that its elements must be. */
function wrongElements({ shape, label, wire, others }: Place): Trial[] {
  if (shape.kind !== 'list' || shape.element.kind !== 'string') return [];
  const { element, item } = shape;
  const tooLong = element.max === undefined ? [] : [atLength(element, element.max + 1)];
  return [...tooLong, '', ...ODD, 'Nonsense']
    .filter((text) => text.length <= SENT_MAX && problemsOf(element, text).length > 0)
    .map((text) => ({
      what: `${wire} holds ${text}`,
      label,
      parameters: { ...others, [`${wire}.${item}.1`]: text },
      refusal: {
        code: 'ValidationError',
        message: validationText(label, element.sensitive ? undefined : quoted(`[${text}]`), [
          `Member must satisfy constraint: [${allConstraints(element).join(', ')}]`,
        ]),
      },
    }));
}

function right(place: Place): Trial[] {
  const { shape, label, wire, others } = place;
  const taken = (what: string, parameters: Parameters): Trial => ({
    what: `${wire} ${what}`,
    label,
    parameters: { ...others, ...parameters },
  });
  if (shape.kind === 'list') {
    // Some lists have limits that the model does not know.
    const length = Math.min(shape.max ?? LONG_LIST, LONG_LIST);
    const trial = taken('of the most elements', elements(place, length));
    return [shape.max === undefined ? { ...trial, label: undefined } : trial];
  }
  if (shape.kind === 'string') {
    const lengths = [shape.min, shape.max].filter((length) => length !== undefined && length > 0);
    return [...lengths.map((length) => atLength(shape, length ?? 0)), ...ODD]
      .filter((text) => text.length <= SENT_MAX && problemsOf(shape, text).length === 0)
      .map((text) => taken(`= ${text}`, { [wire]: text }));
  }
  if (shape.kind !== 'integer') return [];
  return [shape.min, shape.max]
    .filter((number) => number !== undefined)
    .map((number) => taken(`= ${number}`, { [wire]: String(number) }));
}

function elements({ shape, wire }: Place, length: number): Parameters {
  if (shape.kind !== 'list') return {};
  const all = Array.from({ length }, (_, n) => good(shape.element, `${wire}.${shape.item}.${n + 1}`));
  return Object.assign({}, ...all) as Parameters;
}

const listShown = (element: Shape, length: number): string | undefined => {
  if (element.kind !== 'string') return undefined;
  const one = goodText(element);
  return element.sensitive ? undefined : quoted(`[${Array.from({ length }, () => one).join(', ')}]`);
};

/** A number, or a text of so many characters, if there is one of the right form. */
function atLength(shape: ScalarShape, length: number): string {
  if (shape.kind !== 'string') return String(length);
  const candidates = [...FORMS, 'a'].flatMap((form) => [
    form.slice(0, length) + 'a'.repeat(Math.max(0, length - form.length)),
    `/${'a'.repeat(Math.max(0, length - 2))}/`,
    '1'.repeat(length),
    'A'.repeat(length),
  ]);
  const fits = (text: string): boolean =>
    text.length === length && (shape.pattern?.regExp.test(text) ?? true);
  return candidates.find(fits) ?? 'a'.repeat(length);
}

function withoutMember(parameters: Parameters, wire: string): Parameters {
  return Object.fromEntries(
    Object.entries(parameters).filter(([name]) => name !== wire && !name.startsWith(`${wire}.`)),
  );
}

function join(path: string, name: string): string {
  return path === '' ? name : `${path}.${name}`;
}
