/** An element with its namespace resolved. Attributes keep their prefix; declarations of namespaces are none of them. */
export interface XmlElement {
  readonly name: string
  readonly ns: string
  readonly attrs: Readonly<Record<string, string | undefined>>
  readonly children: readonly (XmlElement | string)[]
}

/** What is not the XML of XMPP (RFC 6120 §11), or more of it than is taken. Nothing behind it can be read. */
export class XmlError extends Error {
  override readonly name = 'XmlError'
}

export interface XmlReaderOptions {
  /** Most characters of one element, its children included. */
  readonly maxLength: number
  /** How deep elements may lie in one another, within such an element. */
  readonly maxDepth: number
  /** `stream`: the first element stays open, and its children come one by one. `frame`: each element is one by itself. */
  readonly mode: 'stream' | 'frame'
  /** The first element of a stream has opened. */
  readonly onOpen?: (root: XmlElement) => void
  readonly onElement: (element: XmlElement) => void
  /** The first element of a stream was closed. */
  readonly onEnd?: () => void
}

interface OpenElement {
  /** As it was written, to be found again at its end. */
  readonly tag: string
  readonly spaces: ReadonlyMap<string, string>
  readonly element: XmlElement & { readonly children: (XmlElement | string)[] }
}

const ENTITIES: Readonly<Record<string, string>> = { lt: '<', gt: '>', amp: '&', quot: '"', apos: "'" }

/** No name has these; what else XML forbids in one no server passes on. */
const NO_NAME = /[\s<>/=&'"!?#;,()[\]{}|\\^$%*+@~`]/
const QUALIFIED = /^[^\d.\-:][^:]*(?::[^\d.\-:][^:]*)?$/

const XML_SPACE = 'http://www.w3.org/XML/1998/namespace'
const ROOT_SPACES: ReadonlyMap<string, string> = new Map([
  ['', ''],
  ['xml', XML_SPACE],
])

const CDATA = '![CDATA['

/**
 * Reads the XML that XMPP uses, in parts cut anywhere: elements, attributes, text, the five entities and numbers of
 * characters. DOCTYPE, processing instructions, comments and entities of one's own are refused, as the RFC has it, and so
 * is what is not well-formed; each element has a bound. Own and not a library's: libraries either let bad XML pass or are
 * as large as all of the rest (docs/decisions.md).
 */
export class XmlReader {
  readonly #options: XmlReaderOptions
  readonly #open: OpenElement[] = []
  /** What was read of the element at hand, characters. */
  #length = 0
  #rest = ''
  #hasBegun = false

  constructor(options: XmlReaderOptions) {
    this.#options = options
  }

  /** Throws XmlError; the reader is of no use after it. */
  write(text: string): void {
    this.#rest += text
    for (;;) {
      const taken = this.#rest.startsWith('<') ? this.#takeMarkup() : this.#takeText()
      if (!taken) break
    }
    if (this.#length + this.#rest.length > this.#options.maxLength)
      throw new XmlError('an element is longer than is taken')
  }

  /** Elements of a stream lie in its first one. */
  get #floor(): number {
    return this.#options.mode === 'stream' ? 1 : 0
  }

  /** Text up to the next tag; what may go on in the next part waits for it. */
  #takeText(): boolean {
    const end = this.#rest.indexOf('<')
    const entity = this.#rest.lastIndexOf('&')
    const isWhole = end >= 0 || entity < 0 || this.#rest.includes(';', entity)
    const length = end >= 0 ? end : isWhole ? this.#rest.length : entity
    if (length === 0) return false
    this.#addText(readText(this.#rest.slice(0, length)))
    this.#advance(length)
    return end >= 0
  }

  #addText(text: string): void {
    const parent = this.#open.at(-1)
    if (this.#open.length > this.#floor && parent) {
      parent.element.children.push(text)
      return
    }
    if (text.trim() !== '') throw new XmlError('text lies outside of an element')
    // Blanks between elements keep a connection open, and are part of none.
    this.#length = -text.length
  }

  #takeMarkup(): boolean {
    const rest = this.#rest
    if (CDATA.startsWith(rest.slice(1, 1 + CDATA.length)) && rest.length > 1) return this.#takeCdata()
    if (rest.startsWith('<!')) throw new XmlError('comments and DOCTYPE are not taken')
    if (rest.startsWith('<?')) return this.#takeDeclaration()
    const end = endOfTag(rest)
    if (end < 0) return false
    const tag = rest.slice(1, end)
    this.#hasBegun = true
    this.#advance(end + 1)
    if (tag.startsWith('/')) this.#close(tag.slice(1).trimEnd())
    else this.#start(tag)
    return true
  }

  #takeCdata(): boolean {
    const end = this.#rest.indexOf(']]>')
    if (!this.#rest.startsWith(`<${CDATA}`) || end < 0) return false
    this.#addText(checked(this.#rest.slice(1 + CDATA.length, end)))
    this.#advance(end + 3)
    return true
  }

  /** The XML declaration may stand at the very beginning. */
  #takeDeclaration(): boolean {
    const end = this.#rest.indexOf('?>')
    if (end < 0) return false
    if (this.#hasBegun || !/^<\?xml\s/.test(this.#rest))
      throw new XmlError('processing instructions are not taken')
    this.#hasBegun = true
    this.#advance(end + 2)
    this.#length = 0
    return true
  }

  #advance(length: number): void {
    this.#rest = this.#rest.slice(length)
    this.#length += length
    if (this.#length > this.#options.maxLength) throw new XmlError('an element is longer than is taken')
  }

  #start(tag: string): void {
    if (this.#open.length - this.#floor >= this.#options.maxDepth)
      throw new XmlError('elements lie deeper than is taken')
    const isEmpty = tag.endsWith('/')
    const { name, attributes } = readTag(isEmpty ? tag.slice(0, -1) : tag)
    const spaces = spacesOf(attributes, this.#open.at(-1)?.spaces ?? ROOT_SPACES)
    const element = elementOf(name, attributes, spaces)
    const isRoot = this.#options.mode === 'stream' && this.#open.length === 0
    this.#open.push({ tag: name, spaces, element })
    if (isRoot) {
      this.#length = 0
      this.#options.onOpen?.(element)
    }
    if (isEmpty) this.#close(name)
  }

  #close(name: string): void {
    const closed = this.#open.pop()
    if (closed?.tag !== name) throw new XmlError('an end belongs to no beginning')
    if (this.#open.length > this.#floor) {
      this.#open.at(-1)?.element.children.push(closed.element)
      return
    }
    this.#length = 0
    if (this.#open.length === this.#floor) this.#options.onElement(closed.element)
    else this.#options.onEnd?.()
  }
}

