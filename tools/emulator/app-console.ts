import { inspect } from 'node:util'

export interface ConsoleLine {
  readonly level: 'debug' | 'log' | 'info' | 'warn' | 'error'
  readonly text: string
}

const LEVELS = ['debug', 'log', 'info', 'warn', 'error'] as const

/** What the app logged, over all runs of it. */
export class AppConsole {
  readonly lines: ConsoleLine[] = []
  readonly #echo: boolean

  /** @param echo  also print each line, to look for a fault */
  constructor(echo: boolean) {
    this.#echo = echo
  }

  /** The lines' texts. */
  get texts(): string[] {
    return this.lines.map(({ text }) => text)
  }

  get errors(): string[] {
    return this.lines.filter(({ level }) => level === 'error').map(({ text }) => text)
  }

  add(level: ConsoleLine['level'], ...words: unknown[]): void {
    const text = words
      .map((word) => (typeof word === 'string' ? word : inspect(word, { depth: 4 })))
      .join(' ')
    this.lines.push({ level, text })
    if (this.#echo) process.stderr.write(`[app ${level}] ${text}\n`)
  }

  /** The `console` of the logic context. */
  asGlobal(): Record<string, (...words: unknown[]) => void> {
    return Object.fromEntries(
      LEVELS.map((level) => [
        level,
        (...words: unknown[]) => {
          this.add(level, ...words)
        },
      ]),
    )
  }
}
