import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { childOf, textOf, XmlError, XmlReader, type XmlElement } from '../../protocol/xml'
import { escapeXml, writeXml } from '../../protocol/xml-writer'

const LIMITS = { maxLength: 1000, maxDepth: 8 }

/** What is read of text that comes in these parts. */
function read(parts: readonly string[], mode: 'frame' | 'stream' = 'frame') {
  const elements: XmlElement[] = []
  const seen = { elements, root: undefined as XmlElement | undefined, ended: false }
  const reader = new XmlReader({
    ...{ ...LIMITS, mode },
    onElement: (element) => elements.push(element),
    onOpen: (root) => (seen.root = root),
    onEnd: () => (seen.ended = true),
  })
  for (const part of parts) reader.write(part)
  return seen
}

const readOne = (text: string): XmlElement => {
  const [element] = read([text]).elements
  if (!element) throw new Error('no element')
  return element
}

/** Elements with text, as JSON that a writer and the reader have to agree on. */
interface Tree {
  readonly name: string
  readonly text: string
  readonly children: readonly Tree[]
}
const { tree } = fc.letrec<{ tree: Tree }>((tie) => ({
  tree: fc.record({
    name: fc.constantFrom('a', 'b-c', 'd.e', 'f1'),
    text: fc.string({ unit: 'binary', maxLength: 10 }),
    // Beyond this depth there are none: else a tree may have no end.
    children: fc.oneof(
      { maxDepth: LIMITS.maxDepth },
      fc.constant([]),
      fc.array(tie('tree'), { maxLength: 2 }),
    ),
  }),
}))
const write = ({ name, text, children }: Tree): string =>
  writeXml(name, { text, other: undefined }, ...children.map(write))
const toTree = (element: XmlElement): Tree => ({
  name: element.name,
  text: element.attrs['text'] ?? '',
  children: element.children.flatMap((child) => (typeof child === 'string' ? [] : [toTree(child)])),
})
const depthOf = ({ children }: Tree): number => 1 + Math.max(0, ...children.map(depthOf))
const asWritten = ({ text, children, ...one }: Tree): Tree => {
  const [written = ''] = [readOne(`<a>${escapeXml(text)}</a>`)].map(textOf)
  return { ...one, text: written, children: children.map(asWritten) }
}

describe('the reader of XML', () => {
  it('reads elements, namespaces, attributes in both quotes, text and entities', () => {
    const element = readOne(
      `<m xmlns='n:1' xmlns:x="n:2" to='a&amp;b' x:k="it's"><x:b>1 &lt; 2 &#x1F600;&#10;</x:b><b xmlns=''/></m>`,
    )
    expect(element).toMatchObject({ name: 'm', ns: 'n:1', attrs: { to: 'a&b', 'x:k': "it's" } })
    const body = childOf(element, 'b', 'n:2')
    expect(body && textOf(body)).toBe('1 < 2 😀\n')
    expect(childOf(element, 'b', '')).toBeDefined()
    expect(readOne('<a><![CDATA[<b>&]]></a>').children).toEqual(['<b>&'])
    expect(Object.keys(readOne('<a __proto__="x"/>').attrs)).toEqual(['__proto__'])
  })

  it('reads the children of a stream one by one, and blanks between them keep it open', () => {
    const seen = read(
      [
        `<?xml version='1.0'?><s:stream xmlns:s='st' xmlns='c' id='7'> <iq/>\n`,
        '\n'.repeat(5000),
        `<iq id='2'/></s:stream>`,
      ],
      'stream',
    )
    expect(seen.root).toMatchObject({ name: 'stream', ns: 'st', attrs: { id: '7' } })
    expect(seen.elements).toMatchObject([{ name: 'iq', ns: 'c' }, { attrs: { id: '2' } }])
    expect(seen.ended).toBe(true)
  })

  it.each([
    ['a DOCTYPE', '<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>'],
    ['a comment', '<a><!-- b --></a>'],
    ['a processing instruction', '<a><?php b ?></a>'],
    ['a second declaration', `<a/><?xml version='1.0'?>`],
    ['an entity that is not XML’s', '<a>&nbsp;</a>'],
    ['an ampersand alone', '<a>b & c</a>'],
    ['an ampersand alone in an attribute', '<a b="c & d"/>'],
    ['an attribute that stands twice', '<a b="1" b="2"/>'],
    ['an attribute without quotes', '<a b=1 />'],
    ['attributes without a blank between', '<a b="1"c="2"/>'],
    ['a tag in an attribute', '<a b="<"/>'],
    ['a tag in a tag', '<a <b/>'],
    ['another end', '<a><b></a></b>'],
    ['an end without a beginning', '</a>'],
    ['a prefix that stands for nothing', '<x:a/>'],
    ['a name that begins with a digit', '<1/>'],
    ['text outside', 'hello<a/>'],
    ['a control character', '<a>\u0001</a>'],
    ['a control character by its number', '<a>&#1;</a>'],
    ['half a character by its number', '<a>&#xD800;</a>'],
    ['a number beyond all characters', '<a>&#x110000;</a>'],
    ['elements that lie too deep', '<a>'.repeat(9)],
    ['a million elements in each other', '<a>'.repeat(1_000_000)],
    ['an element that is too long', `<a>${'b'.repeat(1000)}</a>`],
    ['an element of many small ones', `<a>${'<b/>'.repeat(300)}`],
    ['a tag that does not end', `<a b="${'c'.repeat(1000)}`],
  ])('refuses %s', (_, text) => {
    expect(() => read([text])).toThrow(XmlError)
    // The same a character at a time, as a network may bring it.
    expect(() => read(text.slice(0, 3000).split(''))).toThrow(XmlError)
  })

  it('reads the same however the text is cut', () => {
    const text = `<m a='1 &gt; 0'>x &amp; y<b xmlns='n'><![CDATA[]]]]></b>\u00e9\u{1f600}</m><m/>`
    const whole = read([text]).elements
    fc.assert(
      fc.property(fc.array(fc.nat(text.length), { maxLength: 12 }), (cuts) => {
        const at = [0, ...cuts.sort((a, b) => a - b), text.length]
        const parts = at.map((from, index) => text.slice(from, at[index + 1] ?? text.length))
        const join = (element: XmlElement): unknown => [
          element.name,
          element.ns,
          element.attrs,
          textOf(element),
        ]
        expect(read(parts).elements.map(join)).toEqual(whole.map(join))
      }),
    )
  })

  it('gives back what was written, whatever characters it holds', () => {
    fc.assert(
      fc.property(tree, (given) => {
        const written = write(given)
        fc.pre(written.length < LIMITS.maxLength && depthOf(given) <= LIMITS.maxDepth)
        const [element] = read([written]).elements
        expect(element && toTree(element)).toEqual(asWritten(given))
      }),
    )
  })

  it('ends with an error or without, and never hangs, whatever comes', () => {
    const piece = fc.constantFrom(
      '<',
      '>',
      '/',
      '<a',
      '</a>',
      '&',
      ';',
      '"',
      "'",
      '=',
      ' ',
      'x',
      '<!',
      '<?',
      ']]>',
      'xmlns',
    )
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 40 }), (pieces) => {
        try {
          read(pieces)
        } catch (error) {
          expect(error).toBeInstanceOf(XmlError)
        }
      }),
    )
  })
})
