import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'

const ROOT = resolve(import.meta.dirname, '../../..')

/** A block of code: its language, and the word after it. */
export interface CodeBlock {
  readonly language: string
  readonly note: string
  readonly text: string
  readonly line: number
}

export const readDocument = (path: string): string => readFileSync(resolve(ROOT, path), 'utf8')

/** The blocks of code in a document, in order. */
export function codeBlocks(document: string): CodeBlock[] {
  return [...document.matchAll(/^```(\w+)(?: (\S+))?\n([\s\S]*?)^```$/gm)].map((match) => {
    const [, language = '', note = '', text = ''] = match
    return { language, note, text, line: document.slice(0, match.index).split('\n').length }
  })
}

/** The rows of the table with these heads, cells without their back-quotes. */
export function tableRows(document: string, heads: readonly string[]): string[][] {
  const lines = document.split('\n')
  const start = lines.findIndex((line) => cellsOf(line).join('|') === heads.join('|'))
  if (start < 0) throw new Error(`there is no table ${heads.join(' | ')}`)
  const rest = lines.slice(start + 2)
  return rest
    .slice(
      0,
      rest.findIndex((line) => !line.startsWith('|')),
    )
    .map(cellsOf)
}

/** The rows of every table with these heads. */
export function rowsOfAll(document: string, heads: readonly string[]): string[][] {
  const lines = document.split('\n')
  return lines.flatMap((line, at) =>
    cellsOf(line).join('|') === heads.join('|') ? tableRows(lines.slice(at).join('\n'), heads) : [],
  )
}

/** The rows of all tables of a document whose first cell is a variable of ours alone. */
export function variableRows(document: string): string[][] {
  return document
    .split('\n')
    .map(cellsOf)
    .filter(([name]) => name !== undefined && /^HERALD_[A-Z_]+$/.test(name))
}

function cellsOf(line: string): string[] {
  if (!line.startsWith('|')) return []
  return line
    .split('|')
    .slice(1, -1)
    .map((cell) => cell.trim().replace(/^`(.*)`$/, '$1'))
}
