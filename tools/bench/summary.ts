import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { KEPT_FOLDER, short, verdict, type KeptPart, type Row } from './report'

/** The parts of these names that were measured, in their order; those that were not are named in `missing`. */
export async function keptParts(names: readonly string[]): Promise<{ parts: KeptPart[]; missing: string[] }> {
  const parts: KeptPart[] = []
  const missing: string[] = []
  for (const name of names) {
    try {
      parts.push(JSON.parse(await readFile(join(KEPT_FOLDER, `${name}.json`), 'utf8')) as KeptPart)
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
      missing.push(name)
    }
  }
  return { parts, missing }
}

/** Rows of one figure, which is held to more than one target. */
export interface Figure {
  readonly row: Row
  readonly verdicts: readonly Row[]
}

/** Rows that repeat a figure for a further target, put together. */
export function figuresOf({ rows }: KeptPart): Figure[] {
  const figures = new Map<string, { row: Row; verdicts: Row[] }>()
  for (const row of rows) {
    const key = `${row.name} ${row.unit}`
    const figure = figures.get(key) ?? { row, verdicts: [] }
    figures.set(key, figure)
    if (row.measured !== undefined) figure.verdicts.push(row)
  }
  return [...figures.values()]
}

/** All parts as Markdown: a table for each. */
export function toMarkdown(parts: readonly KeptPart[]): string {
  return parts.map(sectionOf).join('\n')
}

function sectionOf(part: KeptPart): string {
  const names = [...new Set(part.rows.flatMap(({ values }) => Object.keys(values)))]
  const lineOf = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`
  const rows = figuresOf(part).map(({ row, verdicts }) => {
    const values = names.map((name) => {
      const value = row.values[name]
      return value === undefined ? '' : short(value)
    })
    return lineOf([row.name, row.unit, ...values, verdicts.map(verdict).join('; ')])
  })
  return [
    `## ${part.title}`,
    '',
    ...[part.machine, part.at, ...part.setting].map((line) => `- ${line}`),
    '',
    lineOf(['figure', 'unit', ...names, 'held to']),
    lineOf(['---', '---', ...names.map(() => '--:'), '---']),
    ...rows,
    '',
  ].join('\n')
}
