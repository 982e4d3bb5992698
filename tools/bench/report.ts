import { mkdir, writeFile } from 'node:fs/promises'
import { cpus, release, totalmem, type } from 'node:os'
import { join } from 'node:path'
import { cwd } from 'node:process'

/** A line of a part's table: one figure, of every contestant, and what is asked of it. */
export interface Row {
  readonly name: string
  /** Of the values: "1/s", "ms", "KB", … */
  readonly unit: string
  /** Median by contestant. */
  readonly values: Readonly<Record<string, number>>
  /** What is held against the target, e.g. { of: 'herald / nchan', value: 1.7 }; without it the row only informs. */
  readonly measured?: { readonly of: string; readonly value: number }
  readonly target?: { readonly at: 'least' | 'most'; readonly value: number }
}

/** One part of the bench, as it is printed and kept in `dist/bench/<part>.json`. */
export interface Part {
  readonly part: string
  readonly title: string
  /** Size of the load, versions of the peers, how often: what a reader needs to run it again. */
  readonly setting: readonly string[]
  readonly rows: readonly Row[]
}

/** A part with where and when it was measured. */
export interface KeptPart extends Part {
  readonly machine: string
  /** ISO 8601. */
  readonly at: string
}

/** Where the parts and what is made of them are kept. */
export const KEPT_FOLDER = join(cwd(), 'dist', 'bench')

/** This machine, in a line. */
export function machine(): string {
  const [cpu] = cpus()
  const memory = `${(totalmem() / 2 ** 30).toFixed(0)} GiB`
  return `${cpus().length} x ${cpu?.model.trim() ?? 'unknown processor'}, ${memory}, ${type()} ${release()}, Node ${process.version}`
}

/** Whether the row's figure is what its target asks; undefined for a row without one. */
export function isMet({ measured, target }: Row): boolean | undefined {
  if (measured === undefined || target === undefined) return undefined
  return target.at === 'least' ? measured.value >= target.value : measured.value <= target.value
}

/** Prints a part as a table, keeps it for the report of all parts, and fails the process when a target is missed. */
export async function publish(part: Part): Promise<void> {
  for (const { name, values, measured } of part.rows)
    for (const value of [...Object.values(values), ...(measured === undefined ? [] : [measured.value])])
      if (!Number.isFinite(value)) throw new Error(`${part.part}: "${name}" has a figure that is no number`)
  const kept: KeptPart = { machine: machine(), at: new Date().toISOString(), ...part }
  await mkdir(KEPT_FOLDER, { recursive: true })
  await writeFile(join(KEPT_FOLDER, `${part.part}.json`), JSON.stringify(kept, null, 2))
  console.log(`\n${part.title}\n${[machine(), ...part.setting].join('\n')}\n`)
  for (const row of part.rows) console.log(`  ${lineOf(row)}`)
  if (part.rows.some((row) => isMet(row) === false)) process.exitCode = 1
}

function lineOf(row: Row): string {
  const { name, unit, values, measured } = row
  const parts = Object.entries(values).map(([who, value]) => `${who} ${short(value)}`)
  const figures = `${name} [${unit}]: ${parts.join(', ')}`
  if (measured === undefined) return figures
  return `${figures}; ${verdict(row)}`
}

/** What a row is held to, and how that ended, e.g. "herald / nchan 3.84 (at least 1.50: met)"; '' if it only informs. */
export function verdict(row: Row): string {
  const { measured, target } = row
  if (measured === undefined) return ''
  const held = `${measured.of} ${short(measured.value)}`
  if (target === undefined) return held
  return `${held} (at ${target.at} ${short(target.value)}: ${isMet(row) === true ? 'met' : 'MISSED'})`
}

/** A figure as a reader wants it: three digits, or a whole number with its thousands. */
export const short = (value: number): string =>
  Math.abs(value) >= 1000 ? value.toLocaleString('en', { maximumFractionDigits: 0 }) : value.toPrecision(3)
