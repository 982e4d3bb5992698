import { existsSync, readFileSync } from 'node:fs'
import { join, posix, resolve } from 'node:path'
import { describe, expect, it } from 'vitest'

const ROOT = resolve(import.meta.dirname, '../..')
const text = readFileSync(join(ROOT, 'docs/architecture.md'), 'utf8')

/** A stop on a way: its number, its file, and what of that file the message comes through. */
const stops = [...text.matchAll(/^(\d+)\. `([^`]+)` `([^`]+)`/gm)].map(
  ([, number = '', file = '', name = '']) => ({ number: Number(number), file, name }),
)

/** The ways of the document, by their headings. */
const ways = text
  .split(/^## /m)
  .slice(1)
  .map((section) => ({
    heading: section.split('\n', 1)[0] ?? '',
    files: [...section.matchAll(/^\d+\. `([^`]+)`/gm)].map(([, file = '']) => file),
    numbers: [...section.matchAll(/^(\d+)\. `/gm)].map(([, number]) => Number(number)),
    drawn: [...section.matchAll(/^```mermaid\n[\s\S]*?^```/gm)].flatMap(([drawing]) => [
      ...drawing.matchAll(/[\w/-]+\.(?:ts|vue)\b/g),
    ]),
  }))

/** The files of the repository that a file imports. */
function importsOf(file: string): string[] {
  const source = readFileSync(join(ROOT, file), 'utf8')
  return [...source.matchAll(/from '(\.[^']+)'/g)].map(
    ([, path = '']) => `${posix.join(posix.dirname(file), path)}.ts`,
  )
}

/** Whether one file imports the other, or both know the same contract: so one room speaks to another. */
function areLinked(one: string, other: string): boolean {
  const [ofOne, ofOther] = [importsOf(one), importsOf(other)]
  const isContract = (file: string): boolean => file.startsWith('gateway/contracts/')
  return (
    ofOne.includes(other) ||
    ofOther.includes(one) ||
    ofOne.some((file) => isContract(file) && ofOther.includes(file))
  )
}

describe('docs/architecture.md', () => {
  it('has each stop of the gateway’s way reached from one before it, by an import or a contract', () => {
    const files = ways.find(({ heading }) => heading === 'From a publish to the socket')?.files ?? []
    expect(files.length).toBeGreaterThan(20)
    const unreached = files.filter(
      (file, at) => at > 0 && !files.slice(0, at).some((before) => areLinked(before, file)),
    )
    expect(unreached).toEqual([])
  })

  it.each(stops)('names $file, which is there and has $name', ({ file, name }) => {
    expect(existsSync(join(ROOT, file)), `${file} is gone`).toBe(true)
    expect(readFileSync(join(ROOT, file), 'utf8')).toContain(name)
  })

  it.each(ways.filter(({ numbers }) => numbers.length > 0))(
    'counts the stops of “$heading” without a hole, each file once',
    ({ numbers, files }) => {
      expect(numbers).toEqual(numbers.map((_, at) => at + 1))
      expect(files.filter((file, at) => files.indexOf(file) !== at)).toEqual([])
    },
  )

  it.each(ways.filter(({ drawn }) => drawn.length > 0))(
    'draws for “$heading” only files that stand in the rooms on the way',
    ({ drawn, files }) => {
      const folders = files.map((file) => file.slice(0, file.lastIndexOf('/')))
      const unknown = drawn
        .map(([file]) => file)
        .filter((file) => !folders.some((folder) => existsSync(join(ROOT, folder, file))))
      expect(unknown).toEqual([])
    },
  )
})
