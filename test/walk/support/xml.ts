/** A strict little XML reader: what it takes is well-formed XML 1.0 of the kind that the query protocol sends. */

export interface Element {
  readonly name: string;
  readonly children: readonly Element[];
  /** The character data directly inside, entities replaced. */
  readonly text: string;
}

const ENTITIES = new Map([
  ['lt', '<'],
  ['gt', '>'],
  ['quot', '"'],
  ['apos', "'"],
  ['amp', '&'],
]);
const TAG = /<(\/?)([A-Za-z_][\w.-]*)((?:\s+[A-Za-z_][\w.:-]*="[^"<&]*")*)\s*(\/?)>/y;
const DATA = /[^<]+/y;
/** XML 1.0, section 2.2, without the characters beyond the basic plane, which are pairs of surrogates here. */
const ILLEGAL = /[^\t\n\r\u0020-\ud7ff\ue000-\ufffd]/;

/** Throws Error, with the place, for anything that is not one well-formed element. */
export function parseXml(source: string): Element {
  const roots: Element[] = [];
  const open: { name: string; children: Element[]; text: string }[] = [];
  const close = (): void => {
    const element = open.pop();
    if (element !== undefined) (open.at(-1)?.children ?? roots).push(element);
  };
  for (let at = 0; at < source.length; ) {
    DATA.lastIndex = TAG.lastIndex = at;
    const data = DATA.exec(source)?.[0];
    if (data !== undefined) {
      const inside = open.at(-1);
      if (inside !== undefined) inside.text += unescapeXml(data);
      else if (data.trim() !== '')
        throw new Error(`text outside of the root element: ${source.slice(at, at + 80)}`);
      at += data.length;
      continue;
    }
    const tag = TAG.exec(source);
    if (tag === null) throw new Error(`no tag at ${at}: ${source.slice(at, at + 80)}`);
    const [whole, slash, name = '', attributes, empty] = tag;
    if (slash === '/') {
      if (open.at(-1)?.name !== name || attributes !== '')
        throw new Error(`</${name}> closes nothing at ${at}`);
      close();
    } else {
      open.push({ name, children: [], text: '' });
      if (empty === '/') close();
    }
    at += whole.length;
  }
  const [root] = roots;
  if (root === undefined || roots.length !== 1 || open.length > 0) throw new Error('not one whole element');
  return root;
}

/** The texts of all elements of that name, in the order of the document. */
export function textsOf(element: Element, name: string): string[] {
  const own = element.name === name ? [element.text] : [];
  return [...own, ...element.children.flatMap((child) => textsOf(child, name))];
}

function unescapeXml(data: string): string {
  const bare = data.replace(/[\ud800-\udbff][\udc00-\udfff]/g, '');
  if (ILLEGAL.test(bare)) throw new Error(`a character that XML does not allow in ${JSON.stringify(data)}`);
  return data.replace(
    /&(?:#x([0-9A-Fa-f]{1,6})|#(\d{1,7})|([a-z]{2,4}))?;?/g,
    (whole, hex, decimal, name) => {
      if (!whole.endsWith(';')) throw new Error(`a bare ampersand in ${JSON.stringify(data)}`);
      if (name === undefined)
        return String.fromCodePoint(hex === undefined ? Number(decimal) : Number.parseInt(hex, 16));
      const character = ENTITIES.get(name);
      if (character === undefined) throw new Error(`the unknown entity ${whole}`);
      return character;
    },
  );
}
