import { NotSimulatedError } from '../strict'
import { compileExpression, type Evaluate } from './expression'
import { shownText } from './shown-text'

export interface TextTemplate {
  readonly kind: 'text'
  readonly text: Evaluate
}

export interface ElementTemplate {
  readonly kind: 'element'
  /** "block" holds others together and is not drawn. */
  readonly tag: string
  readonly attributes: ReadonlyMap<string, Evaluate>
  readonly children: readonly Template[]
}

export interface IfTemplate {
  readonly kind: 'if'
  readonly branches: readonly { readonly condition: Evaluate; readonly body: Template }[]
}

export interface ForTemplate {
  readonly kind: 'for'
  readonly source: Evaluate
  readonly item: string
  readonly index: string
  /** `wx:key`; '' when there is none. */
  readonly key: string
  readonly body: Template
}

export type Template = TextTemplate | ElementTemplate | IfTemplate | ForTemplate

interface Tag {
  readonly name: string
  readonly attributes: Map<string, string | true>
  readonly children: (Tag | string)[]
}

const ENTITIES: Readonly<Record<string, string>> = {
  lt: '<',
  gt: '>',
  amp: '&',
  quot: '"',
  apos: "'",
  nbsp: '\u00a0',
  ensp: '\u2002',
  emsp: '\u2003',
}

/** Templates within templates and scripts in the view: uni-app's compiler writes none of them by itself. */
const NOT_SIMULATED = ['wxs', 'import', 'include', 'template']

const ALWAYS: Evaluate = () => true

/** Compiles a .wxml file. Throws with the file's name when it cannot. */
export function compileWxml(source: string, file: string): Template[] {
  try {
    return templatesOf(parse(source))
  } catch (error) {
    if (error instanceof NotSimulatedError) throw error
    throw new SyntaxError(`${file}: ${error instanceof Error ? error.message : String(error)}`)
  }
}

function parse(source: string): (Tag | string)[] {
  const root: Tag = { name: '', attributes: new Map(), children: [] }
  const open: Tag[] = [root]
  const piece =
    /<!--[\s\S]*?-->|<\/([\w-]+)\s*>|<([\w-]+)((?:\s+[^\s=>/]+(?:\s*=\s*(?:"[^"]*"|'[^']*'))?)*)\s*(\/?)>|[^<]+/y
  while (piece.lastIndex < source.length) {
    const at = piece.lastIndex
    const found = piece.exec(source)
    if (found === null) throw new SyntaxError(`no tag at "${source.slice(at, at + 40)}"`)
    const [text, closed, name, attributes, alone] = found
    const parent = open.at(-1) ?? root
    if (closed !== undefined) {
      if (open.pop()?.name !== closed || open.length === 0)
        throw new SyntaxError(`</${closed}> closes nothing`)
    } else if (name !== undefined) {
      const tag: Tag = { name, attributes: attributesOf(attributes ?? ''), children: [] }
      parent.children.push(tag)
      if (alone === '') open.push(tag)
    } else if (!text.startsWith('<!--')) parent.children.push(text)
  }
  if (open.length > 1) throw new SyntaxError(`<${open.at(-1)?.name ?? ''}> is not closed`)
  return root.children
}

function attributesOf(text: string): Map<string, string | true> {
  const found = text.matchAll(/([^\s=]+)(?:\s*=\s*(?:"([^"]*)"|'([^']*)'))?/g)
  return new Map([...found].map(([, name = '', double, single]) => [name, double ?? single ?? true]))
}

function templatesOf(children: readonly (Tag | string)[]): Template[] {
  const templates: Template[] = []
  for (const child of children) {
    if (typeof child === 'string') {
      if (child.trim() !== '') templates.push({ kind: 'text', text: compileText(child.trim()) })
      continue
    }
    const otherwise = child.attributes.get('wx:elif') ?? (child.attributes.has('wx:else') ? true : undefined)
    const before = templates.at(-1)
    if (otherwise === undefined) templates.push(compileTag(child))
    else if (before?.kind !== 'if')
      throw new SyntaxError(`<${child.name}> has wx:elif or wx:else without wx:if`)
    else {
      const branch = { condition: conditionOf(otherwise), body: compileElement(child) }
      templates[templates.length - 1] = { ...before, branches: [...before.branches, branch] }
    }
  }
  return templates
}

function compileTag(tag: Tag): Template {
  const condition = tag.attributes.get('wx:if')
  const element = compileElement(tag)
  const body: Template =
    condition === undefined
      ? element
      : { kind: 'if', branches: [{ condition: conditionOf(condition), body: element }] }
  const source = tag.attributes.get('wx:for')
  if (source === undefined) return body
  const named = (attribute: string, otherwise: string) =>
    String(tag.attributes.get(`wx:${attribute}`) ?? otherwise)
  return {
    kind: 'for',
    source: compileText(String(source)),
    item: named('for-item', 'item'),
    index: named('for-index', 'index'),
    key: named('key', ''),
    body,
  }
}

function compileElement({ name, attributes, children }: Tag): ElementTemplate {
  if (NOT_SIMULATED.includes(name)) throw new NotSimulatedError(`<${name}>`)
  const compiled = new Map<string, Evaluate>()
  for (const [attribute, value] of attributes) {
    if (attribute.startsWith('wx:')) continue
    compiled.set(attribute, value === true ? ALWAYS : compileText(value))
  }
  return { kind: 'element', tag: name, attributes: compiled, children: templatesOf(children) }
}

const conditionOf = (value: string | true): Evaluate => (value === true ? ALWAYS : compileText(value))

/** Text with `{{ }}` in it. One expression alone keeps its type, anything more is text. */
function compileText(text: string): Evaluate {
  const parts = text.split(/\{\{([\s\S]*?\}?)\}\}/)
  const evaluated = parts.map((part, index): Evaluate => {
    if (index % 2 === 1) return compileExpression(part)
    const plain = decode(part)
    return () => plain
  })
  const [first, alone] = evaluated
  if (evaluated.length === 3 && parts[0] === '' && parts[2] === '' && alone !== undefined) return alone
  if (evaluated.length === 1 && first !== undefined) return first
  return (scope) => evaluated.map((part) => shownText(part(scope))).join('')
}

const decode = (text: string): string =>
  text.replace(/&(\w+);/g, (whole, name: string) => ENTITIES[name] ?? whole)
