import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'

const css = readFileSync(join(import.meta.dirname, '..', '..', '..', 'sdk', 'tokens.css'), 'utf8')

/** The tokens of each rule for a theme, in the order of the file; `auto` of the dark system last. */
function tokensOf(theme: string): string[][] {
  return [...css.matchAll(/([^{}]+)\{([^{}]+)\}/g)]
    .filter(([, selector = '']) => selector.includes(`.herald-theme-${theme}`))
    .map(([, , body = '']) => body.split(';').map((line) => line.trim()))
}

describe('the tokens of the themes', () => {
  it('are the same where dark is chosen and where the system is dark', () => {
    const chosen = tokensOf('dark').at(-1)
    expect(chosen).toContain('color-scheme: dark')
    expect(tokensOf('auto').at(-1)).toEqual(chosen)
  })

  it('are as many where it is light as where it is dark', () => {
    const names = (lines: string[] = []): string[] => lines.map((line) => line.replace(/:.*$/s, ''))
    expect(names(tokensOf('light')[0])).toEqual(names(tokensOf('dark').at(-1)))
  })
})
