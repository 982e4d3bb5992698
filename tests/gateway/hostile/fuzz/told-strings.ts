import type { Chance } from '../../simulation/chance'

/** So many of one name are kept, the newest. */
const KEPT = 50

/** Strings that answers held, so that requests name what there is. Those of who must live on are left out. */
export class ToldStrings {
  readonly #byName = new Map<string, string[]>()
  readonly #protected: ReadonlySet<string>

  constructor(isProtected: ReadonlySet<string>) {
    this.#protected = isProtected
  }

  one(chance: Chance, name: string): string | undefined {
    return chance.of(this.#byName.get(name) ?? [])
  }

  /** @param path of the operation that answered: `/v1/users/…` tells of users. */
  hear(path: string, text: string): void {
    const answer = readJson(text)
    if (answer !== undefined) this.#walk(answer, path.endsWith('/messages') ? 'messages' : lastWord(path))
  }

  #walk(value: unknown, place: string): void {
    if (Array.isArray(value)) for (const one of value.slice(0, KEPT)) this.#walk(one, place)
    else if (typeof value === 'object' && value !== null)
      for (const [name, inside] of Object.entries(value)) {
        // A token of a user is told inside `info`, a session's id is that of its token.
        if (typeof inside === 'string') this.#keep(name === 'id' ? place : name, inside)
        else this.#walk(inside, place)
      }
  }

  #keep(name: string, text: string): void {
    if (this.#protected.has(text) || text.length > 100) return
    const known = this.#byName.get(name) ?? []
    this.#byName.set(name, [...known, text].slice(-KEPT))
    if (name === 'messages') this.#keep('message', text)
    if (name === 'sessions') this.#keep('session', text)
  }
}

/** The last word of a path that is no parameter: whose ids the answer holds. */
const lastWord = (path: string): string =>
  path
    .split('/')
    .filter((word) => !word.startsWith('{'))
    .at(-1) ?? ''

function readJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    // An empty answer tells nothing.
    return undefined
  }
}
