import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { MalformedXml, readXml, type XmlElement } from '../../../src/iam/read-xml.ts';

const text = (document: string): string => readXml(document).text;

describe('a document that can be read', () => {
  test('gives its elements with namespaces, attributes and text', () => {
    const root = readXml(
      `\u{feff}<?xml version="1.0"?>\n<!-- a --><a:x xmlns:a="urn:a" xmlns='urn:b' k="1 &lt; 2" a:k='other'>` +
        `t<y/><a:y>u</a:y ><!-- c -->&amp;&#65;&#x42;<![CDATA[<&]]></a:x>\n`,
    );
    expect(root).toMatchObject({ namespace: 'urn:a', name: 'x', text: 't&AB<&' });
    expect([...root.attributes]).toEqual([['k', '1 < 2']]);
    expect(root.children.map(({ namespace, name }) => [namespace, name])).toEqual([
      ['urn:b', 'y'],
      ['urn:a', 'y'],
    ]);
  });

  test('may declare a prefix anew, which holds only inside', () => {
    const root = readXml('<p:a xmlns:p="1"><p:b xmlns:p="2"/><p:c/></p:a>');
    expect(root.children.map(({ namespace }) => namespace)).toEqual(['2', '1']);
  });

  test('may have a > in an attribute', () => {
    expect(readXml('<a b="x>y">t</a>').attributes.get('b')).toBe('x>y');
  });
});

describe('a document is refused', () => {
  test.each([
    ['', 'not complete'],
    ['text', 'outside its root'],
    ['<a>', 'not complete'],
    ['<a></b>', 'do not match'],
    ['</a>', 'do not match'],
    ['<a/><b/>', 'more than one root'],
    ['<a/>text', 'outside its root'],
    ['<a', 'does not end'],
    ['<a b="x', 'does not end'],
    ['<a b=x/>', 'cannot be read'],
    ['<a b="1" b="2"/>', 'twice'],
    ['<a:b/>', 'not declared'],
    ['<!-- ', 'does not end'],
    ['<a>&unknown;</a>', 'entity'],
    ['<a>& b</a>', 'entity'],
    ['<a b="&x;"/>', 'entity'],
    ['<a>&#0;</a>', 'entity'],
    ['<a>&#x110000;</a>', 'entity'],
    ['<a>\0</a>', 'character'],
    ['<a>\ud800</a>', 'character'],
    ['<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>', 'document type'],
    ['<!doctype a><a/>', 'document type'],
    ['<a><!ENTITY b "c"></a>', 'document type'],
    ['<a><?php x?></a>', 'processing instruction'],
    [`${'<a>'.repeat(65)}`, 'deep'],
    [`<r>${'<a/>'.repeat(20_001)}</r>`, 'elements'],
  ])('%j', (document, reason) => {
    expect(() => readXml(document)).toThrow(MalformedXml);
    expect(() => readXml(document)).toThrow(reason);
  });
});

test('64 elements inside each other are not too many', () => {
  expect(text(`${'<a>'.repeat(64)}${'</a>'.repeat(64)}`)).toBe('');
});

test('what a writer has written is read as it was', () => {
  const name = fc.stringMatching(/^[A-Za-z_][A-Za-z0-9._-]{0,9}$/);
  // Without the characters that XML forbids, and the carriage return, which a reader may turn into a line feed.
  const value = fc.string({ unit: 'grapheme' }).filter((one) => !/[\p{Cc}\ufffe\uffff\p{Cs}]/u.test(one));
  const attributes = fc
    .uniqueArray(fc.tuple(name, value), { selector: ([key]) => key, maxLength: 4 })
    .map((all): ReadonlyMap<string, string> => new Map(all));
  const element: fc.Memo<XmlElement> = fc.memo((depth) =>
    fc.record({
      namespace: fc.constant(''),
      name,
      attributes,
      text: value,
      children: depth > 1 ? fc.array(element(), { maxLength: 3 }) : fc.constant([]),
    }),
  );
  fc.assert(
    fc.property(element(4), (one) => {
      expect(readXml(write(one))).toEqual(one);
    }),
  );
});

test('no document, however broken, does anything but be read or be refused', () => {
  const piece = fc.constantFrom(
    '<',
    '>',
    '/',
    '&',
    ';',
    '"',
    "'",
    '=',
    '<!--',
    '-->',
    ']]>',
    '<![CDATA[',
    'a',
    ':',
  );
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 60 }), (pieces) => {
      try {
        readXml(pieces.join(''));
      } catch (error) {
        expect(error).toBeInstanceOf(MalformedXml);
      }
    }),
  );
});

const escaped = (value: string): string =>
  value.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&quot;');

function write({ name, attributes, text: inside, children }: XmlElement): string {
  const written = [...attributes].map(([key, value]) => ` ${key}="${escaped(value)}"`).join('');
  return `<${name}${written}>${escaped(inside)}${children.map(write).join('')}</${name}>`;
}