/** Where a tag ends: at the first ">" that is not within quotes; -1 when it has not come yet. */
function endOfTag(text: string): number {
  let quote = ''
  for (let at = 1; at < text.length; at += 1) {
    const character = text.charAt(at)
    if (quote !== '') {
      if (character === quote) quote = ''
    } else if (character === '"' || character === "'") quote = character
    else if (character === '>') return at
    else if (character === '<') throw new XmlError('a tag begins within a tag')
  }
  return -1
}

interface Tag {
  readonly name: string
  readonly attributes: ReadonlyMap<string, string>
}

function readTag(tag: string): Tag {
  const [name = ''] = tag.split(/\s/, 1)
  requireName(name)
  const attributes = new Map<string, string>()
  let rest = tag.slice(name.length)
  while (rest.trim() !== '') {
    const equals = rest.indexOf('=')
    const attribute = rest.slice(0, equals).trim()
    const value = rest.slice(equals + 1).trimStart()
    const quote = value.charAt(0)
    const end = value.indexOf(quote, 1)
    if (equals < 0 || !/^\s/.test(rest) || (quote !== '"' && quote !== "'") || end < 0)
      throw new XmlError('an attribute is malformed')
    requireName(attribute)
    if (attributes.has(attribute)) throw new XmlError('an attribute stands twice')
    const text = value.slice(1, end)
    if (text.includes('<')) throw new XmlError('an attribute holds a tag')
    attributes.set(attribute, readText(text))
    rest = value.slice(end + 1)
  }
  return { name, attributes }
}

function requireName(name: string): void {
  if (NO_NAME.test(name) || !QUALIFIED.test(name)) throw new XmlError('a name is malformed')
}

function spacesOf(
  attributes: ReadonlyMap<string, string>,
  outer: ReadonlyMap<string, string>,
): ReadonlyMap<string, string> {
  let spaces: Map<string, string> | undefined
  for (const [name, value] of attributes) {
    if (name === 'xmlns') (spaces ??= new Map(outer)).set('', value)
    else if (name.startsWith('xmlns:')) (spaces ??= new Map(outer)).set(name.slice('xmlns:'.length), value)
  }
  return spaces ?? outer
}

function elementOf(
  tag: string,
  attributes: ReadonlyMap<string, string>,
  spaces: ReadonlyMap<string, string>,
): OpenElement['element'] {
  const at = tag.indexOf(':')
  const ns = spaces.get(tag.slice(0, Math.max(0, at)))
  if (ns === undefined) throw new XmlError('a prefix stands for nothing')
  const attrs = Object.create(null) as Record<string, string>
  for (const [name, value] of attributes)
    if (name !== 'xmlns' && !name.startsWith('xmlns:')) attrs[name] = value
  return { name: tag.slice(at + 1), ns, attrs, children: [] }
}

/** Text with its entities resolved. */
function readText(text: string): string {
  if (!text.includes('&')) return checked(text)
  return checked(
    text.replace(/&([^;&]*)(;?)/g, (_, name: string, end: string) => {
      const character = end === '' ? undefined : (ENTITIES[name] ?? characterOf(name))
      if (character === undefined) throw new XmlError('an entity is none of XML’s own')
      return character
    }),
  )
}

function characterOf(name: string): string | undefined {
  const digits = /^#(?:x([\da-fA-F]{1,6})|(\d{1,7}))$/.exec(name)
  if (!digits) return undefined
  const code = digits[1] === undefined ? Number(digits[2]) : parseInt(digits[1], 16)
  const isSurrogate = code >= 0xd800 && code <= 0xdfff
  return code > 0x10ffff || isSurrogate ? undefined : String.fromCodePoint(code)
}

/** Throws for characters that no XML has (XML 1.0 §2.2). */
function checked(text: string): string {
  for (let at = 0; at < text.length; at += 1) {
    const code = text.charCodeAt(at)
    const isForbidden = (code < 0x20 && code !== 0x9 && code !== 0xa && code !== 0xd) || code >= 0xfffe
    if (isForbidden) throw new XmlError('a character is none of XML’s')
  }
  return text
}

/** The child elements of an element, of one name when it is given. */
export function childrenOf(element: XmlElement, name?: string, ns = element.ns): XmlElement[] {
  return element.children.filter(
    (child): child is XmlElement =>
      typeof child !== 'string' && (name === undefined || (child.name === name && child.ns === ns)),
  )
}

/** The first child of a name. @param ns that of the element itself, when absent */
export const childOf = (element: XmlElement, name: string, ns?: string): XmlElement | undefined =>
  childrenOf(element, name, ns)[0]

/** All text that an element itself holds. */
export const textOf = ({ children }: XmlElement): string =>
  children.filter((child) => typeof child === 'string').join('')
