/** `k` kills, `f` freezes, `r` lets it run again. */
export interface Press {
  readonly verb: 'k' | 'f' | 'r'
  /** `1`, `n2`, `p`. */
  readonly target: string
}

/** Standard input: a terminal, or what is piped in. */
export interface Keyboard extends AsyncIterable<unknown> {
  readonly isTTY?: boolean
  setRawMode?(mode: boolean): unknown
  setEncoding(encoding: 'utf8'): unknown
}

const VERBS: ReadonlySet<string> = new Set(['k', 'f', 'r'])

/** Ctrl-C, which a terminal in raw mode hands over as a key. */
const INTERRUPT = '\u0003'

/** What is pressed, until `q`, Ctrl-C or the end of what is piped in. A verb takes the target that follows it; blanks count for nothing. */
export async function* openKeys(input: Keyboard): AsyncGenerator<Press> {
  if (input.isTTY === true) input.setRawMode?.(true)
  input.setEncoding('utf8')
  let typed = ''
  for await (const chunk of input)
    for (const key of String(chunk)) {
      if (key === 'q' || key === INTERRUPT) return
      if (/\s/.test(key)) continue
      typed = VERBS.has(key) ? key : typed + key
      const press = pressOf(typed)
      if (press === undefined) continue
      typed = ''
      yield press
    }
}

/** Undefined while more has to be typed. */
function pressOf(typed: string): Press | undefined {
  const [, verb, target] = /^([kfr])(p|n?\d)$/.exec(typed) ?? []
  return target === undefined ? undefined : { verb: verb as Press['verb'], target }
}
