import { readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { describe, expect, test } from 'vitest'
import { applyBreak, breaks } from '../../scripts/breaks.mjs'
import { simulationBreaks } from '../breaks/simulation.mjs'

const ROOT = resolve(import.meta.dirname, '../..')
const textOf = (file: string): string => readFileSync(join(ROOT, file), 'utf8')

describe('the list of breaks', () => {
  test.each(breaks)('still fits where it breaks, and its test is there: $name', (broken) => {
    expect(applyBreak(broken, textOf(broken.file))).not.toBe(textOf(broken.file))
    expect(textOf(broken.test)).toContain(broken.dies)
  })

  test.each(simulationBreaks)('still fits the code that is simulated: $name', ({ name, edits }) => {
    for (const edit of edits)
      expect(applyBreak({ name, ...edit, test: '', dies: '' }, textOf(edit.file))).not.toBe(textOf(edit.file))
  })

  test('names no break twice', () => {
    expect(new Set(breaks.map(({ name }) => name)).size).toBe(breaks.length)
  })

  test('says so when a break does not fit any more', () => {
    const broken = { ...breaks[0]!, text: 'a', becomes: 'b' }
    expect(() => applyBreak(broken, 'xyz')).toThrow('stands 0 times')
    expect(() => applyBreak(broken, 'a or a')).toThrow('stands 2 times')
    expect(applyBreak({ ...broken, becomes: '$&$1' }, 'one a')).toBe('one $&$1')
  })
})
