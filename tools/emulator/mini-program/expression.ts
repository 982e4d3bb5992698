/** Gives the value of a name in a template. */
export type Scope = (name: string) => unknown
export type Evaluate = (scope: Scope) => unknown

const TOKEN =
  /\s*(?:(\d+\.?\d*(?:e[+-]?\d+)?|\.\d+)|([A-Za-z_$][\w$]*)|('(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*")|(\.\.\.|===|!==|==|!=|<=|>=|&&|\|\||\?\?|[-+*/%<>!?:.,()[\]{}]))/y

interface Token {
  readonly kind: 'number' | 'name' | 'text' | 'sign' | 'end'
  readonly text: string
}

type Binary = (left: () => unknown, right: () => unknown) => unknown

/* eslint-disable eqeqeq -- templates have JavaScript's loose comparison too */
const BINARY: readonly Record<string, Binary>[] = [
  { '||': (l, r) => l() || r(), '??': (l, r) => l() ?? r() },
  { '&&': (l, r) => l() && r() },
  {
    '===': (l, r) => l() === r(),
    '!==': (l, r) => l() !== r(),
    '==': (l, r) => l() == r(),
    '!=': (l, r) => l() != r(),
  },
  {
    '<': (l, r) => Number(l()) < Number(r()),
    '>': (l, r) => Number(l()) > Number(r()),
    '<=': (l, r) => Number(l()) <= Number(r()),
    '>=': (l, r) => Number(l()) >= Number(r()),
  },
  {
    '+': (l, r) => (l() as string) + (r() as string),
    '-': (l, r) => Number(l()) - Number(r()),
  },
  {
    '*': (l, r) => Number(l()) * Number(r()),
    '/': (l, r) => Number(l()) / Number(r()),
    '%': (l, r) => Number(l()) % Number(r()),
  },
]
/* eslint-enable eqeqeq */

const CONSTANTS: Readonly<Record<string, unknown>> = { true: true, false: false, null: null, undefined }

/** Compiles what stands in `{{ }}`: WXML's part of JavaScript, which has no calls but those of WXS. */
export function compileExpression(source: string): Evaluate {
  return new Parser(source).whole()
}

class Parser {
  readonly #source: string
  readonly #tokens: Token[]
  #at = 0

  constructor(source: string) {
    this.#source = source
    this.#tokens = tokensOf(source)
  }

  whole(): Evaluate {
    // `data="{{a, b}}"` and `{{...item}}` are objects without their braces.
    const isObject =
      this.#peek() === '...' || (this.#token().kind === 'name' && [',', ':'].includes(this.#peek(1)))
    const value = isObject ? this.#object('') : this.#conditional()
    if (this.#token().kind !== 'end') this.#fail()
    return value
  }

  #conditional(): Evaluate {
    const condition = this.#binary(0)
    if (!this.#take('?')) return condition
    const yes = this.#conditional()
    this.#expect(':')
    const no = this.#conditional()
    return (scope) => (condition(scope) ? yes(scope) : no(scope))
  }

  #binary(level: number): Evaluate {
    const signs = BINARY[level]
    if (signs === undefined) return this.#unary()
    let left = this.#binary(level + 1)
    for (let sign = signs[this.#sign()]; sign !== undefined; sign = signs[this.#sign()]) {
      const combine = sign
      const first = left
      this.#at += 1
      const second = this.#binary(level + 1)
      left = (scope) =>
        combine(
          () => first(scope),
          () => second(scope),
        )
    }
    return left
  }

  #unary(): Evaluate {
    for (const [sign, apply] of UNARY) {
      if (!this.#take(sign)) continue
      const value = this.#unary()
      return (scope) => apply(value(scope))
    }
    return this.#member()
  }

  #member(): Evaluate {
    let value = this.#primary()
    for (;;) {
      const holder = value
      if (this.#take('.')) {
        const key = this.#token().text
        this.#at += 1
        value = (scope) => memberOf(holder(scope), key)
      } else if (this.#take('[')) {
        const key = this.#conditional()
        this.#expect(']')
        value = (scope) => memberOf(holder(scope), key(scope))
      } else return value
    }
  }

  #primary(): Evaluate {
    const { kind, text } = this.#token()
    if (this.#take('(')) {
      const value = this.#conditional()
      this.#expect(')')
      return value
    }
    if (this.#take('[')) return this.#array()
    if (this.#take('{')) return this.#object('}')
    this.#at += 1
    if (kind === 'number') return () => Number(text)
    if (kind === 'text') return () => unquote(text)
    if (kind !== 'name') return this.#fail()
    if (Object.hasOwn(CONSTANTS, text)) return () => CONSTANTS[text]
    return (scope) => scope(text)
  }

  #array(): Evaluate {
    const items: Evaluate[] = []
    while (!this.#take(']')) {
      items.push(this.#conditional())
      if (this.#peek() !== ']') this.#expect(',')
    }
    return (scope) => items.map((item) => item(scope))
  }

  #object(end: '}' | ''): Evaluate {
    const parts: ((scope: Scope) => object)[] = []
    while (this.#peek() !== end) {
      parts.push(this.#objectPart())
      if (this.#peek() !== end) this.#expect(',')
    }
    if (end !== '') this.#expect(end)
    return (scope) => Object.assign({}, ...parts.map((part) => part(scope))) as object
  }

  #objectPart(): (scope: Scope) => object {
    if (this.#take('...')) {
      const value = this.#conditional()
      return (scope) => ({ ...(value(scope) as object) })
    }
    const { kind, text } = this.#token()
    this.#at += 1
    const key = kind === 'text' ? unquote(text) : text
    const value = this.#take(':') ? this.#conditional() : (scope: Scope) => scope(key)
    return (scope) => ({ [key]: value(scope) })
  }

  #token(ahead = 0): Token {
    return this.#tokens[this.#at + ahead] ?? { kind: 'end', text: '' }
  }

  #peek(ahead = 0): string {
    return this.#token(ahead).text
  }

  /** The sign that comes next, '' when it is none: a text token may look like one. */
  #sign(): string {
    return this.#token().kind === 'sign' ? this.#peek() : ''
  }

  #take(sign: string): boolean {
    if (this.#sign() !== sign) return false
    this.#at += 1
    return true
  }

  #expect(sign: string): void {
    if (!this.#take(sign)) this.#fail()
  }

  #fail(): never {
    throw new SyntaxError(`"${this.#peek()}" was not expected in {{${this.#source}}}`)
  }
}

const UNARY: readonly [string, (value: unknown) => unknown][] = [
  ['!', (value) => !value],
  ['-', (value) => -Number(value)],
  ['+', Number],
]

function tokensOf(source: string): Token[] {
  const tokens: Token[] = []
  const text = source.trimEnd()
  TOKEN.lastIndex = 0
  while (TOKEN.lastIndex < text.length) {
    const at = TOKEN.lastIndex
    const found = TOKEN.exec(text)
    if (found === null) throw new SyntaxError(`{{${source}}} has an unknown sign at ${String(at)}`)
    const kinds = ['number', 'name', 'text', 'sign'] as const
    const index = [1, 2, 3, 4].findIndex((group) => found[group] !== undefined)
    tokens.push({ kind: kinds[index] ?? 'sign', text: found[index + 1] ?? '' })
  }
  return tokens
}

const unquote = (text: string): string =>
  text.slice(1, -1).replace(/\\(.)/g, (_, sign: string) => ({ n: '\n', t: '\t' })[sign] ?? sign)

/** A member of what is not there is undefined, where JavaScript would throw. */
function memberOf(holder: unknown, key: unknown): unknown {
  if (holder === null || holder === undefined) return undefined
  return (holder as Record<string, unknown>)[String(key)]
}
