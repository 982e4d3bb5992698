import type { Failure } from './journal'

/** What one world leaves: enough to add up, and to run it again. */
export interface WorldReport {
  readonly seed: string
  readonly schedules: number
  readonly counts: Readonly<Record<string, number>>
  readonly failures: readonly Failure[]
}

/** A failure with where it befell. */
export interface FoundFailure extends Failure {
  readonly seed: string
}

/** What must not happen, each with what it is held against. */
export const KINDS = [
  'presented twice',
  'never presented',
  'not pushed at once',
  'not pushed in time',
  'pushed before its deadline',
  'pushed after it was read',
  'pushed after its ack',
  'pushed after its feed was left',
  'pushed to who had left',
  'pushed while it was under way',
  'taken back by another name',
  'taken back unread',
  'not taken back',
  'a service was paused',
  'left in the tray',
  'not registered',
  'dropped for its age',
  'unread differs',
  'nobody is signed in',
  'fault in the gateway',
  'the world broke',
] as const

/** At 95 % what never happened in N cases happens in at most 3 of N: (1 - 3/N)^N is 5 %. */
export const upperBound = (failures: number, cases: number): number | null =>
  failures === 0 && cases > 0 ? 3 / cases : null

/** Adds up what happened in worlds. */
export class Tally {
  readonly counts: Record<string, number> = {}
  readonly failures: FoundFailure[] = []
  schedules = 0
  worlds = 0

  add({ seed, schedules, counts, failures }: WorldReport): void {
    this.schedules += schedules
    this.worlds += 1
    for (const [what, count] of Object.entries(counts)) this.counts[what] = this.of(what) + count
    for (const failure of failures) this.failures.push({ ...failure, seed })
  }

  of(what: string): number {
    return this.counts[what] ?? 0
  }

  failuresOf(kind: string): number {
    return this.failures.filter(({ invariant }) => invariant === kind).length
  }

  /** What was counted, line by line, and what failed of each kind. */
  toString(): string {
    const lines = Object.entries(this.counts).sort(([a], [b]) => a.localeCompare(b))
    return [
      `${this.schedules} schedules in ${this.worlds} worlds`,
      ...lines.map(([what, count]) => `  ${count} ${what}`),
      'failures of each kind, and how sure that is',
      ...this.#kinds().map((kind) => `  ${this.#rate(kind)}`),
      '',
    ].join('\n')
  }

  #kinds(): string[] {
    return [...new Set([...KINDS, ...this.failures.map(({ invariant }) => invariant)])]
  }

  #rate(kind: string): string {
    const failed = this.failuresOf(kind)
    const bound = upperBound(failed, this.schedules)
    const rate = `${failed} ${kind}`
    if (bound !== null) return `${rate} (at 95 %: at most ${inTenThousand(bound)} of 10,000 schedules)`
    return failed === 0 ? rate : `${rate} (${inTenThousand(failed / this.schedules)} of 10,000 schedules)`
  }
}

const inTenThousand = (rate: number): string => (rate * 10_000).toPrecision(2)
