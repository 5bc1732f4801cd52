/**
 * A small and strict reader of XML documents that come from outside: elements, attributes, text and namespaces.
 * What attacks are made of is refused: document types, entities other than the five of XML, processing
 * instructions. Comments are skipped.
 * Source: W3C, Extensible Markup Language 1.0 (Fifth Edition); Namespaces in XML 1.0.
 */
export interface XmlElement {
  readonly namespace: string;
  readonly name: string;
  /** Values of attributes without a prefix, by name. */
  readonly attributes: ReadonlyMap<string, string>;
  readonly children: readonly XmlElement[];
  /** The text directly inside it, without that of its children. */
  readonly text: string;
}

/** Elements of one document; federation-wide metadata, which nobody needs here, has more. */
const ELEMENTS_MAX = 20_000;
/** Elements inside each other; SAML metadata has about ten. */
const DEPTH_MAX = 64;
/** Characters of a tag that is searched for its end; a certificate is text, not a tag. */
const TAG_CHARACTERS_MAX = 16_384;

const ENTITIES = new Map([
  ['amp', '&'],
  ['lt', '<'],
  ['gt', '>'],
  ['quot', '"'],
  ['apos', "'"],
]);

const DECLARATION = /^\u{feff}?<\?xml [^?<>]*\?>/u;
const NAME = '[A-Za-z_][A-Za-z0-9._-]*';
const TAG = new RegExp(`^(?:(${NAME}):)?(${NAME})((?:\\s+[^\\s=]+\\s*=\\s*(?:"[^"<]*"|'[^'<]*'))*)\\s*$`);
const ATTRIBUTE = /\s+([^\s=]+)\s*=\s*(?:"([^"<]*)"|'([^'<]*)')/g;
const QUALIFIED = new RegExp(`^(?:(${NAME}):)?(${NAME})$`);
/** XML 1.0, production 2 (Char), by its complement. */
const NOT_XML = /[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/u;
const XML_NAMESPACE = 'http://www.w3.org/XML/1998/namespace';

/** Says what is wrong with a document, for the message of whoever asked for it to be read. */
export class MalformedXml extends Error {}

interface Open {
  readonly tag: string;
  readonly prefixes: ReadonlyMap<string, string>;
  readonly namespace: string;
  readonly name: string;
  readonly attributes: ReadonlyMap<string, string>;
  readonly children: XmlElement[];
  text: string;
}

/** The root element of a document. Throws MalformedXml. */
export function readXml(document: string): XmlElement {
  if (NOT_XML.test(document)) throw new MalformedXml('it has a character that XML does not allow');
  const reader = new Reader();
  let at = DECLARATION.exec(document)?.[0].length ?? 0;
  while (at < document.length) {
    const markup = document.indexOf('<', at);
    reader.text(document.slice(at, markup === -1 ? undefined : markup));
    if (markup === -1) break;
    at = readMarkup(reader, document, markup);
  }
  return reader.root();
}

/** Reads what starts with `<` at this place; returns where the next thing starts. */
function readMarkup(reader: Reader, document: string, start: number): number {
  if (document.startsWith('<!--', start)) return endOf(document, '-->', start + 4);
  if (document.startsWith('<![CDATA[', start)) {
    const end = endOf(document, ']]>', start);
    reader.literal(document.slice(start + 9, end - 3));
    return end;
  }
  if (document.startsWith('<!', start))
    throw new MalformedXml('it has a document type, which is not allowed');
  if (document.startsWith('<?', start)) throw new MalformedXml('it has a processing instruction');
  const end = tagEnd(document, start + 1);
  const inside = document.slice(start + 1, end);
  if (inside.startsWith('/')) reader.close(inside.slice(1).trimEnd());
  else if (inside.endsWith('/')) reader.close(reader.open(inside.slice(0, -1)));
  else reader.open(inside);
  return end + 1;
}

class Reader {
  readonly #open: Open[] = [];
  #root: XmlElement | undefined;
  #elements = 0;

  text(text: string): void {
    this.literal(resolveReferences(text));
  }

  literal(text: string): void {
    const parent = this.#open.at(-1);
    if (parent !== undefined) parent.text += text;
    else if (text.trim() !== '') throw new MalformedXml('it has text outside its root element');
  }

  /** Returns the name as written, which the end tag must repeat. */
  open(inside: string): string {
    const [, prefix = '', name, attributeText = ''] = TAG.exec(inside) ?? [];
    if (name === undefined) throw new MalformedXml('a tag cannot be read');
    if (this.#root !== undefined) throw new MalformedXml('it has more than one root element');
    if (++this.#elements > ELEMENTS_MAX) throw new MalformedXml(`it has more than ${ELEMENTS_MAX} elements`);
    if (this.#open.length >= DEPTH_MAX) throw new MalformedXml(`it is more than ${DEPTH_MAX} elements deep`);
    const { attributes, declared } = readAttributes(attributeText);
    const prefixes = declared.size === 0 ? this.#prefixes() : new Map([...this.#prefixes(), ...declared]);
    const namespace = prefixes.get(prefix);
    if (namespace === undefined && prefix !== '')
      throw new MalformedXml(`the prefix ${prefix} is not declared`);
    const tag = prefix === '' ? name : `${prefix}:${name}`;
    this.#open.push({ tag, prefixes, namespace: namespace ?? '', name, attributes, children: [], text: '' });
    return tag;
  }

  close(tag: string): void {
    const element = this.#open.pop();
    if (element?.tag !== tag) throw new MalformedXml('its tags do not match');
    const { namespace, name, attributes, children, text } = element;
    const closed = { namespace, name, attributes, children, text };
    const parent = this.#open.at(-1);
    if (parent === undefined) this.#root = closed;
    else parent.children.push(closed);
  }

  root(): XmlElement {
    if (this.#root === undefined || this.#open.length > 0) throw new MalformedXml('it is not complete');
    return this.#root;
  }

  #prefixes(): ReadonlyMap<string, string> {
    return this.#open.at(-1)?.prefixes ?? new Map([['xml', XML_NAMESPACE]]);
  }
}

function readAttributes(text: string) {
  const attributes = new Map<string, string>();
  const declared = new Map<string, string>();
  const seen = new Set<string>();
  for (const [, written = '', double, single] of text.matchAll(ATTRIBUTE)) {
    const [, prefix, name] = QUALIFIED.exec(written) ?? [];
    if (name === undefined) throw new MalformedXml('an attribute cannot be read');
    if (seen.has(written)) throw new MalformedXml('an element has the same attribute twice');
    seen.add(written);
    const value = resolveReferences(double ?? single ?? '');
    if (written === 'xmlns') declared.set('', value);
    else if (prefix === 'xmlns') declared.set(name, value);
    else if (prefix === undefined) attributes.set(name, value);
  }
  return { attributes, declared };
}

/** Where a tag ends: the first `>` that is not inside the quotes of an attribute. */
function tagEnd(document: string, start: number): number {
  let quote = '';
  const last = Math.min(document.length, start + TAG_CHARACTERS_MAX);
  for (let at = start; at < last; at++) {
    const character = document.charAt(at);
    if (quote !== '') quote = character === quote ? '' : quote;
    else if (character === '>') return at;
    else if (character === '"' || character === "'") quote = character;
  }
  throw new MalformedXml('a tag does not end');
}

function endOf(document: string, mark: string, start: number): number {
  const found = document.indexOf(mark, start);
  if (found === -1) throw new MalformedXml('a comment or section does not end');
  return found + mark.length;
}

function resolveReferences(text: string): string {
  if (!text.includes('&')) return text;
  return text.replaceAll(/&([^;&<]{0,10})(;?)/g, (_whole, reference: string, end: string) => {
    const named = ENTITIES.get(reference);
    const [, hex, decimal] = /^#(?:x([0-9a-fA-F]{1,6})|([0-9]{1,7}))$/.exec(reference) ?? [];
    const code = hex === undefined ? Number(decimal) : Number.parseInt(hex, 16);
    if (end === ';' && named !== undefined) return named;
    if (end === ';' && code <= 0x10ffff) {
      const character = String.fromCodePoint(code);
      if (!NOT_XML.test(character)) return character;
    }
    throw new MalformedXml('it has an entity that is not one of the five of XML');
  });
}
